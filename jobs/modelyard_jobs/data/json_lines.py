"""JSON lines: an object per line, typed as JSON says. A column of several kinds becomes text, as the same cells in CSV are."""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import polars as pl
from modelyard_api.conditions import Reason
from modelyard_api.reading_notes import ReadingNote, ReadingRule
from modelyard_model.cells.numbers import number_text
from modelyard_model.text_files import ENCODING_NAMES, encoding_of

from modelyard_jobs.data.format_reader import Beginning, FileTable, FormatReader, Source, bytes_of
from modelyard_jobs.termination import InvalidRequest

_UTF8 = frozenset({"utf-8", "utf-8-sig"})
_LARGEST = 2**63


class JsonLines(FormatReader):
    """An object per line."""

    def recognises(self, head: bytes) -> bool:
        """By the first brace."""
        return head.decode(encoding_of(head), errors="ignore").lstrip("\ufeff \t\r\n").startswith("{")

    def read(self, source: Source, key: str) -> FileTable:
        """Typed as JSON says."""
        return FileTable(*read_json_lines(bytes_of(source), key))

    def glance(self, head: bytes, key: str, source: Callable[[], Source], *, is_whole: bool) -> Beginning:  # noqa: ARG002  the head is enough
        """The keys of the first objects."""
        found = objects_in_head(head, key, is_whole=is_whole)
        return Beginning(tuple(dict.fromkeys(name for each in found for name in each)), len(found), is_whole)


def read_json_lines(data: bytes, key: str) -> "tuple[pl.DataFrame, tuple[ReadingNote, ...]]":
    """``data``: the file, unpacked; ``key`` names it in messages. Raises InvalidRequest."""
    encoding = encoding_of(data)
    notes = () if encoding in _UTF8 else (ReadingNote(rule=ReadingRule.ENCODING, detail=ENCODING_NAMES.get(encoding, encoding.upper())),)
    plain = data if encoding == "utf-8" else _decoded(data, encoding, key).encode()
    try:
        return pl.read_ndjson(io.BytesIO(plain), infer_schema_length=None), notes
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):  # kinds that it doesn't bring together, or a line that is wrong
        return _frame([_object(line, number, key) for number, line in _lines(plain.decode())]), notes


def objects_in_head(head: bytes, key: str, *, is_whole: bool) -> list[dict[str, Any]]:
    """Those of the lines that ``head``, the beginning of a file, holds to their end; raises InvalidRequest naming a line."""
    end = len(head) if is_whole else head.rfind(b"\n") + 1
    text = head[:end].decode(encoding_of(head[:end]), errors="ignore").removeprefix("\ufeff")
    return [_object(line, number, key) for number, line in _lines(text)]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())


def _object(line: str, number: int, key: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        what = f"not valid JSON (column {error.colno})" if isinstance(error, json.JSONDecodeError) else "not valid JSON"
        raise _invalid(f'{key}: line {number}: {what}; every line has to be a whole object, as in {{"a": 1, "b": "x"}}') from None
    if not isinstance(value, dict):
        raise _invalid(f'{key}: line {number}: no object; every line has to be one that names the columns, as in {{"a": 1, "b": "x"}}')
    return value


def _decoded(data: bytes, encoding: str, key: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _invalid(f"{key}: line {line}: bytes that aren't {encoding.upper()}; save it as UTF-8") from error


def _frame(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    names = dict.fromkeys(name for row in rows for name in row)
    return pl.DataFrame([_series(name, [row.get(name) for row in rows]) for name in names])


def _series(name: str, values: list[Any]) -> pl.Series:
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int} and all(-_LARGEST <= value < _LARGEST for value in values if value is not None):
        return pl.Series(name, values, dtype=pl.Int64 if kinds else pl.Null)
    if kinds in ({bool}, {str}):
        return pl.Series(name, values)
    if float in kinds and kinds <= {int, float}:
        return pl.Series(name, [None if value is None else _float(value) for value in values], dtype=pl.Float64)
    if kinds <= {list} or kinds <= {dict}:
        try:
            return pl.Series(name, values)
        except (pl.exceptions.PolarsError, TypeError, OverflowError):
            pass
    return pl.Series(name, [None if value is None else _as_text(value) for value in values], dtype=pl.String)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _as_text(value: Any) -> str:
    """As the cell of a CSV file would be."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return number_text(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _invalid(message: str) -> InvalidRequest:
    return InvalidRequest(Reason.DATA_INVALID, message)
