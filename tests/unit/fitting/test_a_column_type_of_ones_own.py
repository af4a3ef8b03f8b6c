"""A column type is two classes and two lines: registered from here, it is planned, fitted, stored, loaded and asked like the built-in ones."""

from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
import pytest
from modelyard_api.catalogue.architectures import Architecture
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import Task
from modelyard_api.data import Missing, MissingColumn, MissingMethod
from modelyard_api.training_job import Training
from modelyard_jobs.columns import registry as fitters
from modelyard_jobs.columns.fitter import ColumnFitter, Fitted, Wanted
from modelyard_jobs.columns.target_means import KnownTarget
from modelyard_jobs.failures import InvalidOrder
from modelyard_jobs.fitting import Problem, Rows, fit_model, plan_columns, raw_columns, score
from modelyard_model.cells.input_column import InputColumn
from modelyard_model.cells.reading import Cells
from modelyard_model.columns import registry
from modelyard_model.columns.block import Block, vector
from modelyard_model.columns.column import Feature, FittedColumn
from modelyard_model.loading import load_model
from modelyard_model.saving import save_model


class LengthColumn(FittedColumn):
    """How long a text is, as a share of the longest."""

    kind: Literal["Length"] = "Length"
    longest: int

    @property
    def input(self) -> InputColumn:
        return InputColumn(self.name, "text", self.required)

    @property
    def features(self) -> tuple[Feature, ...]:
        return (Feature(f"{self.name} length", self.name),)

    def encode(self, cells: Cells) -> Block:
        return vector(np.array([[len(text or "") / self.longest] for text in self.read(cells)]).reshape(-1, 1))


class Length(ColumnFitter):
    def usual_missing(self, default: MissingMethod) -> MissingMethod:
        return MissingMethod.CONSTANT

    def missing_problem(self, special: MissingColumn) -> str | None:
        return "has no gaps"

    def fit(self, values: pl.Series, wanted: Wanted, target: KnownTarget | None = None) -> Fitted:
        longest = int(values.str.len_chars().max() or 1)  # type: ignore[arg-type]
        return Fitted(LengthColumn(name=wanted.column.name, required=not values.has_nulls(), longest=longest), ("measured",))


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_types", dict(registry._types))
    monkeypatch.setattr(fitters, "_fitters", dict(fitters._fitters))
    registry.register(LengthColumn)
    fitters.register("Length", Length())


@pytest.mark.parametrize("architecture", [Architecture.LINEAR, Architecture.RANDOM_FOREST, Architecture.MLP])
def test_it_is_fitted_stored_loaded_and_asked(architecture: Architecture, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    lengths = generator.integers(1, 40, 600)
    frame = pl.DataFrame({"word": ["x" * length for length in lengths], "n": generator.normal(size=600)})
    plan = plan_columns({"word": "Length", "n": "Numerical"}, Missing())  # type: ignore[dict-item]
    problem = Problem(Task.CLASSIFICATION, ("short", "long"), Metric.ROC_AUC, plan, Training(), device="cpu")
    rows = Rows(frame, (lengths > 20).astype(np.int64), np.arange(600))
    fitted = fit_model(architecture, {}, problem, rows.take(np.arange(400)), rows.take(np.arange(400, 500)), lambda _: None)
    save_model(fitted.model, tmp_path, raw_columns(frame[:5], frame.columns))
    loaded, test = load_model(tmp_path, device="cpu"), rows.take(np.arange(500, 600))
    assert loaded.preparation.feature_names == ("n", "word length")
    assert loaded.preparation.document.format == 3
    assert loaded.preparation.document.notes == ("measured",)
    assert score(Metric.ROC_AUC, test.target, loaded.predict(raw_columns(test.features, frame.columns)).outputs) > 0.98


def test_it_says_which_treatment_of_missing_values_it_takes() -> None:
    missing = Missing.model_validate({"columns": [{"name": "word", "method": "DropRow"}]})
    with pytest.raises(InvalidOrder, match="has no gaps"):
        plan_columns({"word": "Length"}, missing)  # type: ignore[dict-item]
