"""Which columns the model may read, and as what: numbers as float64, categories and timestamps as text, as requests bring them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from modelyard_api.catalogue.column_types import ColumnType
from modelyard_api.conditions import Reason
from modelyard_api.data import ColumnRole, Data
from modelyard_api.reading_notes import ReadingNote
from modelyard_model.cells.reading import CellReading
from numpy.typing import NDArray

from modelyard_jobs.data.column_rules import ColumnReader
from modelyard_jobs.data.one_column import ReadColumn
from modelyard_jobs.termination import InvalidRequest


@dataclass(frozen=True)
class Feature:
    """A column the model reads."""

    name: str
    type: ColumnType


@dataclass(frozen=True)
class Features:
    """The features in the data's request, their canonical columns and the rules by which these were read, and what the reader should know."""

    columns: tuple[Feature, ...]
    frame: pl.DataFrame  # Float64 for Numerical, String for Categorical and Datetime
    readings: Mapping[str, CellReading]
    notes: tuple[ReadingNote, ...]  # what reading them changed, and why a column is none
    warnings: tuple[str, ...]
    looks_like_time: tuple[str, ...]  # columns that hold timestamps, used or not

    def take(self, rows: NDArray[np.intp]) -> "Features":
        """Some of the rows."""
        return replace(
            self, frame=pl.DataFrame([column.gather(rows) for column in self.frame.get_columns()])
        )  # copies one column at a time


def read_features(reader: ColumnReader, data: Data, excluded: frozenset[str]) -> Features:
    """Types every column but the ``excluded`` (target, its source, the split's column) and the Ignored; raises InvalidRequest."""
    ignored = {column.name for column in data.columns or [] if column.role is ColumnRole.IGNORED}
    left_out = (excluded - set(_timestamps(data))) | ignored
    read = {name: reader.read(name) for name in reader.names if name not in left_out}
    kept = {name: column for name, column in read.items() if column.kind}
    for name, column in kept.items():
        _require_values(name, column.values)
    _require_features(kept, reader.names)
    return Features(
        columns=tuple(Feature(name, column.kind) for name, column in kept.items() if column.kind),
        frame=pl.DataFrame([column.values.alias(name) for name, column in kept.items()]),
        readings={name: column.reading for name, column in kept.items() if column.reading},
        notes=tuple(note for column in read.values() if column.kind or not column.reading for note in column.notes),
        warnings=tuple(column.warning for column in read.values() if column.warning),
        looks_like_time=(
            *(name for name, column in read.items() if column.holds_times),
            *([data.time] if data.time and data.time in left_out else []),
        ),
    )


def _timestamps(data: Data) -> Sequence[str]:
    return (data.prepare.features.timestamps if data.prepare.features else None) or []


def _require_values(name: str, values: pl.Series) -> None:
    if values.null_count() == len(values):
        raise InvalidRequest(
            Reason.DATA_INVALID,
            f"column {name!r} has no value in any row: fill it, or leave it out with spec.data.columns: [{{name: {name}, role: Ignored}}]",
        )


def _require_features(kept: Mapping[str, ReadColumn], columns: Sequence[str]) -> None:
    if not kept:
        raise InvalidRequest(
            Reason.DATA_INVALID,
            f"no column is left as a feature: of {len(columns)} columns all are the target, Ignored, the split's or identifiers",
        )
