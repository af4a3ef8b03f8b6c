"""What reading asks of every format."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard_api.catalogue.formats import FORMATS
from modelyard_api.catalogue.names import implementation
from modelyard_api.reading import ReadingNote
from modelyard_model.text_files import Separator

if TYPE_CHECKING:
    import polars as pl

Source = Path | bytes  # where a file lies that needn't be unpacked, or what is in it


@dataclass(frozen=True)
class FileTable:
    """One file, read: String columns ("" for an empty field) where the format is text, else columns with their types."""

    cells: "pl.DataFrame"
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
