"""Fits numbers: fill, center and scale."""

import math

import numpy as np
import polars as pl
from modelyard_api.blocks import BlockKind
from modelyard_api.data import MissingColumn, MissingMethod
from modelyard_model.cells.reading import NumberReading
from modelyard_model.columns.numerical import LARGEST, FilledNumber, NumericalColumn
from numpy.typing import NDArray

from modelyard_jobs.columns.fitter import ColumnFitter, Fitted, PlannedColumn, Present, Wanted
from modelyard_jobs.columns.target_means import KnownTarget

_LEFT_MISSING = frozenset(
    {MissingMethod.MEDIAN, MissingMethod.DROP_ROW}
)  # by architectures that know what is missing: the default, and what no row has


class Numerical(ColumnFitter):
    """Numbers."""

    def usual_missing(self, default: MissingMethod) -> MissingMethod:
        """The manifest's own: it is meant for numbers."""
        return default

    def missing_problem(self, special: MissingColumn) -> str | None:
        """A constant has to be a number."""
        if special.method is MissingMethod.CONSTANT and not _is_finite_number(special.value):
            return f"value {special.value!r} is not a number, but the column is Numerical"
        return None

    def fit(self, values: pl.Series, wanted: Wanted, target: KnownTarget | None = None) -> Fitted:  # noqa: ARG002
        """Standardises what is filled."""
        present, column = Present.among(values), wanted.column
        numbers = np.clip(present.values.to_numpy(), -LARGEST, LARGEST)  # keeps sums finite
        fill = _fill(numbers, column)
        stays = BlockKind.CODES in wanted.takes and column.missing in _LEFT_MISSING
        filled = np.concatenate([numbers, np.full(present.missing, fill)])
        center, spread = float(filled.mean()), float(filled.std())
        constant = spread <= 1e-12 * float(np.abs(filled).max())  # differences in the last digits are rounding
        fitted = NumericalColumn(
            name=column.name,
            required=present.missing == 0,
            missing=None if stays else FilledNumber(method=column.missing, fill=fill, indicator=present.wants_indicator),
            center=center,
            scale=1.0 if constant or not math.isfinite(spread) else spread,
            reading=column.reading if isinstance(column.reading, NumberReading) else None,
        )
        return Fitted(fitted, present.notes(column.name))


def _fill(known: NDArray[np.float64], column: PlannedColumn) -> float:
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


def _is_finite_number(text: str | None) -> bool:
    try:
        return text is not None and abs(float(text)) < float("inf")
    except ValueError:
        return False
