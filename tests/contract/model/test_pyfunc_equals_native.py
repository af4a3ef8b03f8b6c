"""A model logged to a real MLflow server answers raw rows alike through pyfunc and natively, with pickle forbidden."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from modelyard_api.catalogue.tasks import Task
from modelyard_model.columns.column import Columns
from modelyard_model.errors import ModelFilesInvalid
from modelyard_model.mlflow_model import log_arguments
from modelyard_model.model_folder import load_model, save_model, verify_expected
from modelyard_model.tabular_model import TabularModel

from tests.servers.mlflow_server import MlflowServer, running_mlflow
from tests.unit.model.fitted_models import KINDS, ROWS, model

pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType", "ignore::Warning:mlflow")

ENVIRONMENT = {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false", "MLFLOW_DISABLE_TELEMETRY": "true", "OMP_NUM_THREADS": "1"}
CASES = [*((kind, Task.CLASSIFICATION) for kind in KINDS), ("MLP", Task.REGRESSION)]
WITHOUT_OPTIONAL: Columns = {"color": ["red", None]}
# Runs in a process that doesn't see the project's own packages: the code packed with the model is what pyfunc imports.
SCORE = """
import json, sys
import mlflow, pandas as pd
answers = []
for uri in sys.argv[2:]:
    loaded = mlflow.pyfunc.load_model(uri)
    for rows in json.loads(sys.argv[1]):
        kinds = {name: "float64" if name == "size" else "str" for name in rows}
        frame = pd.DataFrame({name: pd.Series(values, dtype=kinds[name]) for name, values in rows.items()})
        answers.append(loaded.predict(frame).to_dict("list"))
import modelyard_model
print(json.dumps({"answers": answers, "code": list(modelyard_model.__path__)[0]}))
"""
Answer = dict[str, list[str | float]]


@dataclass(frozen=True)
class Logged:
    """A model of ours and where MLflow keeps it."""

    fitted: TabularModel
    uri: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    with running_mlflow(tmp_path_factory.mktemp("mlflow"), auth=False) as running, pytest.MonkeyPatch.context() as patch:
        for name, value in {**ENVIRONMENT, **running.login()}.items():
            patch.setenv(name, value)
        import mlflow  # noqa: PLC0415  takes seconds

        mlflow.set_tracking_uri(running.url)
        yield running


@pytest.fixture(scope="module")
def logged(server: MlflowServer, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, Task], Logged]:
    models = {}
    for kind, task in CASES:
        folder = tmp_path_factory.mktemp("fitted") / "model"
        fitted = model(kind, task)
        save_model(fitted, folder, ROWS)
        models[kind, task] = Logged(fitted, log(folder))
    return models


def log(folder: Path) -> str:
    import mlflow  # noqa: PLC0415

    with mlflow.start_run(experiment_id=mlflow.set_experiment("ml/colors").experiment_id):
        return str(mlflow.pyfunc.log_model(name="model", **log_arguments(folder)).model_uri)


@pytest.fixture(scope="module")
def answers(logged: dict[tuple[str, Task], Logged], server: MlflowServer) -> dict[tuple[str, Task], list[Answer]]:
    """What pyfunc answers to both sets of rows in a fresh process."""
    site_packages = next(path for path in sys.path if path.endswith("site-packages"))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": site_packages,
        **ENVIRONMENT,
        **server.login(),
    }
    rows = json.dumps([dict(ROWS), dict(WITHOUT_OPTIONAL)])
    command = [sys.executable, "-S", "-W", "ignore", "-c", SCORE, rows, *(each.uri for each in logged.values())]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["code"].endswith("/code/modelyard_model")
    return {case: said["answers"][2 * i : 2 * i + 2] for i, case in enumerate(logged)}


def largest_difference(one: Answer, other: Answer) -> float:
    assert list(one) == list(other)
    if isinstance(one["prediction"][0], str):
        assert one["prediction"] == other["prediction"]
    numbers = [name for name in one if not isinstance(one[name][0], str)]
    return max(abs(float(a) - float(b)) for name in numbers for a, b in zip(one[name], other[name], strict=True))


@pytest.mark.parametrize("case", CASES)
def test_packed_code_answers_raw_rows_as_the_files_loaded_natively(
    case: tuple[str, Task], logged: dict[tuple[str, Task], Logged], answers: dict[tuple[str, Task], list[Answer]], tmp_path: Path
) -> None:
    import mlflow  # noqa: PLC0415

    downloaded = Path(mlflow.artifacts.download_artifacts(artifact_uri=logged[case].uri, dst_path=str(tmp_path)))
    folder = downloaded / mlflow.models.Model.load(str(downloaded)).flavors["python_function"]["data"]
    native = load_model(folder)
    assert verify_expected(native, folder) == 0.0
    for rows, answer in zip((ROWS, WITHOUT_OPTIONAL), answers[case], strict=True):
        assert largest_difference(answer, native.predict(rows).as_columns()) < 1e-6


def test_the_signature_says_numbers_are_double_and_the_rest_text(logged: dict[tuple[str, Task], Logged]) -> None:
    import mlflow  # noqa: PLC0415

    info = mlflow.models.get_model_info(logged["Linear", Task.CLASSIFICATION].uri)
    columns = [(column["name"], column["type"], column["required"]) for column in info.signature.inputs.to_dict()]
    assert columns == [("size", "double", False), ("color", "string", True), ("at", "string", False)]
    outputs = [(column["name"], column["type"]) for column in info.signature.outputs.to_dict()]
    assert outputs == [("prediction", "string"), *((f"probability_{name}", "double") for name in ("no", "yes", "maybe"))]
    assert set(info.flavors) == {"python_function"}


def test_what_mlflow_keeps_holds_no_pickle(logged: dict[tuple[str, Task], Logged], tmp_path: Path) -> None:
    import mlflow  # noqa: PLC0415

    for each in logged.values():
        folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=each.uri, dst_path=str(tmp_path / each.uri.rsplit("/")[-1])))
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert {path.suffix for path in files} <= {"", ".json", ".yaml", ".txt", ".py", ".typed", ".safetensors", ".skops"}
        assert not any(path.read_bytes().startswith(b"\x80") for path in files if path.suffix != ".safetensors")


def test_a_model_whose_code_was_replaced_does_not_load_in_silence(server: MlflowServer, tmp_path: Path) -> None:
    import mlflow  # noqa: PLC0415

    save_model(model("Linear"), tmp_path / "model", ROWS)
    arguments = log_arguments(tmp_path / "model") | {"input_example": None}
    expected = json.loads((tmp_path / "model" / "expected.json").read_text())
    expected["outputs"]["probability_yes"][0] += 0.353  # as another version of the code once answered
    (tmp_path / "model" / "expected.json").write_text(json.dumps(expected))
    with mlflow.start_run(experiment_id=mlflow.set_experiment("ml/colors").experiment_id):
        uri = mlflow.pyfunc.log_model(name="model", **arguments).model_uri
    with pytest.raises(ModelFilesInvalid, match=r"outputs differ by 0\.35 .*fresh one"):
        mlflow.pyfunc.load_model(uri)
