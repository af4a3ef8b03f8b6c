"""Fits to every column the rules by which its cells are read, and reads it by them: once here, with all rows, and ever after by whoever has the model."""

import re

import polars as pl
from modelyard_api.catalogue.column_types import COLUMN_TYPES, ColumnType
from modelyard_api.data import ColumnRole, Data
from modelyard_api.reading_notes import ReadingNote, ReadingRule

from modelyard_jobs.columns.categorical import classes_of
from modelyard_jobs.columns.column_training import ColumnTraining, training_of
from modelyard_jobs.columns.datetime import timestamps_of
from modelyard_jobs.columns.numerical import numbers_of
from modelyard_jobs.data import parquet_table
from modelyard_jobs.data.format_reader import FileView
from modelyard_jobs.data.one_column import OneColumn, ReadColumn
from modelyard_jobs.data.raw_table import RawTable

_INDEX_NAME = re.compile(r"Unnamed: [0-9]+|__index_level_[0-9]+__")
_CERTAIN = 1.0


class ColumnReader:
    """The columns of one table, each by the rules that fit it. Raises InvalidRequest where the manifest declares what can't be."""

    def __init__(self, table: RawTable, data: Data) -> None:
        columns = data.columns or []
        self._missing = {column.name: column.missing_words for column in columns if column.missing_words is not None}
        self._view = FileView(table, self._missing, frozenset(column.name for column in columns if column.role is ColumnRole.IGNORED))
        self._declared = declared_types(data)
        self._kept = {column.name for column in columns if column.role is ColumnRole.FEATURE}
        self._unnamed = {note.column for note in table.notes if note.rule is ReadingRule.UNNAMED}
        self._known: dict[str, ReadColumn] = {}

    @property
    def names(self) -> list[str]:
        """Of all columns, in their order."""
        return self._view.table.cells.columns

    def read(self, name: str) -> ReadColumn:
        """As the manifest declares it, else as its cells show."""
        if name not in self._known:
            kind = self._declared.get(name)
            self._known[name] = self.read_as(name, kind) if kind else self._seen(name)
        return self._known[name]

    def read_as(self, name: str, kind: ColumnType) -> ReadColumn:
        """As a certain type, whatever it shows."""
        return training_of(kind).read(self._column(name))

    def numbers(self, name: str, *, wanted: bool) -> ReadColumn | None:
        """As a target that is a number, where its cells can be read so. ``wanted``: also where they look like names, truth values or text with a type."""
        return numbers_of(self._column(name), wanted=wanted)

    def labels(self, name: str) -> ReadColumn:
        """As a target that is a class."""
        return classes_of(self._column(name))

    def timestamps(self, name: str) -> ReadColumn:
        """As what a split by time goes by."""
        return timestamps_of(self._column(name))

    def is_index(self, name: str) -> bool:
        """Whether it numbers the rows, as pandas writes it: a column without a name of whole numbers, none of them twice in one file."""
        if name in self._kept or not (name in self._unnamed or _INDEX_NAME.fullmatch(name)):
            return False
        column = self._view.text(name)
        if column is None and not self._view.dtype(name).is_integer():
            return False
        return _number_rows(column.numbers if column else self._view.cells(name).cast(pl.Float64))

    def _column(self, name: str) -> OneColumn:
        return OneColumn(name, self._view, self._missing.get(name))

    def _seen(self, name: str) -> ReadColumn:
        if self.is_index(name):
            return self._left_out(name, ReadingRule.INDEX)
        column = self._column(name)
        found = most_confident(column)
        return (
            found.read_undeclared(column) if found else self._left_out(name, ReadingRule.UNSUPPORTED, parquet_table.described(column.dtype))
        )

    def _left_out(self, name: str, rule: ReadingRule, detail: str = "") -> ReadColumn:
        cells = self._view.cells(name)  # and not the reader, which would hold itself, and all texts with it
        return ReadColumn(name, None, None, lambda: cells, (ReadingNote(rule=rule, column=name, detail=detail),))


def most_confident(column: OneColumn) -> ColumnTraining | None:
    """The type that a column without a declared one is of; None: no type knows such cells."""
    best, highest = None, 0.0
    for each in map(training_of, COLUMN_TYPES):
        confidence = each.confidence(column)
        if confidence > highest:
            best, highest = each, confidence
        if highest >= _CERTAIN:
            break  # nothing can win over it, and looking costs
    return best


def declared_types(data: Data) -> dict[str, ColumnType]:
    """Types that the manifest gives columns, in words or by what it uses them for."""
    times = [*((data.prepare.features.timestamps if data.prepare.features else None) or [])]
    times += [data.time] if data.time else []
    return {column.name: column.type for column in data.columns or [] if column.type} | dict.fromkeys(times, ColumnType.DATETIME)


def _number_rows(numbers: pl.Series) -> bool:
    """Whole numbers in every row, each once, or again from the start in every file of a set."""
    if numbers.null_count() or not len(numbers) or not (numbers == numbers.floor()).all():
        return False
    steps = numbers.diff().drop_nulls()
    return numbers.n_unique() == len(numbers) or bool(((steps == 1) | numbers[1:].is_in([0.0, 1.0])).all())
