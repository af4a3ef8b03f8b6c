"""What training asks of every column type."""

from dataclasses import dataclass
from typing import Protocol

import polars as pl
from modelyard_api.blocks import BlockKind
from modelyard_api.data import ColumnType, MissingColumn, MissingMethod
from modelyard_model.cells.reading import NumberReading, TextReading, TimeReading
from modelyard_model.columns.column import FittedColumn

Reading = NumberReading | TextReading | TimeReading
_INDICATOR_SHARE = 0.05  # fewer missing values than this say too little to be worth a feature


@dataclass(frozen=True)
class PlannedColumn:
    """One feature. ``constant`` is what method Constant puts in, as text."""

    name: str
    kind: ColumnType
    missing: MissingMethod
    constant: str | None = None
    reading: Reading | None = None  # by which its cells were read; None: they come as they are


@dataclass(frozen=True)
class Wanted:
    """What a column is to become, and what else there is."""

    column: PlannedColumn
    alike: int = 1  # columns of its type in the table, itself included
    takes: frozenset[BlockKind] = frozenset({BlockKind.VECTOR})  # what the architecture takes


@dataclass(frozen=True)
class Fitted:
    """A column, and what the reader should know of it."""

    column: FittedColumn
    notes: tuple[str, ...] = ()


class ColumnFitter(Protocol):
    """One column type."""

    def usual_missing(self, default: MissingMethod) -> MissingMethod:
        """What stands in for a missing value where the manifest says nothing of the column; ``default`` is the manifest's for all."""

    def missing_problem(self, special: MissingColumn) -> str | None:
        """Why the manifest's treatment of the column can't be meant, or None."""

    def fit(self, values: pl.Series, wanted: Wanted) -> Fitted:
        """``values``: canonical cells of the training split, null (or NaN) where missing."""


@dataclass(frozen=True)
class Present:
    """The cells of one column that have a value."""

    values: pl.Series
    missing: int  # cells without

    @classmethod
    def among(cls, values: pl.Series) -> "Present":
        """Null and NaN are missing."""
        known = values.drop_nulls().drop_nans() if values.dtype.is_float() else values.drop_nulls()
        return cls(known, len(values) - len(known))

    @property
    def wants_indicator(self) -> bool:
        """Whether a feature that says what was missing is worth it."""
        return len(self.values) > 0 and self.missing >= _INDICATOR_SHARE * (len(self.values) + self.missing)

    def notes(self, name: str) -> tuple[str, ...]:
        """Of a column without any value."""
        return () if len(self.values) else (f"{name}: no value in the training split, so it carries nothing",)
