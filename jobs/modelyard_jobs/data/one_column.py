"""One column of a table: as it lies there, for the column types to look at, and as one of them has read it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl
from modelyard_api.catalogue.column_types import ColumnType
from modelyard_api.conditions import Reason
from modelyard_api.reading_notes import ReadingNote
from modelyard_model.cells.reading import CellReading, TimeReading

from modelyard_jobs.data import parquet_table
from modelyard_jobs.data.format_reader import FileView
from modelyard_jobs.data.number_rules import Numbers
from modelyard_jobs.data.text_column import TextColumn
from modelyard_jobs.data.text_rules import FileWords
from modelyard_jobs.data.time_rules import Times
from modelyard_jobs.termination import InvalidRequest


@dataclass(frozen=True)
class ReadColumn:
    """One column, read. ``kind`` None: it is a feature only where it is declared as one; notes or the warning say why."""

    name: str
    kind: ColumnType | None
    reading: CellReading | None
    make: Callable[[], pl.Series] = field(repr=False)
    notes: tuple[ReadingNote, ...] = ()
    warning: str = ""

    @cached_property
    def values(self) -> pl.Series:
        """As the model takes them, null where missing. Without the column's name, which polars may take for a pattern."""
        return self.make().alias("cells")

    @property
    def holds_times(self) -> bool:
        """Whether it is a column of timestamps, used or not."""
        return isinstance(self.reading, TimeReading)


@dataclass(frozen=True)
class OneColumn:
    """The cells of one column, and what they look like. What it gives may be kept; the object itself holds the whole table."""

    name: str
    view: FileView = field(repr=False)
    missing: Sequence[str] | None = None  # words that mean missing, where the manifest names them

    @property
    def dtype(self) -> pl.DataType:
        """As the file has it."""
        return self.view.dtype(self.name)

    @property
    def cells(self) -> pl.Series:
        """As the file has them."""
        return self.view.cells(self.name)

    @property
    def texts(self) -> TextColumn | None:
        """None: the cells are no texts."""
        return self.view.text(self.name)

    @property
    def numbers(self) -> Numbers | None:
        """Texts as numbers; None where no form fits most of them."""
        return self.view.numbers(self.name)

    @property
    def is_written(self) -> bool:
        """Whether the file is text, so that its numbers are texts too."""
        return self.view.table.is_text

    @property
    def words(self) -> FileWords:
        """How the file writes a missing value."""
        return self.view.words

    def times(self, *, compact: bool) -> Times | None:
        """Texts as timestamps; None: they are none. ``compact``: also where digits alone may be one (20240131)."""
        return self.view.times(self.name, compact=compact)

    def require_scalars(self, how: str) -> None:
        """Raises InvalidRequest where the cells are lists, structs and the like, which can't be read ``how`` ("as Numerical")."""
        if not parquet_table.is_scalar(self.dtype) and self.dtype != pl.Null:
            raise InvalidRequest(
                Reason.DATA_INVALID, f"column {self.name!r} holds {parquet_table.described(self.dtype)}, which can't be read {how}"
            )
