"""Scores a model as it comes back from MLflow, in a process of its own.

In this process the code packed with a model would silently be replaced by the package that is already imported, and a fitted object might differ from
what was stored. Started with ``python -m``, the module is also that process.
"""

import json
import logging
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from modelyard_api.conditions import Reason
from numpy.typing import NDArray

from modelyard_jobs.termination import Unavailable

if TYPE_CHECKING:
    from modelyard_model.cells.input_column import InputColumn
    from modelyard_model.tabular_model import TabularModel

    from modelyard_jobs.data.dataset import RawRows

CELLS, FIRST_READ, _REQUEST, _ANSWER, _OUTPUTS = "cells.parquet", "first-read.parquet", "request.json", "answer.json", "outputs.npy"
_log = logging.getLogger(__name__)
_BATCH = 65_536
_OTHER_ANSWERS = 1e-6
_FEW_REFUSED = 0.05  # of a column's cells: with more, the column has become another one


@dataclass(frozen=True)
class FreshScores:
    """Predictions for the given rows. ``outputs``: probabilities (rows, classes), or values (rows,)."""

    classes: tuple[str, ...]
    task: str
    outputs: NDArray[np.float64]
    unreadable: int = 0  # cells that the model would refuse in a request, and that counted as missing


@dataclass(frozen=True)
class NotScored:
    """Why a model could not answer."""

    why: str


class NotOurs(Exception):
    """A registered model that was logged by something else."""


def score(model_uri: str, rows: "RawRows", folder: Path, *, through_pyfunc: bool) -> FreshScores | NotScored:
    """Downloads ``model_uri`` and asks it about ``rows``. ``through_pyfunc``: it was just stored, so MLflow's own loader has to answer alike, and
    the model has to read every cell; of another model, cells that it would refuse count as missing.

    Raises Unavailable when MLflow doesn't hand out the model.
    """
    folder.mkdir(parents=True)
    rows.cells.write_parquet(folder / CELLS)
    rows.first_read.write_parquet(folder / FIRST_READ)
    (folder / _REQUEST).write_text(json.dumps({"model": model_uri, "pyfunc": through_pyfunc}), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "modelyard_jobs.evaluation.fresh_process", str(folder)], check=True)
    answer = json.loads((folder / _ANSWER).read_text(encoding="utf-8"))
    if answer.get("unavailable"):
        raise Unavailable(Reason.REGISTRY_UNAVAILABLE, answer["unavailable"])
    if answer.get("why"):
        return NotScored(answer["why"])
    if answer["unreadable"]:
        _log.warning("%s would refuse %d cells of these rows; they counted as missing", model_uri, answer["unreadable"])
    return FreshScores(tuple(answer["classes"]), answer["task"], np.load(folder / _OUTPUTS, allow_pickle=False), answer["unreadable"])


def _answer(folder: Path) -> dict[str, object]:
    """What the fresh process does. Nothing of modelyard_model may be imported before MLflow's loader had its turn."""
    request = json.loads((folder / _REQUEST).read_text(encoding="utf-8"))
    try:
        path, data = _download(request["model"], folder)
    except OSError as error:
        return {"unavailable": f"{request['model']} can't be downloaded: {error}"}
    except NotOurs:
        return {"why": "it holds no files of a Modelyard model"}
    through_mlflow = _through_pyfunc(path, data) if request["pyfunc"] else None

    # Packed code may be of another release: these two modules have the same names in all of them.
    from modelyard_model.errors import InvalidInput, ModelFilesInvalid  # noqa: PLC0415  a model's own packed code comes first
    from modelyard_model.pyfunc_loader import load_model, verify_expected  # noqa: PLC0415  a model's own packed code comes first

    try:
        model = load_model(data)
        if max(verify_expected(model, data), _difference(model, data, through_mlflow)) > _OTHER_ANSWERS:
            return {"why": "its outputs differ from the expected ones that were stored with it"}
        predicted, unreadable = outputs(model, folder, is_strict=request["pyfunc"])
    except (InvalidInput, ModelFilesInvalid) as error:
        return {"why": str(error)}
    np.save(folder / _OUTPUTS, predicted)
    return {"classes": model.classes, "task": model.task, "unreadable": unreadable}


def _download(uri: str, folder: Path) -> tuple[Path, Path]:
    """MLflow's folder, and in it the one of the model's own files, as MLmodel names it."""
    from mlflow.artifacts import download_artifacts  # noqa: PLC0415  a model's own packed code comes first
    from mlflow.exceptions import MlflowException  # noqa: PLC0415  a model's own packed code comes first
    from mlflow.models import Model  # noqa: PLC0415  a model's own packed code comes first

    try:
        path = Path(download_artifacts(uri, dst_path=str(folder)))
    except MlflowException as error:
        raise OSError(str(error)) from error
    data = Model.load(str(path)).flavors.get("python_function", {}).get("data")
    if not data:
        raise NotOurs
    return path, path / data


def _through_pyfunc(path: Path, data: Path) -> dict[str, list[object]]:
    """MLflow's predictions for the model's stored example."""
    import mlflow  # noqa: PLC0415  a model's own packed code comes first
    import pandas as pd  # noqa: PLC0415  a model's own packed code comes first

    inputs = json.loads((data / "expected.json").read_text(encoding="utf-8"))["inputs"]
    model = mlflow.pyfunc.load_model(str(path))
    numbers = {column.name for column in model.metadata.get_input_schema().inputs if column.type.name == "double"}
    frame = pd.DataFrame({name: pd.Series(cells, dtype="float64" if name in numbers else "str") for name, cells in inputs.items()})
    predicted = model.predict(frame)
    return {str(name): predicted[name].tolist() for name in predicted.columns}


def _difference(model: "TabularModel", data: Path, through_mlflow: dict[str, list[object]] | None) -> float:
    if through_mlflow is None:
        return 0.0
    inputs = json.loads((data / "expected.json").read_text(encoding="utf-8"))["inputs"]
    own = model.predict(inputs).as_columns()
    numbers = [name for name, values in own.items() if values and isinstance(values[0], float)]
    pairs = [(np.array(own[name]), np.array(through_mlflow[name], dtype=np.float64)) for name in numbers]
    return max(float((np.abs(one - other) / np.maximum(1.0, np.abs(one))).max()) for one, other in pairs)


def outputs(model: "TabularModel", folder: Path, *, is_strict: bool) -> tuple[NDArray[np.float64], int]:
    """Predictions for all rows that ``score`` wrote into ``folder``, and the number of cells that had to count as missing."""
    import polars as pl  # noqa: PLC0415  a model's own packed code comes first

    has_rules = any(_reading(item) for item in model.inputs)
    rows = pl.read_parquet(folder / (CELLS if has_rules else FIRST_READ))
    inputs = [item for item in model.inputs if item.name in rows.columns]
    batches, unreadable = [], 0
    for batch in rows[[item.name for item in inputs]].iter_slices(_BATCH):
        cells: dict[str, Any] = {item.name: batch[item.name].to_list() for item in inputs}
        if has_rules and not is_strict:
            for item in inputs:
                cells[item.name], refused = _without_refused(item, cells[item.name])
                unreadable += refused
        batches.append(model.predict(cells).outputs)
    return np.concatenate(batches), unreadable


def _reading(item: "InputColumn") -> Any:
    """None for a model without rules: its own code, which came with it, may know none."""
    return getattr(item, "reading", None)


def _without_refused(item: "InputColumn", cells: list[Any]) -> tuple[list[Any], int]:
    """Texts that the column refuses are None where they are few, and counted. Raises InvalidInput as the column does for many, or other types."""
    unreadable = set(filter(lambda text: _is_refused(item, text), {cell for cell in cells if isinstance(cell, str)}))
    refused = sum(cell in unreadable for cell in cells if isinstance(cell, str))
    if refused > _FEW_REFUSED * len(cells):
        item.read(cells)
    return ([None if isinstance(cell, str) and cell in unreadable else cell for cell in cells] if refused else cells), refused


def _is_refused(item: "InputColumn", text: str) -> bool:
    from modelyard_model.errors import InvalidInput  # noqa: PLC0415  a model's own packed code comes first

    try:
        item.read([text])
    except InvalidInput:
        return True
    return False


if __name__ == "__main__":
    _folder = Path(sys.argv[1])
    (_folder / _ANSWER).write_text(json.dumps(_answer(_folder)), encoding="utf-8")
