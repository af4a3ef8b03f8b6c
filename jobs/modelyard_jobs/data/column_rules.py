"""Fits to every column the rules by which its cells are read, and reads it by them: once here, with all rows, and ever after by whoever has the model."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import polars as pl
from modelyard_api.conditions import Reason
from modelyard_api.data import ColumnRole, ColumnType, Data
from modelyard_api.reading import ReadingNote, ReadingRule
from modelyard_model.cells.numbers import PLAIN
from modelyard_model.cells.reading import NumberReading, TextReading, TimeReading
from modelyard_model.cells.words import MISSING, TRUTH_AS_NUMBER

from modelyard_jobs.data import number_rules, text_rules, time_rules, typed_cells
from modelyard_jobs.data.file_view import FileView
from modelyard_jobs.data.number_rules import FileMarks, NumberMarks, Numbers
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.data.text_column import TextColumn
from modelyard_jobs.data.time_rules import Times
from modelyard_jobs.failures import InvalidOrder

Reading = NumberReading | TextReading | TimeReading
_INDEX_NAME = re.compile(r"Unnamed: [0-9]+|__index_level_[0-9]+__")
_IDENTIFIER_DISTINCT = 50  # a text column with more distinct values than this, most of them seen once, names rows
_IDENTIFIER_SHARE = 0.5
_IDENTIFIER_WORDS = frozenset({"id", "rowid", "index", "key"})


@dataclass(frozen=True)
class ReadColumn:
    """One column, read. ``kind`` None: it is a feature only where it is declared as one; notes or the warning say why."""

    name: str
    kind: ColumnType | None
    reading: Reading | None
    make: Callable[[], pl.Series] = field(repr=False)
    notes: tuple[ReadingNote, ...] = ()
    warning: str = ""

    @cached_property
    def values(self) -> pl.Series:
        """As the model takes them: Float64, or texts; null where missing. Without the column's name, which polars may take for a pattern."""
        return self.make().alias("cells")

    @property
    def holds_times(self) -> bool:
        """Whether it is a column of timestamps, used or not."""
        return isinstance(self.reading, TimeReading)


class ColumnReader:
    """The columns of one table, each by the rules that fit it. Raises InvalidOrder where the manifest declares what can't be."""

    def __init__(self, table: RawTable, data: Data) -> None:
        columns = data.columns or []
        missing = {column.name: column.missing_words for column in columns if column.missing_words is not None}
        self._view = FileView(table, missing, frozenset(column.name for column in columns if column.role is ColumnRole.IGNORED))
        self._missing = missing
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
        self._require_readable(name, f"as {kind}")
        if kind is ColumnType.NUMERICAL:
            return self._as_numbers(name)
        return self._as_times(name) if kind is ColumnType.DATETIME else self._as_categories(name)

    def numbers(self, name: str, *, wanted: bool) -> ReadColumn | None:
        """As numbers, where its cells can be read so. ``wanted``: also where they look like names, truth values or text with a type."""
        column, dtype = self._view.text(name), self._view.dtype(name)
        if column is None:
            return self._typed_numbers(name) if dtype.is_numeric() else None
        found = self._view.numbers(name) if wanted or self._view.table.is_text else None
        if found is None or not found.is_enough:
            return None
        return _numbers(found) if wanted or (found.are_numbers and not _holds_truth(column)) else None

    def labels(self, name: str) -> ReadColumn:
        """As classes. What is no number among numbers is missing, as in a column of numbers."""
        self._require_readable(name, "as classes")
        column = self._view.text(name)
        found = self._view.numbers(name) if column and self._view.table.is_text else None
        if found is None or not found.are_numbers or found.form != PLAIN or _holds_truth(found.column):
            return self._as_categories(name)
        notes = number_rules.fitted(found)[2]
        return ReadColumn(name, ColumnType.CATEGORICAL, TextReading(numbers=True), lambda: number_rules.as_texts(found), notes)

    def moments(self, name: str) -> ReadColumn:
        """What a split by time goes by: timestamps, or numbers, which are seconds."""
        column = self._view.text(name)
        if column is None and self._view.dtype(name).is_numeric():
            return self._as_numbers(name)
        found = self._view.numbers(name) if column and self._dates(column) is None else None
        return _numbers(found) if found and found.is_enough else self._as_times(name)

    def is_index(self, name: str) -> bool:
        """Whether it numbers the rows, as pandas writes it: a column without a name of whole numbers, none of them twice in one file."""
        if name in self._kept or not (name in self._unnamed or _INDEX_NAME.fullmatch(name)):
            return False
        column = self._view.text(name)
        if column is None and not self._view.dtype(name).is_integer():
            return False
        return _number_rows(column.numbers if column else self._view.cells(name).cast(pl.Float64))

    def _require_readable(self, name: str, how: str) -> None:
        dtype = self._view.dtype(name)
        if typed_cells.natural_type(dtype) is None and dtype != pl.Null:
            raise InvalidOrder(Reason.DATA_INVALID, f"column {name!r} holds {typed_cells.described(dtype)}, which can't be read {how}")

    # what the cells show

    def _seen(self, name: str) -> ReadColumn:
        dtype = self._view.dtype(name)
        kind = typed_cells.natural_type(dtype)
        if kind is None and dtype != pl.Null:
            return self._set_aside(name, ReadingRule.UNSUPPORTED, typed_cells.described(dtype))
        if self.is_index(name):
            return self._set_aside(name, ReadingRule.INDEX)
        column = self._view.text(name)
        return self._seen_text(column) if column else self.read_as(name, kind or ColumnType.CATEGORICAL)

    def _set_aside(self, name: str, rule: ReadingRule, detail: str = "") -> ReadColumn:
        cells = self._view.cells(name)  # and not the reader, which would hold itself, and all texts with it
        return ReadColumn(name, None, None, lambda: cells, (ReadingNote(rule=rule, column=name, detail=detail),))

    def _seen_text(self, column: TextColumn) -> ReadColumn:
        name = column.name
        found = self._view.numbers(name) if self._view.table.is_text else None
        if found and found.are_numbers and not _holds_truth(column, also_numbers=False):
            return _numbers(found)
        if moments := self._dates(column, compact=False):
            text = f"column {name!r} looks like a timestamp and is left out; name it in spec.data.prepare.features.timestamps to use it"
            return replace(_times(column, moments), kind=None, warning=text)
        nearly = (
            f"; {found.foreign} of its texts are no numbers, the others are: missingWords can name them"
            if found and found.is_foreign
            else ""
        )
        if warning := _names_rows(column):
            return ReadColumn(name, None, TextReading(), lambda: _or_null(column.texts), (), warning + nearly)
        read = self._as_categories(name)
        if nearly:
            return replace(read, warning=f"column {name!r} is read as text{nearly}")
        note = ReadingNote(rule=ReadingRule.LEADING_ZEROS, column=name, count=found.leading_zeros if found else 0)
        return replace(read, notes=(*read.notes, note)) if note.count else read

    def _dates(self, column: TextColumn, *, compact: bool = True) -> Times | None:
        """None: it holds no timestamps."""
        found = time_rules.look_for_times(column, compact=compact)
        return found if found and found.is_enough else None

    # as a type

    def _as_numbers(self, name: str) -> ReadColumn:
        column = self._view.text(name)
        if column is None:
            return self._typed_numbers(name)
        found = self._view.numbers(name) or number_rules.numbers(column, NumberMarks(PLAIN), FileMarks())
        if found.is_foreign:
            raise _not_numbers(found)
        return _numbers(found)

    def _typed_numbers(self, name: str) -> ReadColumn:
        cells = self._view.cells(name)
        if cells.dtype in (pl.Date, pl.Datetime):
            raise InvalidOrder(Reason.DATA_INVALID, f"column {name!r} is declared Numerical, but its {len(cells)} values are not numbers")
        reading = NumberReading(missing=tuple(self._missing.get(name, ())))
        values = typed_cells.as_numbers(cells)
        known = values.set(values.is_in(reading.missing_numbers), None) if reading.missing else values
        counts = {
            (ReadingRule.INFINITE, ""): values.null_count() - cells.null_count() - _nans(cells),
            (ReadingRule.MISSING_WORD, ", ".join(reading.missing)): known.null_count() - values.null_count(),
            (ReadingRule.ROUNDED, ""): int((values.abs() >= 2**53).sum()) if cells.dtype.is_integer() else 0,
        }
        notes = (ReadingNote(rule=rule, column=name, count=count, detail=detail) for (rule, detail), count in counts.items() if count)
        return ReadColumn(
            name, ColumnType.NUMERICAL, reading, lambda: known, tuple(notes), _looks_like_identifier(name, known, cells.dtype.is_integer())
        )

    def _as_categories(self, name: str) -> ReadColumn:
        column, dtype = self._view.text(name), self._view.dtype(name)
        if column is not None:
            reading, notes = text_rules.fit_texts(column, self._view.words)
            return ReadColumn(name, ColumnType.CATEGORICAL, reading, lambda: text_rules.categories(column, reading), notes)
        missing = tuple(self._missing[name]) if name in self._missing else tuple(sorted(MISSING))
        truth = ("false", "true") if dtype == pl.Boolean else None
        typed = TextReading(missing=text_rules.as_categories(missing), numbers=dtype.is_numeric(), truth=truth)
        cells = self._view.cells(name)
        return ReadColumn(name, ColumnType.CATEGORICAL, typed, lambda: typed_cells.as_categories(cells, typed))

    def _as_times(self, name: str) -> ReadColumn:
        column, dtype = self._view.text(name), self._view.dtype(name)
        if column is not None:
            found = time_rules.look_for_times(column, compact=True)
            if found is None or not found.is_enough:
                raise _not_times(name, column, found)
            return _times(column, found)
        if dtype not in (pl.Date, pl.Datetime):
            raise _not_times(name, None, None)
        reading = TimeReading(missing=tuple(self._missing.get(name, ())))
        cells = self._view.cells(name)
        return ReadColumn(name, ColumnType.DATETIME, reading, lambda: typed_cells.as_iso(cells))


def declared_types(data: Data) -> dict[str, ColumnType]:
    """Types that the manifest gives columns, in words or by what it uses them for."""
    times = [*((data.prepare.features.timestamps if data.prepare.features else None) or [])]
    times += [data.time] if data.time else []
    return {column.name: column.type for column in data.columns or [] if column.type} | dict.fromkeys(times, ColumnType.DATETIME)


def _numbers(found: Numbers) -> ReadColumn:
    reading, values, notes = number_rules.fitted(found)
    return ReadColumn(
        found.column.name,
        ColumnType.NUMERICAL,
        reading,
        lambda: values,
        notes,
        _looks_like_identifier(found.column.name, values, found.is_whole),
    )


def _times(column: TextColumn, found: Times) -> ReadColumn:
    reading, notes = time_rules.fitted(column, found)
    return ReadColumn(column.name, ColumnType.DATETIME, reading, lambda: time_rules.iso_texts(column, found), notes)


def _or_null(texts: pl.Series) -> pl.Series:
    return texts.replace([""], [None])


def _nans(cells: pl.Series) -> int:
    return int(cells.is_nan().sum()) if cells.dtype.is_float() else 0


def _holds_truth(column: TextColumn, *, also_numbers: bool = True) -> bool:
    """Whether it says true and false in some words. ``also_numbers``: true and false themselves count, though they are numbers too."""
    if column.plain or not len(column.odd) or len(column.others) >= _IDENTIFIER_DISTINCT:
        return False
    is_number = all(text.lower() in TRUTH_AS_NUMBER for text in column.others)
    return (also_numbers or not is_number) and text_rules.truth_spelling(column.counts) is not None


def _names_rows(column: TextColumn) -> str:
    distinct, values = column.texts.n_unique() - bool(column.empty), column.present
    if distinct <= _IDENTIFIER_DISTINCT or distinct <= _IDENTIFIER_SHARE * values:
        return ""
    return f"column {column.name!r} names rows ({distinct} distinct texts in {values} rows) and is left out; type: Categorical keeps it"


def _looks_like_identifier(name: str, values: pl.Series, is_whole: bool) -> str:
    words = name.lower().replace("-", "_").split("_")
    if is_whole and {words[-1], words[0]} & _IDENTIFIER_WORDS and values.n_unique() == len(values):
        return f"column {name!r} looks like an identifier; if it is, set its role to Ignored in spec.data.columns"
    return ""


def _number_rows(numbers: pl.Series) -> bool:
    """Whole numbers in every row, each once, or again from the start in every file of a set."""
    if numbers.null_count() or not len(numbers) or not (numbers == numbers.floor()).all():
        return False
    steps = numbers.diff().drop_nulls()
    return numbers.n_unique() == len(numbers) or bool(((steps == 1) | numbers[1:].is_in([0.0, 1.0])).all())


def _not_numbers(found: Numbers) -> InvalidOrder:
    return InvalidOrder(
        Reason.DATA_INVALID,
        f"column {found.column.name!r} is declared Numerical, but {found.foreign} of its {len(found.values)} values are not numbers"
        f" (the first in row {found.first_foreign}); correct the data or its type in spec.data.columns",
    )


def _not_times(name: str, column: TextColumn | None, found: Times | None) -> InvalidOrder:
    share = f"{found.foreign} of its {found.present}" if found else f"most of its {column.present}" if column else "its"
    return InvalidOrder(
        Reason.DATA_INVALID,
        f"column {name!r} is used as a timestamp, but {share} values are not ISO 8601 (as in 2026-01-31T12:00:00Z) nor dates in one other form;"
        " correct the data, or take it out of spec.data.prepare.features.timestamps",
    )
