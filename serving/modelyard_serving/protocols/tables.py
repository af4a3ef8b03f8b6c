"""Rows in the shapes in which they are sent, turned into columns."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from modelyard_model.cells.input_column import InputColumn
from modelyard_model.cells.known_words import TRUTH_AS_NUMBER
from modelyard_model.signature import DType
from modelyard_model.text_files import ENCODING_NAMES, Header, NotATable, TextForm, encoding_of, form_of, records, require_width

from modelyard_serving.failures import InvalidRequest
from modelyard_serving.protocols.bodies import unpacked
from modelyard_serving.served_model import ServedModel
from modelyard_serving.validation import Validator, missing_column

# what pandas.read_csv, and so MLflow's own server, reads as missing, and what models stored without rules do
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

# Of a request in CSV, and their codecs; names that mean the same included
CHARSETS = {
    "utf-8": "utf-8",
    "utf-16": "utf-16",
    "iso-8859-1": "latin-1",
    "latin-1": "latin-1",
    "windows-1252": "latin-1",
}
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


def from_csv(body: bytes, charset: str, model: ServedModel, validator: Validator) -> GivenColumns:
    """Encoding, separator and lines before the header are seen from the text, as in training; ``charset``: a codec, or empty.

    Cells stay as they are written: a model with rules of reading knows what they mean.
    """
    text = _text(unpacked(body), charset)
    try:
        form = form_of(text, TextForm(separator=model.separator), validator.names)
        (_, names), *rows = list(records(text, form)) or [(0, [])]
    except NotATable as error:
        raise InvalidRequest("malformed_csv", f"the body is not valid CSV: {error}") from None
    validator.count(len(rows))
    for index, (line, fields) in enumerate(rows):
        try:
            require_width(fields, names, line, form)
        except NotATable as error:
            raise InvalidRequest("wrong_length", f"row {index}, {error}") from None
    at = _positions(Header.of(names).names, validator.names, "the CSV header")
    return {each.name: _csv_cells(each, [fields[at[each.name]] for _, fields in rows]) for each in model.inputs if each.name in at}


def _text(body: bytes, charset: str) -> str:
    seen = encoding_of(body)
    has_mark = seen in {"utf-8-sig", "utf-16", "utf-32"}  # which says more than a charset
    for codec in (seen,) if has_mark or not charset else _readings(charset, seen):
        with contextlib.suppress(UnicodeDecodeError):
            return body.decode(codec)
    name = ENCODING_NAMES.get(charset or seen, (charset or seen).upper())
    raise InvalidRequest("malformed_csv", f"the body is not text in {name}; name its charset in the content type")


def _readings(charset: str, seen: str) -> tuple[str, ...]:
    """Codecs to try. What is called Latin-1 is nearly always Windows-1252, and training reads it so."""
    if charset == "utf-16":
        return (seen if seen.startswith(charset) else "utf-16-le",)
    return ("cp1252", "latin-1") if charset == "latin-1" else (charset,)


def _csv_cells(column: InputColumn, cells: list[str]) -> list[Any]:
    """What a model without rules takes: the words that pandas reads as missing are, and numbers are plain."""
    if column.reading is not None:
        return cells
    fields = [None if cell in _MISSING else cell for cell in cells]
    if column.dtype is not DType.FP64:
        return fields
    return [None if field is None else _csv_number(column.name, index, field) for index, field in enumerate(fields)]


def _csv_number(name: str, row: int, field: str) -> float:
    try:
        if "_" not in field:  # Python's own way of writing numbers, nobody else's
            return float(field)
    except ValueError:
        if (word := field.strip().lower()) in TRUTH_AS_NUMBER:
            return TRUTH_AS_NUMBER[word]
    raise InvalidRequest("wrong_type", f"column {name!r}, row {row}: expected a number, got text")


def _positions(header: Sequence[Any], names: Iterable[str], where: str) -> dict[str, int]:
    for name in names:
        if header.count(name) > 1:
            raise InvalidRequest("wrong_shape", f"column {name!r} is in {where} twice")
    return {name: header.index(name) for name in names if name in header}
