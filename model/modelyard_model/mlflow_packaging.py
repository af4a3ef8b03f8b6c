"""How a model folder is logged to MLflow as a pyfunc model without pickle."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import modelyard_api
from modelyard_api.catalogue.architectures import ARCHITECTURES

import modelyard_model
from modelyard_model.loading import load_model
from modelyard_model.mlflow_signature import to_mlflow
from modelyard_model.model_document import EXPECTED_FILE, ExpectedDocument, read_document
from modelyard_model.signature import DType

LOADER_MODULE = "modelyard_model.pyfunc_loader"
_PANDAS = {DType.FP64: "float64", DType.STRING: "str"}  # dtypes of columns of an example


def log_arguments(folder: Path) -> dict[str, Any]:
    """Arguments for ``mlflow.pyfunc.log_model`` and ``save_model``; the caller adds the name, metadata and tags."""
    import pandas as pd  # noqa: PLC0415

    model = load_model(folder, device="cpu")
    rows = read_document(ExpectedDocument, folder / EXPECTED_FILE).inputs
    return {
        "loader_module": LOADER_MODULE,
        "data_path": str(folder),
        "code_paths": [str(Path(next(iter(package.__path__)))) for package in (modelyard_model, modelyard_api)],
        # Every number is ``double``, dates and categories are ``string``: MLflow converts nothing then that our preparation should read
        "signature": to_mlflow(model.signature),
        "input_example": pd.DataFrame(
            {i.name: pd.Series(rows[i.name], dtype=_PANDAS.get(i.dtype, "object")) for i in model.inputs if i.name in rows}
        ),
        "pip_requirements": pip_requirements(model.architecture),
    }


def pip_requirements(architecture: str) -> list[str]:
    """What a model needs to be loaded, in the versions it was fitted with."""
    fitted_with = ARCHITECTURES[architecture].packages
    return [f"{name}=={version(name)}" for name in ("mlflow-skinny", "numpy", "pandas", "pydantic", *fitted_with)]
