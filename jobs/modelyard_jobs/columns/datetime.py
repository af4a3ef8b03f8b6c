"""Timestamps: which columns hold some, and how their cells are read. There is nothing to fit but what can't be read."""

from dataclasses import replace

import polars as pl
from modelyard_api.catalogue.column_types import ColumnType
from modelyard_api.conditions import Reason
from modelyard_api.data import MissingColumn, MissingMethod
from modelyard_model.cells.reading import TimeReading
from modelyard_model.columns import datetime
from modelyard_model.columns.datetime import DatetimeColumn

from modelyard_jobs.columns.column_training import ColumnTraining, Fitted, Present, Wanted
from modelyard_jobs.columns.numerical import Numerical, numbers_of
from modelyard_jobs.columns.target_means import KnownTarget
from modelyard_jobs.data import parquet_table, time_rules
from modelyard_jobs.data.one_column import OneColumn, ReadColumn
from modelyard_jobs.data.text_column import TextColumn
from modelyard_jobs.data.time_rules import Times
from modelyard_jobs.termination import InvalidRequest

_TYPES = (pl.Date, pl.Datetime)
_LOOKS_LIKE_TIMES = 0.9  # confidence in a column of texts


class Datetime(ColumnTraining):
    """Timestamps."""

    def confidence(self, column: OneColumn) -> float:
        """Digits alone are no timestamp where nobody says so."""
        if column.texts is None:
            return 1.0 if column.dtype in _TYPES else 0.0
        return _LOOKS_LIKE_TIMES if column.times(compact=False) else 0.0

    def read(self, column: OneColumn) -> ReadColumn:
        """ISO 8601, or dates in one other form."""
        column.require_scalars("as Datetime")
        if column.texts is not None:
            return _written(column.texts, column.times(compact=True))
        if column.dtype not in _TYPES:
            raise _not_times(column.name, None, None)
        reading, cells = TimeReading(missing=tuple(column.missing or ())), column.cells
        return ReadColumn(column.name, ColumnType.DATETIME, reading, lambda: parquet_table.as_iso(cells))

    def read_undeclared(self, column: OneColumn) -> ReadColumn:
        """Texts become a feature only where the manifest says so: most often they say when a row was written."""
        if column.texts is None:
            return self.read(column)
        text = f"column {column.name!r} looks like a timestamp and is left out; name it in spec.data.prepare.features.timestamps to use it"
        return replace(_written(column.texts, column.times(compact=False)), kind=None, warning=text)

    def usual_missing(self, default: MissingMethod) -> MissingMethod:  # noqa: ARG002  the default is meant for numbers
        """Nothing is put in: the features of a missing time are neutral."""
        return MissingMethod.MOST_FREQUENT

    def missing_problem(self, special: MissingColumn) -> str | None:
        """Nothing can be put in."""
        if special.method is not MissingMethod.DROP_ROW:
            return "a Datetime column takes DropRow only; without it a missing time gives neutral features"
        return None

    def fit(self, values: pl.Series, wanted: Wanted, target: KnownTarget | None = None) -> Fitted:  # noqa: ARG002
        """Counts what is no timestamp."""
        present, column = Present.among(values), wanted.column
        unreadable = sum(datetime.parse(text) is None for text in present.values.unique().to_list())
        note = f"{column.name}: {unreadable} distinct texts are not ISO 8601 timestamps and count as missing"
        reading = column.reading if isinstance(column.reading, TimeReading) else None
        fitted = DatetimeColumn(name=column.name, required=present.missing == 0, reading=reading)
        return Fitted(fitted, (*present.notes(column.name), *((note,) if unreadable else ())))


def timestamps_of(column: OneColumn) -> ReadColumn:
    """What a split by time goes by: timestamps, or numbers, which are seconds."""
    if column.texts is None and column.dtype.is_numeric():
        return Numerical().read(column)
    is_time = column.texts is None or column.times(compact=True) is not None
    return (None if is_time else numbers_of(column, wanted=True)) or Datetime().read(column)


def _written(texts: TextColumn, found: Times | None) -> ReadColumn:
    if found is None:
        raise _not_times(texts.name, texts, time_rules.look_for_times(texts, compact=True))
    reading, notes = time_rules.fitted(texts, found)
    return ReadColumn(texts.name, ColumnType.DATETIME, reading, lambda: time_rules.iso_texts(texts, found), notes)


def _not_times(name: str, column: TextColumn | None, found: Times | None) -> InvalidRequest:
    share = f"{found.foreign} of its {found.present}" if found else f"most of its {column.present}" if column else "its"
    return InvalidRequest(
        Reason.DATA_INVALID,
        f"column {name!r} is used as a timestamp, but {share} values are not ISO 8601 (as in 2026-01-31T12:00:00Z) nor dates in one other form;"
        " correct the data, or take it out of spec.data.prepare.features.timestamps",
    )
