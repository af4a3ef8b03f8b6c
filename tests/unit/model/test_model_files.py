"""A model saved to files and loaded again gives the same answers, without pickle; damaged files are refused in words."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from modelyard_api.catalogue.tasks import Task
from modelyard_model import network
from modelyard_model.errors import InvalidInput, ModelFilesInvalid
from modelyard_model.model_folder import TOLERANCE, load_model, save_model, verify_expected

from tests.unit.model.fitted_models import CLASSES, KINDS, ROWS, forest, model

ALL = [(kind, task) for kind in KINDS for task in Task]


@pytest.mark.parametrize(("kind", "task"), ALL)
def test_a_loaded_model_answers_as_the_fitted_one(tmp_path: Path, kind: str, task: Task) -> None:
    fitted = model(kind, task)
    save_model(fitted, tmp_path, ROWS)
    loaded = load_model(tmp_path)
    assert loaded.predict(ROWS).as_columns() == fitted.predict(ROWS).as_columns()
    assert (loaded.architecture, loaded.task, loaded.classes, loaded.inputs) == (kind, task, fitted.classes, fitted.inputs)
    assert verify_expected(loaded, tmp_path) == 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_are_the_class_and_its_probabilities(kind: str) -> None:
    columns = model(kind).predict(ROWS).as_columns()
    assert list(columns) == ["prediction", "probability_no", "probability_yes", "probability_maybe"]
    probabilities = np.array([columns[f"probability_{name}"] for name in CLASSES])
    assert probabilities.sum(axis=0) == pytest.approx(1.0)
    assert columns["prediction"] == [CLASSES[index] for index in probabilities.argmax(axis=0)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_regression_answers_in_the_units_of_its_target(kind: str) -> None:
    columns = model(kind, Task.REGRESSION).predict(ROWS).as_columns()
    assert list(columns) == ["prediction"]
    assert all(500 < float(value) < 1500 for value in columns["prediction"])


@pytest.mark.parametrize(("kind", "task"), ALL)
def test_a_row_is_answered_alone_as_among_others(kind: str, task: Task) -> None:
    fitted = model(kind, task)
    together = fitted.predict(ROWS).outputs
    alone = [fitted.predict({name: values[row : row + 1] for name, values in ROWS.items()}).outputs[0] for row in range(4)]
    assert np.abs(together - np.array(alone)).max() < 1e-9


@pytest.mark.parametrize(("kind", "task"), ALL)
def test_no_rows_get_no_answers(kind: str, task: Task) -> None:
    columns = model(kind, task).predict({"size": [], "color": [], "at": []}).as_columns()
    assert all(values == [] for values in columns.values())


@pytest.mark.parametrize("task", Task)
def test_a_forest_answers_exactly_as_scikit_learn(task: Task) -> None:
    features = np.random.default_rng(1).normal(size=(50, 12))
    predictor = forest(task)
    estimator = predictor._estimator  # type: ignore[attr-defined]
    estimator.set_params(n_jobs=1)
    wanted = estimator.predict_proba(features) if task is Task.CLASSIFICATION else estimator.predict(features)
    assert (predictor.outputs(features) == wanted).all()


def test_dropout_is_off_when_answering() -> None:
    fitted = model("MLP")
    assert (fitted.predict(ROWS).outputs == fitted.predict(ROWS).outputs).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_folder_holds_no_pickle(tmp_path: Path, kind: str) -> None:
    save_model(model(kind), tmp_path, ROWS)
    names = {path.name for path in tmp_path.iterdir()}
    of_its_own = {"MLP": {"network.json", "network.safetensors"}, "GradientBoosting": {"trees.safetensors"}}
    weights = of_its_own.get(kind, {"estimator.skops"})
    assert names == {"model.json", "preparation.json", "expected.json", *weights}
    for path in tmp_path.glob("*.skops"):
        with zipfile.ZipFile(path) as archive:
            assert {Path(name).suffix or name for name in archive.namelist()} <= {".json", ".npy", "schema"}
            arrays = [archive.read(name) for name in archive.namelist() if name.endswith(".npy")]
        for array in arrays:
            np.load(io.BytesIO(array), allow_pickle=False)


def test_the_example_keeps_missing_values_as_null_and_only_the_models_columns(tmp_path: Path) -> None:
    save_model(model("Linear"), tmp_path, {**ROWS, "size": np.array([1.5, np.nan, -20.0, 7.0]), "other": [1, 2, 3, 4]})
    inputs = json.loads((tmp_path / "expected.json").read_text())["inputs"]
    assert inputs == {name: list(values) for name, values in ROWS.items()}


def test_an_example_without_a_required_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="'color'"):
        save_model(model("Linear"), tmp_path, {"size": [1.0]})


def test_other_weights_do_not_pass_as_the_tested_model(tmp_path: Path) -> None:
    save_model(model("MLP"), tmp_path, ROWS)
    expected = json.loads((tmp_path / "expected.json").read_text())
    expected["outputs"]["probability_yes"][2] += 2e-6
    (tmp_path / "expected.json").write_text(json.dumps(expected))
    assert TOLERANCE < verify_expected(load_model(tmp_path), tmp_path) < 1e-5


def test_a_model_that_answers_nothing_finite_does_not_pass(tmp_path: Path) -> None:
    save_model(model("Linear", Task.REGRESSION), tmp_path, ROWS)
    document = json.loads((tmp_path / "model.json").read_text()) | {"target_scale": 1e308, "target_mean": 1e308}
    (tmp_path / "model.json").write_text(json.dumps(document))
    assert verify_expected(load_model(tmp_path), tmp_path) > TOLERANCE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("damage", ["missing", "cut", "garbage"])
def test_damaged_files_are_refused_by_name(tmp_path: Path, kind: str, damage: str) -> None:
    save_model(model(kind), tmp_path, ROWS)
    for name in sorted(path.name for path in tmp_path.iterdir() if path.name != "expected.json"):
        path = tmp_path / name
        content = path.read_bytes()
        if damage == "missing":
            path.unlink()
        else:
            path.write_bytes(content[: len(content) // 2] if damage == "cut" else b"\x00garbage" * 20)
        with pytest.raises(ModelFilesInvalid, match=name if damage != "missing" else f"{name}|neither"):
            load_model(tmp_path)
        path.write_bytes(content)
    load_model(tmp_path)


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    save_model(model("MLP"), tmp_path, ROWS)
    shape = json.loads((tmp_path / "network.json").read_text()) | {"hidden": [8, 9]}
    (tmp_path / "network.json").write_text(json.dumps(shape))
    with pytest.raises(ModelFilesInvalid, match="does not fit"):
        load_model(tmp_path)


def test_types_that_are_not_on_our_list_are_never_constructed(tmp_path: Path) -> None:
    import skops.io  # noqa: PLC0415
    from sklearn.preprocessing import FunctionTransformer  # noqa: PLC0415

    save_model(model("Linear"), tmp_path, ROWS)
    skops.io.dump(FunctionTransformer(func=subprocess.check_output), tmp_path / "estimator.skops")
    with pytest.raises(ModelFilesInvalid, match="not trusted"):
        load_model(tmp_path)


def test_a_trusted_type_that_is_no_model_of_ours_is_refused(tmp_path: Path) -> None:
    import skops.io  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    save_model(model("Linear"), tmp_path, ROWS)
    skops.io.dump(StandardScaler(), tmp_path / "estimator.skops")
    with pytest.raises(ModelFilesInvalid, match="StandardScaler"):
        load_model(tmp_path)


@pytest.mark.parametrize(("kind", "unwanted"), [("RandomForest", "torch"), ("Linear", "torch"), ("MLP", "sklearn")])
def test_only_the_library_that_a_model_needs_is_imported(tmp_path: Path, kind: str, unwanted: str) -> None:
    save_model(model(kind), tmp_path, ROWS)
    code = f"""
import sys
from pathlib import Path
from modelyard_model.model_folder import load_model
assert not {{"torch", "sklearn", "skops", "mlflow", "pandas", "boto3"}} & set(sys.modules)
load_model(Path({str(tmp_path)!r})).predict({{"color": ["red"]}})
assert {unwanted!r} not in sys.modules and "mlflow" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("there", "device"), [(True, "cuda"), (False, "cpu")])
def test_a_gpu_is_used_where_there_is_one(monkeypatch: pytest.MonkeyPatch, there: bool, device: str) -> None:
    import torch  # noqa: PLC0415

    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert network.default_device() == device


def test_the_device_can_be_stated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_model(model("MLP"), tmp_path, ROWS)
    monkeypatch.setattr(network, "default_device", lambda: "cuda")
    loaded = load_model(tmp_path, device="cpu")
    assert loaded.predictor.device == "cpu"  # type: ignore[attr-defined]
    assert verify_expected(loaded, tmp_path) == 0.0
