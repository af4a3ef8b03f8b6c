"""Cells that other clients send: MLflow's own with gaps, CSV files as spreadsheets write them, numbers that no float holds."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.serving.conftest import Serve, ServingProcess, login_environment

ROW = {"size": 1234.5, "color": "red", "at": "2026-12-31T00:00:00"}
NOTHING = {"size": None, "color": None, "at": None}
TRUE = {"size": 1.0, "color": "red", "at": None}
UNREADABLE = [
    ("size", "FP64", 10**400, "the number is too large"),
    ("size", "BYTES", "many", "expected a number, got text"),
    ("at", "BYTES", "not a date", "expected a timestamp"),
]
# in a process of its own: MLflow's client, with what pandas puts where a value is missing
CLIENT = """
import json, sys
import pandas as pd
from mlflow.pyfunc.scoring_server.client import ScoringServerClient
frame = pd.DataFrame({"size": [1234.5, None], "color": pd.Series(["red", float("nan")], dtype=object), "at": [pd.Timestamp("2026-12-31"), pd.NaT]})
texts = pd.DataFrame({"size": [1234.5, float("nan")], "color": ["red", None], "at": ["2026-12-31T00:00:00", None]})
client = ScoringServerClient("127.0.0.1", int(sys.argv[1]))
print(json.dumps([client.invoke(each).get_predictions().to_dict("records") for each in (frame, texts)]))
"""


@pytest.fixture
def server(serve: Serve) -> Iterator[ServingProcess]:
    with serve("ruled") as running:
        yield running


def answers(server: ServingProcess, **arguments: Any) -> Any:
    answer = server.client.post("/invocations", **arguments)
    assert answer.status_code == 200, answer.text
    return answer.json()["predictions"]


def csv(server: ServingProcess, text: str, encoding: str = "utf-8", parameters: str = "") -> Any:
    return answers(server, content=text.encode(encoding), headers={"content-type": "text/csv" + parameters})


def test_cells_mean_what_they_meant_in_training(server: ServingProcess, registry: Any) -> None:
    plain, missing, true = answers(server, json={"dataframe_records": [ROW, NOTHING, TRUE]})
    assert plain != missing != true
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CLIENT, server.url.rpartition(":")[2]],
        env=login_environment(registry),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == str([[plain, missing]] * 2).replace("'", '"')

    for written in ("1,234.50", "$1,234.5", 1234.5, " 1234.5 "):
        assert answers(server, json={"instances": [ROW | {"size": written}]}) == [plain]
    assert answers(server, json={"instances": [{"size": "inf", "color": "NA", "at": "-"}]}) == [missing]
    assert answers(server, json={"inputs": {"size": ["True", "true", "TRUE", True], "color": ["red"] * 4, "at": [""] * 4}}) == [true] * 4

    text = 'size,color,at\n"1,234.50", red,31.12.2026\nNA,,?\nTRUE,red,\n'
    assert csv(server, text) == [plain, missing, true]
    assert csv(server, text, "utf-16") == [plain, missing, true]
    assert csv(server, "# made today\r\n" + text.replace(",", ";").replace("1;234.50", "1,234.50"), "utf-8-sig") == [plain, missing, true]
    assert csv(server, text.replace("red", "Zürich"), "latin-1") == csv(
        server, text.replace("red", "Zürich"), "latin-1", "; charset=latin-1"
    )


def test_what_cannot_be_read_is_a_400_in_both_protocols(server: ServingProcess) -> None:
    for column, datatype, cell, words in UNREADABLE:
        records = {"dataframe_records": [ROW, ROW | {column: cell}]}
        tensors = {
            "inputs": [tensor(name, "BYTES", [None, None]) for name in ROW if name != column] + [tensor(column, datatype, [None, cell])]
        }
        for path, body in (("/invocations", records), ("/v2/models/ruled/infer", tensors)):
            answer = server.client.post(path, json=body)
            assert answer.status_code == 400
            assert f"column '{column}', row 1: {words}" in answer.text


def tensor(name: str, datatype: str, data: list[Any]) -> dict[str, Any]:
    return {"name": name, "shape": [len(data)], "datatype": datatype, "data": data}
