"""How a model folder is logged to MLflow as a pyfunc model without pickle."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import modelyard_api
from modelyard_api.catalogue.architectures import ARCHITECTURES

import modelyard_model
from modelyard_model.loading import load_model
from modelyard_model.model_document import EXPECTED_FILE, ExpectedDocument, read_document
from modelyard_model.tabular_model import TabularModel

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
        "pip_requirements": pip_requirements(model.architecture),
    }


def signature(model: TabularModel) -> Any:
    """Every number is ``double``, dates and categories are ``string``: MLflow converts nothing then that our preparation should read."""
    from mlflow.models import ModelSignature  # noqa: PLC0415
    from mlflow.types import ColSpec, DataType, Schema  # noqa: PLC0415

    kinds = {"number": DataType.double, "text": DataType.string}
    answers: dict[type, Any] = {str: DataType.string, float: DataType.double}
    return ModelSignature(
        inputs=Schema([ColSpec(kinds[item.kind], item.name, required=item.required) for item in model.inputs]),
        outputs=Schema([ColSpec(answers[kind], name) for name, kind in model.head.columns]),
    )


def pip_requirements(architecture: str) -> list[str]:
    """What a model needs to be loaded, in the versions it was fitted with."""
    fitted_with = ARCHITECTURES[architecture].packages
    return [f"{name}=={version(name)}" for name in ("mlflow-skinny", "numpy", "pandas", "pydantic", *fitted_with)]
