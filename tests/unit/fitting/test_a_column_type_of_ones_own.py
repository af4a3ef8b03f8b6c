"""A column type is two classes and one line: registered from here, it is recognised, read, fitted, stored, loaded and asked like the built-in ones."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
import pytest
from modelyard_api.catalogue.architectures import Architecture
from modelyard_api.catalogue.column_types import COLUMN_TYPES, ColumnType, ColumnTypeSpec
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import Task
from modelyard_api.conditions import Reason
from modelyard_api.data import Data, Missing, MissingColumn, MissingMethod
from modelyard_api.training_job import Training
from modelyard_jobs.columns.column_training import ColumnTraining, Fitted, Wanted
from modelyard_jobs.columns.target_means import KnownTarget
from modelyard_jobs.data.column_rules import ColumnReader
from modelyard_jobs.data.one_column import OneColumn, ReadColumn
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.fitting import Problem, Rows, fit_model, plan_columns, raw_columns, score
from modelyard_jobs.termination import InvalidRequest
from modelyard_model.cells.input_column import InputColumn
from modelyard_model.cells.reading import Cells
from modelyard_model.columns.column import Block, Feature, FittedColumn, vector
from modelyard_model.model_folder import load_model, save_model
from modelyard_model.signature import DType


class LengthColumn(FittedColumn):
    """How long a text is, as a share of the longest."""

    kind: Literal["Length"] = "Length"
    longest: int

    @property
    def input(self) -> InputColumn:
        return InputColumn(self.name, DType.STRING, self.required)

    @property
    def features(self) -> tuple[Feature, ...]:
        return (Feature(f"{self.name} length", self.name),)

    def encode(self, cells: Cells) -> Block:
        return vector(np.array([[len(text or "") / self.longest] for text in self.read(cells)]).reshape(-1, 1))


class Length(ColumnTraining):
    def confidence(self, column: OneColumn) -> float:
        return 0.7 if column.texts and set("".join(column.texts.texts)) == {"x"} else 0.0

    def read(self, column: OneColumn) -> ReadColumn:
        if column.texts is None:
            raise InvalidRequest(Reason.DATA_INVALID, f"column {column.name!r} has no lengths; make it text")
        texts = column.texts.texts
        return ReadColumn(column.name, ColumnType("Length"), None, lambda: texts)

    def usual_missing(self, default: MissingMethod) -> MissingMethod:
        return MissingMethod.CONSTANT

    def missing_problem(self, special: MissingColumn) -> str | None:
        return "has no gaps"

    def fit(self, values: pl.Series, wanted: Wanted, target: KnownTarget | None = None) -> Fitted:
        longest = int(values.str.len_chars().max() or 1)  # type: ignore[arg-type]
        return Fitted(LengthColumn(name=wanted.column.name, required=not values.has_nulls(), longest=longest), ("measured",))


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    COLUMN_TYPES.add(ColumnTypeSpec("Length", f"{__name__}:LengthColumn", f"{__name__}:Length", "how long a text is"))
    yield
    COLUMN_TYPES.remove("Length")


@pytest.mark.parametrize("architecture", [Architecture.LINEAR, Architecture.RANDOM_FOREST, Architecture.MLP])
def test_it_is_fitted_stored_loaded_and_asked(architecture: Architecture, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    lengths = generator.integers(1, 40, 600)
    frame = pl.DataFrame({"word": ["x" * length for length in lengths], "n": generator.normal(size=600)})
    plan = plan_columns({"word": ColumnType("Length"), "n": ColumnType.NUMERICAL}, Missing())
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
    with pytest.raises(InvalidRequest, match="has no gaps"):
        plan_columns({"word": ColumnType("Length")}, missing)


def _reader(declared: list[dict[str, str]]) -> ColumnReader:
    cells = pl.DataFrame({"word": ["x", "xx", "xxxx"] * 4, "other": ["a", "b", "a"] * 4, "n": [1.5, 2.0, 3.0] * 4})
    data = Data.model_validate({"source": {"uri": "s3://bucket/rows.parquet"}, "columns": declared})
    return ColumnReader(RawTable(cells, is_text=False), data)


def test_a_column_that_nobody_declares_is_the_type_that_is_surest() -> None:
    reader = _reader([])
    assert {name: reader.read(name).kind for name in reader.names} == {"word": "Length", "other": "Categorical", "n": "Numerical"}


def test_a_manifest_may_declare_it_and_hears_what_is_wrong() -> None:
    reader = _reader([{"name": "other", "type": "Length"}, {"name": "n", "type": "Length"}])
    assert reader.read("other").kind == "Length"
    with pytest.raises(InvalidRequest, match="column 'n' has no lengths; make it text"):
        reader.read("n")
