"""What is served equals what MLflow's own loader answers, in every form and both protocols."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.serving.conftest import NAMESPACE, ROWS, json_rows, login_environment

NAMES = ("mlp", "forest", "price")
TYPES = {"size": "FP64", "color": "BYTES", "at": "BYTES"}


def uri(name):
    return f"models:/{NAMESPACE}.{name}/1"


@pytest.fixture(scope="module")
def pyfunc_answers(registry):
    script = Path(__file__).with_name("pyfunc_answers.py")
    command = [sys.executable, "-W", "ignore", str(script), *map(uri, NAMES)]
    done = subprocess.run(
        command, input=json.dumps(json_rows()), env=login_environment(registry), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def same(got, wanted):
    assert [row.keys() for row in got] == [row.keys() for row in wanted]
    for got_row, wanted_row in zip(got, wanted, strict=True):
        for name, value in wanted_row.items():
            assert got_row[name] == (value if isinstance(value, str) else pytest.approx(value, abs=1e-6, rel=0)), name


@pytest.mark.parametrize("name", NAMES)
def test_answers_equal_pyfunc(serve, pyfunc_answers, name):
    wanted = pyfunc_answers[uri(name)]
    assert len(wanted) == 4
    columns, records = list(ROWS), json_rows()
    with serve(name) as server:
        for body in (
            {"dataframe_records": records},
            {"instances": records},
            {"dataframe_split": {"columns": columns, "data": [[row[c] for c in columns] for row in records]}},
            {"inputs": dict(ROWS)},
        ):
            answer = server.client.post("/invocations", json=body)
            assert answer.headers["x-model-version"] == "1"
            same(answer.json()["predictions"], wanted)
        one_by_one = [server.client.post("/invocations", json={"instances": [row]}).json()["predictions"][0] for row in records]
        same(one_by_one, wanted)
        tensors = [{"name": c, "shape": [4, 1], "datatype": TYPES[c], "data": ROWS[c]} for c in columns]
        outputs = server.client.post(f"/v2/models/{name}/infer", json={"inputs": tensors}).json()["outputs"]
        same([dict(zip([o["name"] for o in outputs], row, strict=True)) for row in zip(*(o["data"] for o in outputs), strict=True)], wanted)
