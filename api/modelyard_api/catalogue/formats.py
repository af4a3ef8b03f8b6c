"""The formats of files with rows. A file is known by what is in it; endings are what a manifest's address has to have."""

from dataclasses import dataclass
from typing import ClassVar

from modelyard_api.catalogue.names import Catalogue, Name

PACKED = ("gz", "zip", "zst")  # endings of files of any format, packed


class Format(Name):
    """How rows lie in a file."""

    CSV: ClassVar["Format"]  # what ``kubectl`` users call one: text with separators, whatever these are


@dataclass(frozen=True)
class FormatSpec:
    """What is known of a format without a file."""

    name: str
    endings: tuple[str, ...]
    description: str  # of such a file, for people
    reader: str  # a ``modelyard_jobs.data.format_reader.FormatReader``: "package.module:attribute"
    is_text: bool = False  # cells are texts, which column types read; else they have types of their own
    columns_vary: bool = False  # a row may lack a column: it is missing there
    lies_open: bool = False  # its reader takes a path, and needn't have the whole file in memory


Format.CSV = Format.register("CSV")
FORMATS: Catalogue[Format, FormatSpec] = Catalogue(  # the last is tried first: almost anything may be text
    Format,
    FormatSpec("CSV", ("csv", "tsv", "txt"), "a text file", "modelyard_jobs.data.text_table:SeparatedText", is_text=True),
    FormatSpec("JSONLines", ("jsonl", "ndjson"), "a file of JSON lines", "modelyard_jobs.data.json_lines:JsonLines", columns_vary=True),
    FormatSpec("Parquet", ("parquet",), "a Parquet file", "modelyard_jobs.data.parquet_table:Parquet", lies_open=True),
)


def endings() -> tuple[str, ...]:
    """Of names of files, in any case."""
    return (*(ending for spec in FORMATS.values() for ending in spec.endings), *PACKED)
