"""Checks rows against the model's inputs. What doesn't depend on the request is decided once, when the model is loaded.

Rules: columns that the model doesn't know are ignored. A required column has to be in the request; a single value may be missing
(``null``, or NaN for a number), as in training. Numbers are finite JSON numbers or truth values; text is never read as a number, nor a number as
text. Messages name the column and the row (counted from 0) and never hold a value.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelyard_model.preparation import InputColumn

from modelyard_serving.errors import InvalidRequest
from modelyard_serving.predictor import Columns

_NUMBER_TYPES = frozenset({float, int, bool, type(None)})
_TEXT_TYPES = frozenset({str, type(None)})
_KINDS: dict[type, str] = {
    bool: "a truth value",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
    type(None): "null",
}

_Check = Callable[[Sequence[Any]], list[Any]]


class Validator:
    """The checks of one model."""

    def __init__(self, inputs: Sequence[InputColumn], max_rows: int) -> None:
        self.names = tuple(column.name for column in inputs)
        self.required = frozenset(column.name for column in inputs if column.required)
        self._max_rows = max_rows
        self._checks: tuple[tuple[InputColumn, _Check], ...] = tuple((column, _check_of(column)) for column in inputs)

    def count(self, rows: int) -> None:
        """Raises InvalidRequest for no rows and for too many; called before rows are turned into columns."""
        if rows == 0:
            raise InvalidRequest("no_rows", "the request has no rows")
        if rows > self._max_rows:
            raise InvalidRequest(
                "too_many_rows", f"the request has {rows} rows, at most {self._max_rows} are answered at once; send several", 413
            )

    def columns(self, given: Mapping[str, Sequence[Any]]) -> Columns:
        """The model's columns with checked values, all equally long; raises InvalidRequest."""
        rows = self._rows(given)
        self.count(rows)
        checked: Columns = {}
        for column, check in self._checks:
            values = given.get(column.name)
            if values is not None:
                checked[column.name] = check(values)
            elif column.required:
                raise missing_column(column.name)
            else:
                checked[column.name] = [None] * rows
        return checked

    def _rows(self, given: Mapping[str, Sequence[Any]]) -> int:
        lengths = {name: len(given[name]) for name in self.names if name in given}
        if not lengths:
            known = ", ".join(self.names[:10]) + (", …" if len(self.names) > 10 else "")
            raise InvalidRequest("missing_column", f"none of the model's columns is in the request; it reads {known}")
        first, rows = next(iter(lengths.items()))
        for name, length in lengths.items():
            if length != rows:
                raise InvalidRequest("wrong_length", f"column {name!r} has {length} values, column {first!r} has {rows}")
        return rows


def missing_column(name: str, row: int | None = None) -> InvalidRequest:
    """A required column is not there, at all or in one row."""
    if row is None:
        return InvalidRequest("missing_column", f"column {name!r} is required and is not in the request")
    return InvalidRequest("missing_column", f"column {name!r} is required and is not in row {row}; send null where a value is missing")


def _check_of(column: InputColumn) -> _Check:
    name = column.name
    return (lambda values: _numbers(name, values)) if column.kind == "number" else (lambda values: _texts(name, values))


def _numbers(name: str, values: Sequence[Any]) -> list[Any]:
    types = set(map(type, values))
    if types == {float} and math.isfinite(sum(values)):  # an infinite or NaN value makes the sum so
        return list(values)
    if not types <= _NUMBER_TYPES:
        raise _wrong_type(name, values, _NUMBER_TYPES, "a number")
    return [_number(name, row, value) for row, value in enumerate(values)]


def _number(name: str, row: int, value: float | None) -> float | None:
    try:
        number = math.nan if value is None else float(value)
    except OverflowError:
        raise InvalidRequest("not_finite", f"column {name!r}, row {row}: the number is too large") from None
    if math.isinf(number):
        raise InvalidRequest(
            "not_finite", f"column {name!r}, row {row}: infinite numbers can't be used; send null where a value is missing"
        )
    return None if math.isnan(number) else number


def _texts(name: str, values: Sequence[Any]) -> list[Any]:
    if not set(map(type, values)) <= _TEXT_TYPES:
        raise _wrong_type(name, values, _TEXT_TYPES, "text")
    for row, value in enumerate(values):
        if value is not None and not value.isascii():
            _check_unicode(name, row, value)
    return list(values)


def _check_unicode(name: str, row: int, value: str) -> None:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:  # JSON can say half a surrogate pair; Parquet can't
        raise InvalidRequest("wrong_type", f"column {name!r}, row {row}: the text is not valid Unicode") from None


def _wrong_type(name: str, values: Sequence[Any], allowed: frozenset[object], expected: str) -> InvalidRequest:
    row, value = next((row, value) for row, value in enumerate(values) if type(value) not in allowed)
    return InvalidRequest("wrong_type", f"column {name!r}, row {row}: expected {expected}, got {_KINDS.get(type(value), 'something else')}")
