"""Rows from text files, JSON, JSON lines, Parquet or the command line, cut into requests that a served model takes.

What a file is, is seen from its content, as in training. Cells of a text file are sent as they are written: the server reads them by the
model's rules.
"""

import math
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from modelyard_model.text_files import Header

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
import csv
import io
import json
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from modelyard_api.catalogue.formats import Format
from modelyard_jobs.data.contents import HEAD, content_in, content_of
from modelyard_jobs.data.format_reader import reader_of
from modelyard_jobs.data.source import SourceFile
from modelyard_jobs.termination import InvalidRequest
from modelyard_model.text_files import ENCODING_NAMES, NotATable, TextForm, encoding_of, form_of, records, require_width

from modelyard_cli.errors import WrongUsage

if TYPE_CHECKING:
    import polars as pl


GivenRows = dict[str, Sequence[Any]]
BATCH = 500
_FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")  # of MLflow's protocol; sent as they are
_JSON, _CSV = "application/json", "text/csv"
_STANDARD_INPUT = "-"
_LIST = re.compile(r"\[\s*[\[{]")  # a header may begin with a bracket, too
# Of a text of one column nothing shows the separator, and the tab is the one that cells hold least
_USUAL = TextForm(separator="\t")
Names = Callable[[], Collection[str]]


def plain(value: Any) -> Any:
    """Numbers, texts, truth values and None as they are; times as ISO 8601; raises TypeError for what JSON can't hold."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if getattr(value, "shape", None) == ():  # NumPy's
        return plain(value.item())
    raise TypeError(f"a {type(value).__name__} can't be sent as JSON")


def _number(value: Decimal) -> int | float | None:
    """A whole one with every digit."""
    if not value.is_finite():
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def of_polars(frame: "pl.DataFrame") -> GivenRows:
    """By column."""
    import polars as pl  # noqa: PLC0415  # a tenth of a second

    texts = (pl.String, pl.Categorical, pl.Enum, pl.Time)
    others = (pl.Boolean, pl.Date, pl.Datetime, pl.Null)
    kept = [column for column in frame if column.dtype.is_numeric() or column.dtype in (*texts, *others)]
    return {
        column.name: column.cast(pl.String).to_list() if column.dtype in texts else [plain(value) for value in column.to_list()]
        for column in kept
    }


def of_pandas(frame: "pd.DataFrame") -> GivenRows:
    """By column; every form of missing that pandas knows is None."""
    found: GivenRows = {}
    for place, name in enumerate(Header.of([str(name) for name in frame.columns]).names):
        column = frame.iloc[:, place]
        try:
            found[name] = [plain(value) for value in column.astype(object).where(column.notna(), None)]
        except TypeError:  # durations, intervals, lists
            continue
    return found


@dataclass(frozen=True)
class Request:
    """One body for ``/invocations``."""

    body: bytes
    content_type: str
    rows: int  # 0: not counted, the body came as it is


def from_text(text: str, source: str) -> Iterator[Request]:
    """JSON: an object is a row, a list is rows, and a body of MLflow's protocol is sent as it is."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WrongUsage(f"{source} is not valid JSON: {error}") from error
    if isinstance(value, dict) and any(form in value for form in _FORMS):
        return iter([Request(json.dumps(value).encode(), _JSON, 0)])
    rows = value if isinstance(value, list) else [value]
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise WrongUsage(f"{source}: a row is an object that names its columns, rows are a list of them")
    return from_rows(rows)


def from_rows(rows: Sequence[Mapping[str, Any]]) -> Iterator[Request]:
    """Rows that JSON can hold."""
    for batch in _batches(rows):
        yield Request(json.dumps({"dataframe_records": batch}).encode(), _JSON, len(batch))


def from_file(name: str, known: Names = tuple) -> Iterator[Request]:
    """``-`` is standard input. ``known``: the model's columns, by which a text's header is found."""
    source = "standard input" if name == _STANDARD_INPUT else name
    try:
        return _requests(_content(name, source), source, known)
    except InvalidRequest as error:  # in training's words
        raise WrongUsage(str(error)) from None
    except OSError as error:
        raise WrongUsage(f"{source} can't be read: {error.strerror or error}") from None
    except ModuleNotFoundError as error:  # for Parquet that Polars alone can't read
        raise WrongUsage(f"{source} can't be read without the package {error.name}: install it, or save the rows as CSV") from None


def _content(name: str, source: str) -> bytes:
    """Unpacked."""
    if name == _STANDARD_INPUT:
        with NamedTemporaryFile() as file:
            Path(file.name).write_bytes(sys.stdin.buffer.read())
            return content_of(SourceFile.where_it_lies(Path(file.name), source))
    if not Path(name).is_file():
        raise WrongUsage(f"there is no file {name}")
    return content_of(SourceFile.where_it_lies(Path(name), source))


def _requests(data: bytes, source: str, known: Names) -> Iterator[Request]:
    if not data.strip():
        raise _nothing_in(source)
    if _is_one_value(data):
        return from_text(_text(data, source), source)
    content = content_in(data[:HEAD], source)
    if content is Format.CSV:  # a body as it is
        return _csv(_text(data, source), source, known())
    return _splits(reader_of(content).read(data, source).cells, source)


def _nothing_in(source: str) -> WrongUsage:
    return WrongUsage(f"{source} is empty; it needs a line with the columns' names, then rows")


def _is_one_value(data: bytes) -> bool:
    """A list of rows, or an object of several lines. With an object on every line, they are JSON lines."""
    text = data[:HEAD].decode(encoding_of(data[:HEAD]), errors="ignore").lstrip("\ufeff \t\r\n")
    if not text.startswith("{"):
        return bool(_LIST.match(text))
    first, _, rest = text.partition("\n")
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return True
    return not rest.strip()


def _text(data: bytes, source: str) -> str:
    encoding = encoding_of(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        name = ENCODING_NAMES.get(encoding, encoding.upper())
        raise WrongUsage(f"{source} begins as text in {name} and isn't: byte {error.start} belongs to no character") from None


def _csv(text: str, source: str, known: Collection[str]) -> Iterator[Request]:
    """All records are looked at before the first is sent."""
    form = form_of(text, _USUAL, known)
    try:
        _, names = next(records(text, form), (0, []))
        if not names:
            raise _nothing_in(source)
        for line, fields in islice(records(text, form), 1, None):
            require_width(fields, names, line, form)
    except NotATable as error:
        raise WrongUsage(f"{source}: {error}") from None
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


def _splits(table: "pl.DataFrame", source: str) -> Iterator[Request]:
    import polars as pl  # noqa: PLC0415  # a tenth of a second

    for batch in table.iter_slices(BATCH):
        try:
            columns = of_polars(batch)
        except pl.exceptions.PanicException as error:
            raise WrongUsage(f"{source} is damaged: {error}") from None
        split = {"columns": list(columns), "data": list(zip(*columns.values(), strict=True))}
        yield Request(json.dumps({"dataframe_split": split}).encode(), _JSON, batch.height)


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """At most ``BATCH`` each."""
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        yield batch
