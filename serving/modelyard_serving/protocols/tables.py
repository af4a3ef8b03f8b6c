"""Rows in the shapes in which they are sent, turned into columns."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from modelyard_model.preparation import InputColumn

from modelyard_serving.errors import InvalidRequest
from modelyard_serving.validation import Validator, missing_column

# what pandas.read_csv, and so MLflow's own server, reads as missing
_MISSING = frozenset(
    [
        "",
        "#N/A",
        "#N/A N/A",
        "#NA",
        "-1.#IND",
        "-1.#QNAN",
        "-NaN",
        "-nan",
        "1.#IND",
        "1.#QNAN",
        "<NA>",
        "N/A",
        "NA",
        "NULL",
        "NaN",
        "None",
        "n/a",
        "nan",
        "null",
    ]
)

GivenColumns = Mapping[str, Sequence[Any]]
_ABSENT = object()


def from_records(rows: Any, validator: Validator, form: str) -> GivenColumns:
    """``[{column: value, …}, …]``."""
    if not isinstance(rows, list):
        raise InvalidRequest("wrong_shape", f"{form} has to be a list of objects, one per row")
    validator.count(len(rows))
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise InvalidRequest("wrong_shape", f"{form}: row {index} has to be an object that names its columns")
    return {name: values for name in validator.names if (values := _column(rows, name, validator)) is not None}


def _column(rows: list[dict[str, Any]], name: str, validator: Validator) -> list[Any] | None:
    """One column; None where no row has it."""
    values = [row.get(name, _ABSENT) for row in rows]
    if _ABSENT not in values:
        return values
    absent = [index for index, value in enumerate(values) if value is _ABSENT]
    if len(absent) == len(rows):
        return None
    if name in validator.required:
        raise missing_column(name, absent[0])
    return [None if value is _ABSENT else value for value in values]


def from_split(table: Any, validator: Validator) -> GivenColumns:
    """``{"columns": […], "data": [[…], …]}``; ``index`` is accepted and not used."""
    if not isinstance(table, dict) or not isinstance(table.get("columns"), list) or not isinstance(table.get("data"), list):
        raise InvalidRequest("wrong_shape", "dataframe_split has to be an object with the lists columns and data")
    columns, rows = table["columns"], table["data"]
    validator.count(len(rows))
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(columns):
            raise InvalidRequest("wrong_length", f"dataframe_split: row {index} has to be a list of {len(columns)} values, one per column")
    at = _positions(columns, validator.names, "dataframe_split")
    return {name: [row[position] for row in rows] for name, position in at.items()}


def from_columns(columns: Any, form: str, names: Iterable[str]) -> GivenColumns:
    """``{column: [value, …], …}``; each value may be in a list of its own, as in a tensor of one column."""
    if not isinstance(columns, dict):
        raise InvalidRequest("wrong_shape", f"{form} has to be an object of columns")
    return {name: _flat(columns[name], name) for name in names if name in columns}


def _flat(values: Any, name: str) -> list[Any]:
    if not isinstance(values, list):
        raise InvalidRequest("wrong_shape", f"column {name!r} has to be a list of values")
    if values and all(isinstance(value, list) and len(value) == 1 for value in values):
        return [value[0] for value in values]
    return values


def from_csv(body: bytes, inputs: Sequence[InputColumn], validator: Validator) -> GivenColumns:
    """UTF-8 with a header line; empty fields, NaN, NA and the like are missing."""
    reader = csv.reader(io.StringIO(_text(body), newline=""), strict=True)
    try:
        header = next(reader, [])
        rows = [row for row in reader if row]
    except csv.Error as error:
        raise InvalidRequest("malformed_csv", f"the body is not valid CSV: {error} (line {reader.line_num})") from None
    validator.count(len(rows))
    for index, row in enumerate(rows):
        if len(row) != len(header):
            raise InvalidRequest("wrong_length", f"row {index} has {len(row)} fields, the header has {len(header)}")
    at = _positions(header, validator.names, "the CSV header")
    return {column.name: _csv_column(column, at[column.name], rows) for column in inputs if column.name in at}


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidRequest("malformed_csv", "the body is not UTF-8") from None


def _csv_column(column: InputColumn, position: int, rows: list[list[str]]) -> list[Any]:
    fields = [None if row[position] in _MISSING else row[position] for row in rows]
    if column.kind == "text":
        return fields
    return [None if field is None else _csv_number(column.name, index, field) for index, field in enumerate(fields)]


def _csv_number(name: str, row: int, field: str) -> float:
    try:
        if "_" not in field:  # Python's own way of writing numbers, nobody else's
            return float(field)
    except ValueError:
        pass
    raise InvalidRequest("wrong_type", f"column {name!r}, row {row}: expected a number, got text")


def _positions(header: list[Any], names: Iterable[str], where: str) -> dict[str, int]:
    for name in names:
        if header.count(name) > 1:
            raise InvalidRequest("wrong_shape", f"column {name!r} is in {where} twice")
    return {name: header.index(name) for name in names if name in header}
