"""Loader module of MLflow's pyfunc flavor: ``mlflow.pyfunc.load_model`` gives a model that takes a DataFrame of raw rows."""

from pathlib import Path
from typing import Any

from modelyard_model.errors import ModelFilesInvalid
from modelyard_model.model_folder import TOLERANCE, load_model, verify_expected
from modelyard_model.tabular_model import TabularModel

__all__ = [
    "PyfuncModel",
    "load_model",
    "verify_expected",
]  # also what the evaluation of later releases needs of code that came with a model


class PyfuncModel:
    """What MLflow calls ``predict`` on."""

    def __init__(self, model: TabularModel) -> None:
        self.model = model

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> Any:  # noqa: ARG002 (MLflow's signature)
        """DataFrame of raw rows to DataFrame of ``prediction`` and ``probability_<class>``."""
        import pandas as pd  # noqa: PLC0415  half a second

        names = [item.name for item in self.model.inputs if item.name in model_input.columns]
        predictions = self.model.predict({name: _cells(model_input[name]) for name in names})
        return pd.DataFrame(predictions.as_columns(), index=model_input.index)


def _cells(series: Any) -> Any:
    """Plain numbers, or a list in which every form of missing that pandas knows is None."""
    if getattr(series.dtype, "kind", "O") in "iufb" and not series.isna().any():
        return series.to_numpy()
    values = series.astype(object)
    return values.where(series.notna(), None).tolist()


def _load_pyfunc(data_path: str, model_config: dict[str, Any] | None = None) -> PyfuncModel:  # noqa: ARG001 (MLflow's signature)
    """MLflow's entry point.

    The code packed with a model is silently replaced by a package of the same name that is already imported. The stored outputs
    tell whether that code still is the one the model was tested with.
    """
    folder = Path(data_path)
    model = load_model(folder)
    difference = verify_expected(model, folder)
    if difference > TOLERANCE:
        raise ModelFilesInvalid(
            f"the model's outputs differ by {difference:.2g} from those stored with it: another version of modelyard_model is imported in"
            " this process; load the model in a fresh one"
        )
    return PyfuncModel(model)
