"""From a model folder to a model that answers, and the check that it answers as it did when it was saved."""

from pathlib import Path

import numpy as np
from modelyard_api.catalogue.tasks import Task

from modelyard_model import estimator, network
from modelyard_model.errors import ModelFilesInvalid
from modelyard_model.model_document import EXPECTED_FILE, MODEL_FILE, ExpectedDocument, ModelDocument, read_document
from modelyard_model.preparation import Preparation
from modelyard_model.tabular_model import PREDICTION, PROBABILITY_PREFIX, Predictor, TabularModel, TargetScale

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
    if (folder / network.SHAPE_FILE).exists():
        return network.load_network(folder, document.task is Task.CLASSIFICATION, device)
    if (folder / estimator.FILE).exists():
        return estimator.load_estimator(folder, len(document.classes))
    raise ModelFilesInvalid(f"neither {network.SHAPE_FILE} nor {estimator.FILE} is among the model's files")


def verify_expected(model: TabularModel, folder: Path) -> float:
    """The largest difference between the answers stored in ``expected.json`` and the model's own; serve only up to TOLERANCE.

    Probabilities are compared as they are, values of a regression in units of the larger of 1, the expected value and the target's scale.
    """
    expected = read_document(ExpectedDocument, folder / EXPECTED_FILE)
    with np.errstate(over="ignore", invalid="ignore"):  # what isn't finite counts as infinitely different below
        got = model.predict(expected.inputs).as_columns()
    if set(got) != set(expected.outputs):
        raise ModelFilesInvalid(f"{EXPECTED_FILE} has other outputs than the model")
    names = [name for name in got if name.startswith(PROBABILITY_PREFIX)] or [PREDICTION]
    wanted_values = np.array([expected.outputs[name] for name in names], dtype=np.float64)
    got_values = np.array([got[name] for name in names], dtype=np.float64)
    if wanted_values.shape != got_values.shape:
        raise ModelFilesInvalid(f"{EXPECTED_FILE} has another number of rows in inputs and outputs")
    unit = 1.0 if model.task is Task.CLASSIFICATION else np.maximum(np.abs(wanted_values), max(1.0, model.target.scale))
    difference = np.where(np.isfinite(got_values), np.abs(wanted_values - got_values) / unit, np.inf)
    return float(difference.max(initial=0.0))
