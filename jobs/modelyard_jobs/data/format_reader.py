"""What reading needs of every format, and a look into a file without reading it whole."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl
from modelyard_api.catalogue.formats import FORMATS
from modelyard_api.catalogue.names import implementation
from modelyard_api.reading_notes import ReadingNote
from modelyard_model.cells.known_words import MISSING
from modelyard_model.text_files import Separator

from modelyard_jobs.data import number_rules, time_rules
from modelyard_jobs.data.number_rules import FileMarks, NumberMarks, Numbers
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.data.text_column import CELLS, TextColumn, look_at_texts
from modelyard_jobs.data.text_rules import FileWords
from modelyard_jobs.data.time_rules import Times

TEXT_TYPES = (pl.String, pl.Categorical, pl.Enum, pl.Time)  # of typed files
Source = Path | bytes  # where a file lies that needn't be unpacked, or what is in it


@dataclass(frozen=True)
class FileTable:
    """One file, read: String columns ("" for an empty field) where the format is text, else columns with their types."""

    cells: pl.DataFrame
    notes: tuple[ReadingNote, ...] = ()
    separator: Separator = ","  # of a text file


@dataclass(frozen=True)
class Beginning:
    """What the first bytes of a file show."""

    columns: tuple[str, ...]
    rows: int  # that were seen
    is_whole: bool  # there are no others


class FormatReader(ABC):
    """One format. ``key`` names the file in messages; what can't be read raises InvalidRequest."""

    @abstractmethod
    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins with ``head`` is one of these."""

    @abstractmethod
    def read(self, source: Source, key: str) -> FileTable:
        """All rows. ``source`` is a path only where the format ``lies_open``."""

    @abstractmethod
    def glance(self, head: bytes, key: str, source: Callable[[], Source], *, is_whole: bool) -> Beginning:
        """What ``head`` shows. ``is_whole``: it is all of the file. Only formats that can't do without look at the ``source``."""


def bytes_of(source: Source) -> bytes:
    """All of it in memory."""
    return source.read_bytes() if isinstance(source, Path) else source


def reader_of(name: str) -> FormatReader:
    """Of a format, by its name."""
    found: FormatReader = implementation(FORMATS[name].reader)()
    return found


class FileView:
    """Every column is looked at once. ``missing``: words that mean missing, by column; ``unused``: columns that nobody asks about, as a rule."""

    def __init__(self, table: RawTable, missing: Mapping[str, Sequence[str]], unused: frozenset[str]) -> None:
        self.table = table
        self._missing = missing
        self._unused = unused
        self._numbers: dict[str, Numbers | None] = {}
        self._times: dict[tuple[str, bool], Times | None] = {}

    def dtype(self, name: str) -> pl.DataType:
        """As the file has it."""
        return self.table.cells[name].dtype  # cells.schema is made anew for every look

    def cells(self, name: str) -> pl.Series:
        """As the file has them, under a name that is none of Polars' patterns."""
        return self.table.cells[name].alias(CELLS)

    def text(self, name: str) -> TextColumn | None:
        """None: the column holds no texts."""
        if not isinstance(self.dtype(name), TEXT_TYPES):
            return None
        if name not in self._texts:
            self._texts |= self._looked_at([name])
        return self._texts[name]

    @cached_property
    def _texts(self) -> dict[str, TextColumn]:
        return self._looked_at([name for name in self.table.cells.columns if name not in self._unused])

    def _looked_at(self, names: Sequence[str]) -> dict[str, TextColumn]:
        texts = [name for name in names if isinstance(self.dtype(name), TEXT_TYPES)]
        if not texts:
            return {}
        columns = {name: self.cells(name).cast(pl.String) for name in texts}
        return look_at_texts(columns, {name: self._as_floats(name, cells) for name, cells in columns.items()}, self._missing)

    def _as_floats(self, name: str, cells: pl.Series) -> pl.Series:
        if self.dtype(name) == pl.String:
            return self.table.numbers[self._places[name]]
        return cells.cast(pl.Float64, strict=False).fill_nan(None)

    @cached_property
    def _places(self) -> dict[str, str]:
        """What ``RawTable.numbers`` calls each column."""
        return {name: str(place) for place, name in enumerate(self.table.cells.columns)}

    def numbers(self, name: str) -> Numbers | None:
        """A column of texts as numbers; None where no form fits most of them."""
        if name not in self._numbers:
            column = self.text(name)
            marks = self._marks.get(name) or (number_rules.marks(column) if column else None)
            self._numbers[name] = number_rules.numbers(column, marks, self._file_marks) if column and marks else None
        return self._numbers[name]

    def times(self, name: str, *, compact: bool) -> Times | None:
        """A column of texts as timestamps; None where they are none. ``compact``: also where digits alone may be one (20240131)."""
        if (name, compact) not in self._times:
            column = self.text(name)
            found = time_rules.look_for_times(column, compact=compact) if column else None
            self._times[name, compact] = found if found and found.is_enough else None
        return self._times[name, compact]

    @cached_property
    def _marks(self) -> dict[str, NumberMarks]:
        """Of the columns of a text file that may be numbers; what a typed file has as text is text."""
        if not self.table.is_text:
            return {}
        found = ((name, number_rules.marks(column)) for name, column in self._texts.items())
        return {name: marks for name, marks in found if marks}

    @cached_property
    def _file_marks(self) -> FileMarks:
        marks = self._marks.values()
        return FileMarks(
            decimal_comma=any(each.proves_comma for each in marks),
            decimal_point=any(each.rival for each in marks) and self._shows_point(),
            semicolons=self.table.separator == ";",
        )

    def _shows_point(self) -> bool:
        return any(marks.proves_point or number_rules.shows_point(self._texts[name]) for name, marks in self._marks.items())

    @cached_property
    def words(self) -> FileWords:
        """How a missing value is written."""
        has_empty = any(column.empty for column in self._texts.values()) or any(self.cells(name).null_count() for name in self._others())
        found = [numbers for name in self._marks if (numbers := self.numbers(name)) and numbers.is_enough]
        return FileWords(has_empty, frozenset(word for numbers in found for word in numbers.words if word in MISSING))

    def _others(self) -> list[str]:
        return [name for name in self.table.cells.columns if name not in self._unused and name not in self._texts]
