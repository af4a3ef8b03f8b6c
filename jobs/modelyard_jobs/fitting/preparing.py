"""Fits the preparation on the training split: fills, scales, categories."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from modelyard_api.conditions import Reason
from modelyard_api.data import ColumnType, MissingMethod
from modelyard_model import timestamps
from modelyard_model.cells.reading import NumberReading, TextReading, TimeReading
from modelyard_model.columns.categorical import CategoricalColumn, FilledText
from modelyard_model.columns.column import FittedColumn
from modelyard_model.columns.datetime import DatetimeColumn
from modelyard_model.columns.numerical import FilledNumber, NumericalColumn
from modelyard_model.preparation import Preparation
from modelyard_model.preparation_document import PreparationDocument
from numpy.typing import NDArray

from modelyard_jobs.failures import InvalidOrder
from modelyard_jobs.fitting.column_plan import ColumnPlan, PlannedColumn

if TYPE_CHECKING:
    import polars as pl

FEWEST_CATEGORIES, MOST_CATEGORIES = 200, 1000  # most of one column: in a large table, and in a small one
_CELLS = 10_000_000  # features of categories times rows, as far as columns may have more than in a large table
_LEAST_ROWS_PER_CATEGORY = 2  # what was seen once teaches nothing
_INDICATOR_SHARE = 0.05  # fewer missing values than this say too little to be worth a feature
_LARGEST = 1e30  # as in Preparation: keeps sums finite


def fit_preparation(train: "pl.DataFrame", plan: ColumnPlan) -> Preparation:
    """``train``: canonical columns of the training split (Float64 for Numerical, String otherwise). Raises InvalidOrder when nothing is left to learn from."""
    notes: list[str] = []
    most = most_categories(train.height, sum(column.kind is ColumnType.CATEGORICAL for column in plan.columns))
    columns = tuple(_fit_column(train[column.name].alias("cells"), column, most, notes) for column in plan.columns)
    preparation = Preparation(PreparationDocument(columns=columns, separator=plan.separator, notes=tuple(notes)))
    if not preparation.feature_names:
        raise InvalidOrder(Reason.DATA_INVALID, "no column gives a feature: every text differs in every row; " + "; ".join(notes))
    return preparation


def raw_columns(frame: "pl.DataFrame", names: Sequence[str]) -> dict[str, Sequence[object] | NDArray[np.float64]]:
    """Canonical columns as a request brings them: numbers with NaN, texts with None for missing."""
    return {name: frame[name].to_list() if frame[name].dtype == _string() else frame[name].to_numpy() for name in names}


def _string() -> type["pl.String"]:
    import polars as pl  # noqa: PLC0415  not needed to read a manifest

    return pl.String


def most_categories(rows: int, columns: int) -> int:
    """Of each of ``columns`` columns in a training split of ``rows``. Codes of shops or products come in hundreds, and cost a feature each."""
    return min(MOST_CATEGORIES, max(FEWEST_CATEGORIES, _CELLS // max(1, rows * columns)))


def _fit_column(values: "pl.Series", column: PlannedColumn, most: int, notes: list[str]) -> FittedColumn:
    known = values.drop_nulls().drop_nans() if values.dtype.is_float() else values.drop_nulls()
    missing = len(values) - len(known)
    if not len(known):
        notes.append(f"{column.name}: no value in the training split, so it carries nothing")
    indicator = len(known) > 0 and missing >= _INDICATOR_SHARE * len(values)
    if column.kind is ColumnType.NUMERICAL:
        return _numerical(known, missing, column, indicator)
    if column.kind is ColumnType.CATEGORICAL:
        return _categorical(known, missing, column, indicator, most, notes)
    unreadable = sum(timestamps.parse(text) is None for text in known.unique().to_list())
    if unreadable:
        notes.append(f"{column.name}: {unreadable} distinct texts are not ISO 8601 timestamps and count as missing")
    reading = column.reading if isinstance(column.reading, TimeReading) else None
    return DatetimeColumn(name=column.name, required=missing == 0, reading=reading)


def _numerical(known: "pl.Series", missing: int, column: PlannedColumn, indicator: bool) -> NumericalColumn:
    numbers = np.clip(known.to_numpy(), -_LARGEST, _LARGEST)
    fill = _number_for_missing(numbers, column)
    filled = np.concatenate([numbers, np.full(missing, fill)])
    center, spread = float(filled.mean()), float(filled.std())
    constant = spread <= 1e-12 * float(np.abs(filled).max())  # differences in the last digits are rounding
    return NumericalColumn(
        name=column.name,
        required=missing == 0,
        missing=FilledNumber(method=column.missing, fill=fill, indicator=indicator),
        center=center,
        scale=1.0 if constant or not math.isfinite(spread) else spread,
        reading=column.reading if isinstance(column.reading, NumberReading) else None,
    )


def _number_for_missing(known: "np.ndarray[tuple[int], np.dtype[np.float64]]", column: PlannedColumn) -> float:
    if column.missing is MissingMethod.CONSTANT:
        assert column.constant is not None
        return float(column.constant)
    if not len(known):
        return 0.0
    if column.missing is MissingMethod.MEAN:
        return float(known.mean())
    if column.missing is MissingMethod.MOST_FREQUENT:
        values, counts = np.unique(known, return_counts=True)
        return float(values[counts.argmax()])
    return float(np.median(known))  # also for DropRow: a request without the value is still answered


def _categorical(
    known: "pl.Series", missing: int, column: PlannedColumn, indicator: bool, most: int, notes: list[str]
) -> CategoricalColumn:
    ranked = _ranked(known)
    most_frequent = next(iter(ranked), "")
    fill = column.constant or "" if column.missing is MissingMethod.CONSTANT else most_frequent
    if missing and fill:
        ranked[fill] = ranked.get(fill, 0) + missing
    kept = [category for category, count in ranked.items() if count >= _LEAST_ROWS_PER_CATEGORY][:most]
    if len(kept) < len(ranked):
        notes.append(f"{column.name}: {len(kept)} of {len(ranked)} categories are frequent enough; the others count as unseen")
    return CategoricalColumn(
        name=column.name,
        required=missing == 0,
        missing=FilledText(method=column.missing, fill=fill, indicator=indicator),
        categories=tuple(sorted(kept)),
        reading=column.reading if isinstance(column.reading, TextReading) else None,
    )


def _ranked(known: "pl.Series") -> dict[str, int]:
    """Categories with their number of rows, the most frequent first; equally frequent ones by name."""
    counts: dict[str, int] = dict(known.value_counts().iter_rows())
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
