"""A model as a folder of JSON, safetensors or skops files, never pickle: written, read back, and checked to answer as it did when it was saved."""

import hashlib
import math
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import numpy as np
from modelyard_api.catalogue.architectures import ARCHITECTURES
from modelyard_api.catalogue.names import implementation
from modelyard_api.catalogue.tasks import Task
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from modelyard_model.columns.column import Columns
from modelyard_model.errors import InvalidInput, ModelFilesInvalid
from modelyard_model.heads import TargetScale, head_of
from modelyard_model.preparation import Preparation
from modelyard_model.signature import DType
from modelyard_model.tabular_model import Predictor, TabularModel

MODEL_FILE = "model.json"
EXPECTED_FILE = "expected.json"
TOLERANCE = 1e-6  # outputs that differ by more are not of the model that was tested


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelDocument(_Document):
    """``classes`` in the order of the outputs, empty for Regression, whose outputs are ``target_mean + target_scale * output``."""

    format: Literal[1] = 1
    architecture: str
    task: Task
    classes: tuple[str, ...]
    target_mean: FiniteFloat = 0.0
    target_scale: Annotated[FiniteFloat, Field(gt=0)] = 1.0


class ExpectedDocument(_Document):
    """Raw rows and outputs, by column."""

    inputs: dict[str, list[float | str | None]]
    outputs: dict[str, list[float | str]]


_D = TypeVar("_D", bound=_Document)


def read_document(kind: type[_D], path: Path) -> _D:
    """Raises ModelFilesInvalid when the file is missing or has another shape, e.g. because a newer Modelyard wrote it."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise ModelFilesInvalid(f"{path.name} is not among the model's files") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ModelFilesInvalid(f"{path.name} can't be read: {where}: {first['msg']}") from None


def write_document(document: BaseModel, path: Path) -> None:
    """Indented, for a person's eyes."""
    path.write_text(document.model_dump_json(indent=2) + "\n", encoding="utf-8")


def digest_of(folder: Path) -> str:
    """sha256 over names and contents of the model's files, in hex."""
    total = hashlib.sha256()
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        total.update(f"{path.relative_to(folder).as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def load_model(folder: Path, device: str | None = None) -> TabularModel:
    """Loads what ``save_model`` wrote. ``device`` (``cpu``, ``cuda``) is for networks; default: CUDA where there is one.

    Raises ModelFilesInvalid when files are missing, damaged or hold types that aren't trusted.
    """
    document = read_document(ModelDocument, folder / MODEL_FILE)
    return TabularModel(
        architecture=document.architecture,
        task=document.task,
        classes=document.classes,
        preparation=Preparation.load(folder),
        predictor=_load_predictor(folder, document, device),
        target=TargetScale(document.target_mean, document.target_scale),
    )


def _load_predictor(folder: Path, document: ModelDocument, device: str | None) -> Predictor:
    if document.architecture not in ARCHITECTURES:
        raise ModelFilesInvalid(f"{MODEL_FILE} names the architecture {document.architecture!r}, which this release doesn't know")
    body: Predictor = implementation(ARCHITECTURES[document.architecture].body)(folder, head_of(document.task, document.classes), device)
    return body


def verify_expected(model: TabularModel, folder: Path) -> float:
    """The largest difference between the outputs stored in ``expected.json`` and the model's own; serve only up to TOLERANCE.

    Probabilities are compared as they are, values of a regression in units of the larger of 1, the expected value and the target's scale.
    """
    expected = read_document(ExpectedDocument, folder / EXPECTED_FILE)
    with np.errstate(over="ignore", invalid="ignore"):  # what isn't finite counts as infinitely different below
        got = model.predict(expected.inputs).as_columns()
    if set(got) != set(expected.outputs):
        raise ModelFilesInvalid(f"{EXPECTED_FILE} has other outputs than the model")
    names = [output.name for output in model.head.outputs if output.dtype is DType.FP64]
    wanted_values = np.array([expected.outputs[name] for name in names], dtype=np.float64)
    got_values = np.array([got[name] for name in names], dtype=np.float64)
    if wanted_values.shape != got_values.shape:
        raise ModelFilesInvalid(f"{EXPECTED_FILE} has another number of rows in inputs and outputs")
    difference = np.where(np.isfinite(got_values), np.abs(wanted_values - got_values) / model.head.unit(wanted_values), np.inf)
    return float(difference.max(initial=0.0))


def save_model(model: TabularModel, folder: Path, example: Columns) -> None:
    """Writes the model's files and, for ``example`` (a few raw rows), the outputs it gives.

    The folder is read back and has to answer the same, else ModelFilesInvalid: a model that can't be restored must not be logged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    document = ModelDocument(
        architecture=model.architecture,
        task=model.task,
        classes=model.classes,
        target_mean=model.target.mean,
        target_scale=model.target.scale,
    )
    write_document(document, folder / MODEL_FILE)
    model.preparation.save(folder)
    model.predictor.save(folder)
    rows = example_rows(model, example)
    outputs = {name: list(values) for name, values in model.predict(rows).as_columns().items()}
    write_document(ExpectedDocument(inputs=rows, outputs=outputs), folder / EXPECTED_FILE)
    difference = verify_expected(load_model(folder), folder)
    if difference > TOLERANCE:
        raise ModelFilesInvalid(f"the saved model predicts differently from the fitted one, by {difference:.2g}")


def example_rows(model: TabularModel, example: Columns) -> dict[str, list[float | str | None]]:
    """The model's own inputs among ``example`` as JSON has them: numbers, texts, and null for missing."""
    rows: dict[str, list[float | str | None]] = {}
    for item in model.inputs:
        values = example.get(item.name)
        if values is None and item.required:
            raise InvalidInput(item.name, "is required and is not in the example")
        if values is None:
            continue
        cells = item.read(values)
        rows[item.name] = list(cells) if isinstance(cells, list) else [None if math.isnan(cell) else cell for cell in cells.tolist()]
    return rows
