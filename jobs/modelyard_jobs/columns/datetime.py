"""Fits timestamps: there is nothing to fit but what can't be read."""

import polars as pl
from modelyard_api.data import MissingColumn, MissingMethod
from modelyard_model import timestamps
from modelyard_model.cells.reading import TimeReading
from modelyard_model.columns.datetime import DatetimeColumn

from modelyard_jobs.columns.fitter import ColumnFitter, Fitted, Present, Wanted
from modelyard_jobs.columns.target_means import KnownTarget


class Datetime(ColumnFitter):
    """Timestamps."""

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
        unreadable = sum(timestamps.parse(text) is None for text in present.values.unique().to_list())
        note = f"{column.name}: {unreadable} distinct texts are not ISO 8601 timestamps and count as missing"
        reading = column.reading if isinstance(column.reading, TimeReading) else None
        fitted = DatetimeColumn(name=column.name, required=present.missing == 0, reading=reading)
        return Fitted(fitted, (*present.notes(column.name), *((note,) if unreadable else ())))
