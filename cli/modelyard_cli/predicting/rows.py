"""Rows from CSV, JSON, JSON Lines, Parquet or the command line, cut into requests that a served model takes."""

import csv
import gzip
import io
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from modelyard_cli.errors import WrongUsage

BATCH = 500
_FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")  # of MLflow's protocol; sent as they are
_JSON, _CSV = "application/json", "text/csv"


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
    except ValueError as error:
        raise WrongUsage(f"{source} is not valid JSON: {error}") from error
    if isinstance(value, dict) and any(form in value for form in _FORMS):
        return iter([Request(json.dumps(value).encode(), _JSON, 0)])
    rows = value if isinstance(value, list) else [value]
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise WrongUsage(f"{source}: a row is an object that names its columns, rows are a list of them")
    return _records(rows)


def from_file(name: str) -> Iterator[Request]:
    """By the file's ending; ``-`` is standard input, JSON if it begins with a bracket, else CSV."""
    if name == "-":
        text = sys.stdin.read()
        return from_text(text, "standard input") if text.lstrip()[:1] in ("{", "[") else _csv(io.StringIO(text), "standard input")
    path = Path(name)
    if not path.is_file():
        raise WrongUsage(f"there is no file {name}")
    ending = path.name.lower()
    if ending.endswith(".json"):
        return from_text(_whole(path), name)
    if ending.endswith((".jsonl", ".ndjson")):
        return from_text(f"[{','.join(line for line in _whole(path).splitlines() if line.strip())}]", name)
    if ending.endswith((".csv", ".csv.gz")):
        return _csv_file(path)
    if ending.endswith(".parquet"):
        return _parquet(path)
    raise WrongUsage(f"{name}: rows are read from .csv, .csv.gz, .json, .jsonl and .parquet")


def _whole(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise WrongUsage(f"{path} is not text in UTF-8") from None


def _csv_file(path: Path) -> Iterator[Request]:
    with _opened(path) as file:
        yield from _csv(file, str(path))


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _csv(text: TextIO, source: str) -> Iterator[Request]:
    """Cells stay text: the server reads them by the types of the model's columns."""
    try:
        reader = csv.reader(text)
        header = next(reader, None)
        if not header:
            raise WrongUsage(f"{source} is empty; it needs a line with the columns' names, then rows")
        for rows in _batches(row for row in reader if row):
            yield Request(_csv_text(header, rows).encode(), _CSV, len(rows))
    except (UnicodeDecodeError, gzip.BadGzipFile, csv.Error) as error:
        raise WrongUsage(f"{source} can't be read as CSV in UTF-8: {error}") from None


def _csv_text(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def _parquet(path: Path) -> Iterator[Request]:
    import polars as pl  # noqa: PLC0415

    try:
        table = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise WrongUsage(f"{path} can't be read as Parquet: {error}") from None
    for batch in table.iter_slices(BATCH):
        split = {"columns": batch.columns, "data": [[_plain(value) for value in row] for row in batch.iter_rows()]}
        yield Request(json.dumps({"dataframe_split": split}).encode(), _JSON, batch.height)


def _records(rows: Sequence[Mapping[str, Any]]) -> Iterator[Request]:
    for batch in _batches(rows):
        yield Request(json.dumps({"dataframe_records": batch}).encode(), _JSON, len(batch))


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """At most ``BATCH`` each."""
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def _plain(value: Any) -> Any:
    """What JSON can hold."""
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return None if isinstance(value, float) and math.isnan(value) else value
