"""Fills, scales and categories are those of the training rows."""

import math

import numpy as np
import polars as pl
import pytest
from modelyard_api.catalogue.column_types import BlockKind
from modelyard_api.data import ColumnType, MissingMethod
from modelyard_jobs.columns.categorical import MOST_FEATURES
from modelyard_jobs.fitting import ColumnPlan, PlannedColumn, fit_preparation, raw_columns
from modelyard_jobs.termination import InvalidRequest
from modelyard_model.columns.categorical import MOST_CODES, CategoricalColumn, Codes
from modelyard_model.columns.numerical import NumericalColumn
from modelyard_model.preparation import Preparation


def fit(
    values: list[float | None] | list[str | None],
    method: MissingMethod = MissingMethod.MEDIAN,
    constant: str | None = None,
    kind: ColumnType = ColumnType.NUMERICAL,
) -> Preparation:
    frame = pl.DataFrame({"x": pl.Series(values, dtype=pl.Float64 if kind is ColumnType.NUMERICAL else pl.String)})
    return fit_preparation(frame, ColumnPlan((PlannedColumn("x", kind, method, constant),)))


def number(fitted: Preparation) -> NumericalColumn:
    (column,) = fitted.document.columns
    assert isinstance(column, NumericalColumn)
    return column


def category(fitted: Preparation) -> CategoricalColumn:
    (column,) = fitted.document.columns
    assert isinstance(column, CategoricalColumn)
    return column


@pytest.mark.parametrize(
    ("method", "fill"),
    [
        (MissingMethod.MEDIAN, 2.0),
        (MissingMethod.MEAN, 4.0),
        (MissingMethod.MOST_FREQUENT, 1.0),
        (MissingMethod.CONSTANT, -7.5),
        (MissingMethod.DROP_ROW, 2.0),
    ],
)
def test_the_method_gives_the_fill(method: MissingMethod, fill: float) -> None:
    column = number(fit([1.0, None, 1.0, 2.0, 5.0, 11.0], method, "-7.5"))
    assert column.missing.fill == fill


def test_filled_training_rows_are_standardised() -> None:
    values = [1.0, 5.0, None, 9.0, 2.0]
    features = fit(values).transform({"x": values})
    assert features[:, 0].mean() == pytest.approx(0)
    assert features[:, 0].std() == pytest.approx(1)


def test_nan_counts_as_missing() -> None:
    assert number(fit([1.0, float("nan"), 3.0])).missing.fill == 2.0


@pytest.mark.parametrize("value", [0.0, 5.0, 0.1, -1e20])
def test_a_constant_column_does_not_divide_by_nothing(value: float) -> None:
    features = fit([value] * 7).transform({"x": [value, None]})
    assert np.isfinite(features).all()
    assert features[0, 0] == pytest.approx(0, abs=1e-9)


def test_absurd_numbers_in_the_training_split_are_survived() -> None:
    assert np.isfinite(fit([1e300, -1e300, 1e308, 0.0]).transform({"x": [1e300, 5.0, None]})).all()


@pytest.mark.parametrize(("missing", "indicated"), [(1, False), (5, True)])
def test_missing_values_become_a_feature_when_there_are_enough_of_them(missing: int, indicated: bool) -> None:
    fitted = fit([None] * missing + [float(i) for i in range(100 - missing)])
    assert number(fitted).missing.indicator is indicated
    assert len(fitted.feature_names) == 1 + indicated


@pytest.mark.parametrize(("values", "required"), [([1.0, 2.0], True), ([1.0, None], False)])
def test_a_column_is_required_where_no_training_row_lacked_it(values: list[float | None], required: bool) -> None:
    assert fit(values).inputs[0].required is required


def test_a_column_without_values_is_noted_and_carries_nothing() -> None:
    fitted = fit([None, None, None])
    assert "x: no value in the training split" in fitted.document.notes[0]
    assert fitted.transform({"x": [None]}).tolist() == [[0.0]]


def test_categories_are_those_seen_more_than_once() -> None:
    fitted = fit(["a", "b", "a", "b", "once"], MissingMethod.MOST_FREQUENT, kind=ColumnType.CATEGORICAL)
    assert category(fitted).categories == ("a", "b")
    assert "2 of 3 categories" in fitted.document.notes[0]


def test_missing_categories_count_for_their_fill() -> None:
    fitted = fit(["a", "a", None, None, "b", "b", "b"], MissingMethod.MOST_FREQUENT, kind=ColumnType.CATEGORICAL)
    assert category(fitted).missing.fill == "b"
    stated = fit(["a", "a", None, None], MissingMethod.CONSTANT, "unknown", ColumnType.CATEGORICAL)
    assert category(stated).categories == ("a", "unknown")


def test_of_many_categories_the_most_frequent_are_kept() -> None:
    values = [f"c{i}" for i in range(MOST_FEATURES + 50) for _ in range(2 + (i < 10))]
    kept = category(fit(values, MissingMethod.MOST_FREQUENT, kind=ColumnType.CATEGORICAL)).categories
    assert len(kept) == MOST_FEATURES
    assert {f"c{i}" for i in range(10)} <= set(kept)


def test_equally_frequent_categories_are_ranked_by_name_not_by_chance() -> None:
    assert category(fit(["b", "a", "a", "b"], MissingMethod.MOST_FREQUENT, kind=ColumnType.CATEGORICAL)).missing.fill == "a"


def test_a_table_of_identifiers_alone_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="no column gives a feature"):
        fit([f"row {i}" for i in range(30)], MissingMethod.MOST_FREQUENT, kind=ColumnType.CATEGORICAL)


def test_unreadable_timestamps_are_counted() -> None:
    fitted = fit(["2026-01-01", "soon", "later", None], MissingMethod.MOST_FREQUENT, kind=ColumnType.DATETIME)
    assert "2 distinct texts" in fitted.document.notes[0]


def test_nothing_is_taken_from_rows_that_it_was_not_fitted_on() -> None:
    rows = [float(i) for i in range(20)]
    assert fit(rows[:10]).document == fit(rows[:10]).document
    assert number(fit(rows[:10])).center == pytest.approx(4.5)


def test_raw_columns_are_as_a_request_brings_them() -> None:
    frame = pl.DataFrame({"n": [1.0, None], "c": ["a", None], "other": [1, 2]})
    raw = raw_columns(frame, ["n", "c"])
    assert list(raw) == ["n", "c"]
    assert raw["c"] == ["a", None]
    assert raw["n"][0] == 1.0
    assert math.isnan(raw["n"][1])


TREES = frozenset({BlockKind.VECTOR, BlockKind.CODES})


def codes(values: list[str | None], method: MissingMethod = MissingMethod.MOST_FREQUENT, constant: str | None = None) -> CategoricalColumn:
    frame = pl.DataFrame({"x": pl.Series(values, dtype=pl.String)})
    return category(fit_preparation(frame, ColumnPlan((PlannedColumn("x", ColumnType.CATEGORICAL, method, constant),)), TREES))


def test_categories_are_codes_where_the_architecture_takes_them() -> None:
    column = codes(["a", "a", "b", "b", None])
    assert column.encoding == Codes(other=False, keeps_missing=True)
    assert not column.missing.indicator


def test_of_many_categories_as_codes_all_bins_but_one_are_kept_and_the_others_share_it() -> None:
    column = codes([f"c{i}" for i in range(300) for _ in range(2 + (i < 10))])
    assert len(column.categories) == MOST_CODES - 1
    assert column.encoding == Codes(other=True, keeps_missing=True)
    assert column.encode(["never seen"]).dense().item() == MOST_CODES - 1


def test_a_constant_stands_in_for_missing_codes_too() -> None:
    column = codes(["a", "a", None, None], MissingMethod.CONSTANT, "unknown")
    assert column.categories == ("a", "unknown")
    assert column.encode([None]).dense().item() == 1.0


@pytest.mark.parametrize(("method", "stays"), [(MissingMethod.MEDIAN, True), (MissingMethod.MEAN, False), (MissingMethod.CONSTANT, False)])
def test_a_number_stays_missing_where_the_architecture_knows_missing_values(method: MissingMethod, stays: bool) -> None:
    frame = pl.DataFrame({"x": pl.Series([1.0, 2.0, None], dtype=pl.Float64)})
    column = number(fit_preparation(frame, ColumnPlan((PlannedColumn("x", ColumnType.NUMERICAL, method, "3"),)), TREES))
    assert (column.missing is None) is stays
