"""Scores a model as it comes back from MLflow, in a process of its own.

In this process the code packed with a model would silently be replaced by the package that is already imported, and a fitted object might differ from
what was stored. Started with ``python -m``, the module is also that process.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from modelyard_api.conditions import Reason
from numpy.typing import NDArray

from modelyard_jobs.failures import Unavailable

if TYPE_CHECKING:
    import polars as pl
    from modelyard_model.tabular_model import TabularModel

_ROWS, _REQUEST, _ANSWER, _OUTPUTS = "rows.parquet", "request.json", "answer.json", "outputs.npy"
_BATCH = 65_536
_OTHER_ANSWERS = 1e-6


@dataclass(frozen=True)
class FreshScores:
    """Answers to the rows asked about. ``outputs``: probabilities (rows, classes), or values (rows,)."""

    classes: tuple[str, ...]
    task: str
    outputs: NDArray[np.float64]


@dataclass(frozen=True)
class NotScored:
    """Why a model could not answer."""

    why: str


class NotOurs(Exception):
    """A registered model that was logged by something else."""


def score(model_uri: str, rows: "pl.DataFrame", folder: Path, *, through_pyfunc: bool) -> FreshScores | NotScored:
    """Downloads ``model_uri`` and asks it about raw ``rows``. ``through_pyfunc`` also checks that MLflow's own loader answers alike.

    Raises Unavailable when MLflow doesn't hand out the model.
    """
    folder.mkdir(parents=True)
    rows.write_parquet(folder / _ROWS)
    (folder / _REQUEST).write_text(json.dumps({"model": model_uri, "pyfunc": through_pyfunc}), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "modelyard_jobs.evaluation.fresh_process", str(folder)], check=True)
    answer = json.loads((folder / _ANSWER).read_text(encoding="utf-8"))
    if answer.get("unavailable"):
        raise Unavailable(Reason.REGISTRY_UNAVAILABLE, answer["unavailable"])
    if answer.get("why"):
        return NotScored(answer["why"])
    return FreshScores(tuple(answer["classes"]), answer["task"], np.load(folder / _OUTPUTS, allow_pickle=False))


def _answer(folder: Path) -> dict[str, object]:
    """What the fresh process does. Nothing of modelyard_model may be imported before MLflow's loader had its turn."""
    import polars as pl  # noqa: PLC0415

    request = json.loads((folder / _REQUEST).read_text(encoding="utf-8"))
    try:
        path, data = _download(request["model"], folder)
    except OSError as error:
        return {"unavailable": f"{request['model']} can't be downloaded: {error}"}
    except NotOurs:
        return {"why": "it holds no files of a Modelyard model"}
    through_mlflow = _through_pyfunc(path, data) if request["pyfunc"] else None

    from modelyard_model.errors import InvalidInput, ModelFilesInvalid  # noqa: PLC0415
    from modelyard_model.loading import load_model, verify_expected  # noqa: PLC0415

    try:
        model = load_model(data)
        if max(verify_expected(model, data), _difference(model, data, through_mlflow)) > _OTHER_ANSWERS:
            return {"why": "its answers differ from the expected outputs that were stored with it"}
        outputs = np.concatenate(list(_outputs(model, pl.read_parquet(folder / _ROWS))))
    except (InvalidInput, ModelFilesInvalid) as error:
        return {"why": str(error)}
    np.save(folder / _OUTPUTS, outputs)
    return {"classes": model.classes, "task": model.task}


def _download(uri: str, folder: Path) -> tuple[Path, Path]:
    """MLflow's folder, and in it the one of the model's own files, as MLmodel names it."""
    from mlflow.artifacts import download_artifacts  # noqa: PLC0415
    from mlflow.exceptions import MlflowException  # noqa: PLC0415
    from mlflow.models import Model  # noqa: PLC0415

    try:
        path = Path(download_artifacts(uri, dst_path=str(folder)))
    except MlflowException as error:
        raise OSError(str(error)) from error
    data = Model.load(str(path)).flavors.get("python_function", {}).get("data")
    if not data:
        raise NotOurs
    return path, path / data


def _through_pyfunc(path: Path, data: Path) -> dict[str, list[object]]:
    """MLflow's answers to the model's stored example."""
    import mlflow  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    inputs = json.loads((data / "expected.json").read_text(encoding="utf-8"))["inputs"]
    model = mlflow.pyfunc.load_model(str(path))
    numbers = {column.name for column in model.metadata.get_input_schema().inputs if column.type.name == "double"}
    frame = pd.DataFrame({name: pd.Series(cells, dtype="float64" if name in numbers else "str") for name, cells in inputs.items()})
    answers = model.predict(frame)
    return {str(name): answers[name].tolist() for name in answers.columns}


def _difference(model: "TabularModel", data: Path, through_mlflow: dict[str, list[object]] | None) -> float:
    if through_mlflow is None:
        return 0.0
    inputs = json.loads((data / "expected.json").read_text(encoding="utf-8"))["inputs"]
    own = model.predict(inputs).as_columns()
    numbers = [name for name, values in own.items() if values and isinstance(values[0], float)]
    pairs = [(np.array(own[name]), np.array(through_mlflow[name], dtype=np.float64)) for name in numbers]
    return max(float((np.abs(one - other) / np.maximum(1.0, np.abs(one))).max()) for one, other in pairs)


def _outputs(model: "TabularModel", rows: "pl.DataFrame") -> Iterator[NDArray[np.float64]]:
    names = [item.name for item in model.inputs if item.name in rows.columns]
    for batch in rows.select(names).iter_slices(_BATCH):
        yield model.predict({name: batch[name].to_list() for name in names}).outputs


if __name__ == "__main__":
    _folder = Path(sys.argv[1])
    (_folder / _ANSWER).write_text(json.dumps(_answer(_folder)), encoding="utf-8")
