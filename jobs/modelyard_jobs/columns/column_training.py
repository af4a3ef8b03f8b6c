"""What training needs of every column type: is a column one of these, what are its cells, what is fitted to them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import polars as pl
from modelyard_api.catalogue.column_types import COLUMN_TYPES, BlockKind, ColumnType
from modelyard_api.catalogue.names import implementation
from modelyard_api.data import MissingColumn, MissingMethod
from modelyard_model.cells.reading import CellReading
from modelyard_model.columns.column import Block, FittedColumn

from modelyard_jobs.columns.target_means import KnownTarget
from modelyard_jobs.data.one_column import OneColumn, ReadColumn

_INDICATOR_SHARE = 0.05  # fewer missing values than this say too little to be worth a feature


@dataclass(frozen=True)
class PlannedColumn:
    """One feature. ``constant`` is what method Constant puts in, as text."""

    name: str
    kind: ColumnType
    missing: MissingMethod
    constant: str | None = None
    reading: CellReading | None = None  # by which its cells were read; None: they come as they are


@dataclass(frozen=True)
class Wanted:
    """What a column is to become."""

    column: PlannedColumn
    takes: frozenset[BlockKind] = frozenset({BlockKind.VECTOR})  # what the architecture takes


@dataclass(frozen=True)
class Fitted:
    """A column, and what the reader should know of it."""

    column: FittedColumn
    notes: tuple[str, ...] = ()


class ColumnTraining(ABC):
    """One column type."""

    @abstractmethod
    def confidence(self, column: OneColumn) -> float:
        """Whether a column that the manifest gives no type is one of these: 0 never, 1 certainly. The highest wins, of equals the first of the catalogue."""

    @abstractmethod
    def read(self, column: OneColumn) -> ReadColumn:
        """The column as one of these, whatever it shows. Raises InvalidRequest, which names the column and says what to do, where it can't be read so."""

    def read_undeclared(self, column: OneColumn) -> ReadColumn:
        """A column that looks like one of these. Types that become a feature only where they are declared say so with ``kind`` None."""
        return self.read(column)

    @abstractmethod
    def usual_missing(self, default: MissingMethod) -> MissingMethod:
        """What stands in for a missing value where the manifest says nothing of the column; ``default`` is the manifest's for all."""

    @abstractmethod
    def missing_problem(self, special: MissingColumn) -> str | None:
        """Why the manifest's treatment of the column can't be meant, or None."""

    @abstractmethod
    def fit(self, values: pl.Series, wanted: Wanted, target: KnownTarget | None = None) -> Fitted:
        """``values``: canonical cells of the training split, null (or NaN) where missing. Without a ``target`` nothing is fitted to it."""

    def encode_training(self, column: FittedColumn, values: pl.Series, target: KnownTarget) -> Block | None:  # noqa: ARG002
        """The features of the rows that ``column`` was fitted on, each made without the target of its own fold. None: no target is in them, they are ``encode``'s."""
        return None


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


def training_of(kind: str) -> ColumnTraining:
    """Of a column type, by its name."""
    found: ColumnTraining = implementation(COLUMN_TYPES[kind].training)()
    return found
