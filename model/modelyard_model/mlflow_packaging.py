"""How a model folder is logged to MLflow as a pyfunc model without pickle."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import modelyard_api
from modelyard_api.catalogue.tasks import Task

import modelyard_model
from modelyard_model import network
from modelyard_model.loading import load_model
from modelyard_model.model_document import EXPECTED_FILE, ExpectedDocument, read_document
from modelyard_model.tabular_model import PREDICTION, PROBABILITY_PREFIX, TabularModel

LOADER_MODULE = "modelyard_model.pyfunc_loader"


def log_arguments(folder: Path) -> dict[str, Any]:
    """Arguments for ``mlflow.pyfunc.log_model`` and ``save_model``; the caller adds the name, metadata and tags."""
    import pandas as pd  # noqa: PLC0415

    model = load_model(folder, device="cpu")
    rows = read_document(ExpectedDocument, folder / EXPECTED_FILE).inputs
    return {
        "loader_module": LOADER_MODULE,
        "data_path": str(folder),
        "code_paths": [str(Path(next(iter(package.__path__)))) for package in (modelyard_model, modelyard_api)],
        "signature": signature(model),
        "input_example": pd.DataFrame(
            {i.name: pd.Series(rows[i.name], dtype="float64" if i.kind == "number" else "str") for i in model.inputs if i.name in rows}
        ),
        "pip_requirements": pip_requirements(folder),
    }


def signature(model: TabularModel) -> Any:
    """Every number is ``double``, dates and categories are ``string``: MLflow converts nothing then that our preparation should read."""
    from mlflow.models import ModelSignature  # noqa: PLC0415
    from mlflow.types import ColSpec, DataType, Schema  # noqa: PLC0415

    kinds = {"number": DataType.double, "text": DataType.string}
    answer = DataType.double if model.task is Task.REGRESSION else DataType.string
    return ModelSignature(
        inputs=Schema([ColSpec(kinds[item.kind], item.name, required=item.required) for item in model.inputs]),
        outputs=Schema([ColSpec(answer, PREDICTION), *(ColSpec(DataType.double, PROBABILITY_PREFIX + name) for name in model.classes)]),
    )


def pip_requirements(folder: Path) -> list[str]:
    """What the model needs to be loaded, in the versions it was fitted with."""
    fitted_with = ("torch", "safetensors") if (folder / network.SHAPE_FILE).exists() else ("scikit-learn", "skops")
    return [f"{name}=={version(name)}" for name in ("mlflow-skinny", "numpy", "pandas", "pydantic", *fitted_with)]
