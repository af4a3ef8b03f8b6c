"""Checks rows against the model's inputs. What doesn't depend on the request is decided once, when the model is loaded.

Rules: columns that the model doesn't know are ignored. A required column has to be in the request; a single value may be missing.
What a cell means is decided by ``InputColumn.read``, for every protocol and as in training; what is missing, or infinite, is None here.
Messages name the column and the row (counted from 0) and never hold a value.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from modelyard_model.cells.input_column import InputColumn
from modelyard_model.errors import InvalidInput
from modelyard_model.signature import DType

from modelyard_serving.failures import InvalidRequest
from modelyard_serving.served_model import PlainColumns

_Check = Callable[[InputColumn, Sequence[Any]], list[Any]]


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

    def columns(self, given: Mapping[str, Sequence[Any]]) -> PlainColumns:
        """The model's columns with checked values, all equally long; raises InvalidRequest."""
        rows = self._rows(given)
        self.count(rows)
        checked: PlainColumns = {}
        for column, check in self._checks:
            values = given.get(column.name)
            if values is not None:
                checked[column.name] = _translated(column, values, check)
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
    if column.dtype is DType.FP64:
        return _finite_or_read if column.keeps_numbers else _numbers
    return _texts if column.dtype is DType.STRING else _as_read


def _translated(column: InputColumn, values: Sequence[Any], check: _Check) -> list[Any]:
    try:
        return check(column, values)
    except InvalidInput as error:
        too_large = column.dtype is DType.FP64 and error.row is not None and type(values[error.row]) is int  # another integer is a number
        raise InvalidRequest("not_finite" if too_large else "wrong_type", str(error)) from None


def _finite_or_read(column: InputColumn, values: Sequence[Any]) -> list[Any]:
    if set(map(type, values)) == {float} and math.isfinite(sum(values)):  # an infinite or NaN value makes the sum so
        return list(values)
    return _numbers(column, values)


def _numbers(column: InputColumn, values: Sequence[Any]) -> list[Any]:
    return [None if math.isnan(number) else number for number in np.asarray(column.read(values), dtype=np.float64).tolist()]


def _texts(column: InputColumn, values: Sequence[Any]) -> list[Any]:
    texts: list[Any] = list(column.read(values))
    for row, text in enumerate(texts):
        if text is not None and not text.isascii():
            _check_unicode(column.name, row, text)
    return texts


def _as_read(column: InputColumn, values: Sequence[Any]) -> list[Any]:
    return list(column.read(values))


def _check_unicode(name: str, row: int, value: str) -> None:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:  # JSON can say half a surrogate pair; Parquet can't
        raise InvalidRequest("wrong_type", f"column {name!r}, row {row}: the text is not valid Unicode") from None
