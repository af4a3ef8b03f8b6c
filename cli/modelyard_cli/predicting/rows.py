"""Rows from text files, JSON, JSON lines, Parquet or the command line, cut into requests that a served model takes.

What a file is, is seen from its content. Cells of a text file are sent as they are written: the server reads them by the model's rules.
"""

import csv
import io
import json
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelyard_model.packing import NotUnpacked, unpack
from modelyard_model.text_files import ENCODING_NAMES, Header, NotATable, TextForm, encoding_of, form_of, records, require_width

from modelyard_cli.errors import WrongUsage
from modelyard_cli.predicting import json_cells

if TYPE_CHECKING:
    import polars as pl

BATCH = 500
_FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")  # of MLflow's protocol; sent as they are
_JSON, _CSV = "application/json", "text/csv"
_STANDARD_INPUT = "-"
# Of a text of one column nothing shows the separator, and the tab is the one that cells hold least
_USUAL = TextForm(separator="\t")

Names = Callable[[], Collection[str]]


@dataclass(frozen=True)
class Request:
    """One body for ``/invocations``."""

    body: bytes
    content_type: str
    rows: int  # 0: not counted, the body came as it is


def from_text(text: str, source: str) -> Iterator[Request]:
    """JSON: an object is a row, a list is rows, and a body of MLflow's protocol is sent as it is."""
    try:
        return _from_json(json.loads(text), source)
    except (ValueError, RecursionError) as error:
        raise WrongUsage(f"{source} is not valid JSON: {error}") from error


def from_rows(rows: Sequence[Mapping[str, Any]]) -> Iterator[Request]:
    """Rows that JSON can hold."""
    for batch in _batches(rows):
        yield Request(json.dumps({"dataframe_records": batch}).encode(), _JSON, len(batch))


def from_file(name: str, known: Names = tuple) -> Iterator[Request]:
    """``-`` is standard input. ``known``: the model's columns, by which a text's header is found."""
    source = "standard input" if name == _STANDARD_INPUT else name
    data = _content(name, source)
    if data.startswith(b"PAR1"):
        return _parquet(data, source)
    text = _text(data, source)
    if text.lstrip()[:1] in ("{", "["):
        try:
            return _json_text(text, source)
        except WrongUsage:
            if not _is_named_text(name):
                raise
    return _csv(text, source, known())


def _content(name: str, source: str) -> bytes:
    if name == _STANDARD_INPUT:
        data = sys.stdin.buffer.read()
    elif Path(name).is_file():
        data = Path(name).read_bytes()
    else:
        raise WrongUsage(f"there is no file {name}")
    try:
        return unpack(data)
    except NotUnpacked as error:
        raise WrongUsage(f"{source} {error}") from None


def _text(data: bytes, source: str) -> str:
    encoding = encoding_of(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        name = ENCODING_NAMES.get(encoding, encoding.upper())
        raise WrongUsage(f"{source} begins as text in {name} and isn't: byte {error.start} belongs to no character") from None
    if "\0" in text:
        raise WrongUsage(
            f"{source} is neither text nor Parquet; rows are read from CSV, JSON, JSON lines and Parquet, also packed (gz, zip, zst)"
        )
    if not text.strip():
        raise WrongUsage(f"{source} is empty; it needs a line with the columns' names, then rows")
    return text


def _is_named_text(name: str) -> bool:
    """A header may begin with a bracket too."""
    return bool({".csv", ".tsv", ".txt"} & {ending.lower() for ending in Path(name).suffixes})


def _json_text(text: str, source: str) -> Iterator[Request]:
    """One JSON value, or one a line."""
    first, _, rest = text.strip().partition("\n")
    if rest and _is_object(first):
        return from_rows(_completed(_json_lines(text, source)))
    return from_text(text, source)


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _json_lines(text: str, source: str) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise WrongUsage(f"{source}, line {number}, is not valid JSON: {error}") from None
        if not isinstance(row, dict):
            raise WrongUsage(f"{source}, line {number}: a row is an object that names its columns")
        rows.append(row)
    return rows


def _completed(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """In JSON lines, a key that a row lacks has no value there, as in training."""
    names = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name) for name in names} for row in rows]


def _from_json(value: Any, source: str) -> Iterator[Request]:
    if isinstance(value, dict) and any(form in value for form in _FORMS):
        return iter([Request(json.dumps(value).encode(), _JSON, 0)])
    rows = value if isinstance(value, list) else [value]
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise WrongUsage(f"{source}: a row is an object that names its columns, rows are a list of them")
    return from_rows(rows)


def _csv(text: str, source: str, known: Collection[str]) -> Iterator[Request]:
    """All records are looked at before the first is sent."""
    form = form_of(text, _USUAL, known)
    try:
        _, names = next(records(text, form))
        for line, fields in islice(records(text, form), 1, None):
            require_width(fields, names, line, form)
    except NotATable as error:
        raise WrongUsage(f"{source}, {error}" if error.line else f"{source}: {error}") from None
    rows = (fields for _, fields in islice(records(text, form), 1, None))
    return _csv_requests(Header.of(names).names, rows)


def _csv_requests(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[Request]:
    for batch in _batches(rows):
        yield Request(_csv_text(names, batch).encode(), _CSV, len(batch))


def _csv_text(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Every field in quotes, so that none of them looks like anything else."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([names, *rows])
    return text.getvalue()


def _parquet(data: bytes, source: str) -> Iterator[Request]:
    import polars as pl  # noqa: PLC0415  # a tenth of a second

    try:
        table = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise WrongUsage(f"{source} can't be read as Parquet: {error}") from None
    return _splits(table.iter_slices(BATCH))


def _splits(batches: "Iterable[pl.DataFrame]") -> Iterator[Request]:
    for batch in batches:
        columns = json_cells.of_polars(batch)
        split = {"columns": list(columns), "data": list(zip(*columns.values(), strict=True))}
        yield Request(json.dumps({"dataframe_split": split}).encode(), _JSON, batch.height)


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """At most ``BATCH`` each."""
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        yield batch
