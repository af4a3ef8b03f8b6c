"""Rows as the files hold them, before any column rule, and the same rows as earlier releases read them."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from modelyard_api.reading import ReadingNote
from modelyard_model.text_files import Separator

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class RawTable:
    """``cells``: every column of a text file is String ("" for an empty field), those of Parquet and JSON lines have their types."""

    cells: "pl.DataFrame"
    notes: tuple[ReadingNote, ...] = ()  # of the files
    separator: Separator = ","  # of the first text file

    @cached_property
    def as_first_read(self) -> "pl.DataFrame":
        """The same rows and columns, typed as releases before did: rows are named by it, and models without rules are asked about it."""
        raise NotImplementedError
