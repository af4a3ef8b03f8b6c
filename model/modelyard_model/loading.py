"""From a model folder to a model that answers, and the check that it answers as it did when it was saved."""

from pathlib import Path

import numpy as np
from modelyard_api.catalogue.architectures import ARCHITECTURES
from modelyard_api.catalogue.names import implementation

from modelyard_model.errors import ModelFilesInvalid
from modelyard_model.heads import TargetScale, head_of
from modelyard_model.model_document import EXPECTED_FILE, MODEL_FILE, ExpectedDocument, ModelDocument, read_document
from modelyard_model.preparation import Preparation
from modelyard_model.signature import DType
from modelyard_model.tabular_model import Predictor, TabularModel

TOLERANCE = 1e-6  # answers that differ by more are not the model that was tested


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
    """The largest difference between the answers stored in ``expected.json`` and the model's own; serve only up to TOLERANCE.

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
