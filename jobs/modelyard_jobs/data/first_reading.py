"""Cells as releases before there were rules of reading gave them to a model, which a model of those releases still expects."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from modelyard_api.catalogue.column_types import ColumnType
from numpy.typing import NDArray

_TEXTS = (pl.String, pl.Categorical, pl.Enum, pl.Time)


def for_models(table: pl.DataFrame, declared: Mapping[str, ColumnType], usable: NDArray[np.intp], wanted: NDArray[np.intp]) -> pl.DataFrame:
    """Every column that a model may have learned from, whatever it is used for today. ``usable``: positions of the rows in ``table`` that are used,
    ``wanted``: of the rows among these that are wanted.
    """

    def read(column: pl.Series) -> pl.Series | None:
        kind = declared.get(column.name)
        column = column.alias("cells")  # Polars takes some names for patterns
        if kind is None:
            return undeclared(column.gather(usable[wanted]))
        found = _as_declared(column.gather(usable), kind)  # how one cell is read hangs on all
        return None if found is None else found.gather(wanted)

    found = ((column.name, read(column)) for column in table.get_columns())
    return pl.DataFrame([column.alias(name) for name, column in found if column is not None])


def _as_declared(column: pl.Series, kind: ColumnType) -> pl.Series | None:
    if kind is ColumnType.CATEGORICAL and not column.dtype.is_nested():
        return texts(column)
    if kind is ColumnType.NUMERICAL and column.dtype == pl.String:
        numbers = column.cast(pl.Float64, strict=False)
        return _numbers(column) if numbers.null_count() == column.null_count() else texts(column)
    return undeclared(column)


def undeclared(column: pl.Series) -> pl.Series | None:
    """By its type; None for one that no built-in model reads."""
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        return _numbers(column)
    if column.dtype == pl.Date:
        return column.dt.to_string("%Y-%m-%d")
    if column.dtype == pl.Datetime:
        return column.dt.cast_time_unit("us").dt.to_string("iso:strict")
    return texts(column) if column.dtype in _TEXTS else None


def _numbers(column: pl.Series) -> pl.Series:
    numbers = column.cast(pl.Float64, strict=False)
    return pl.select(pl.when(numbers.is_finite()).then(numbers).alias(column.name)).to_series()


def texts(column: pl.Series) -> pl.Series:
    """Categories as text: whole numbers without a decimal point, truth values as true and false, the empty text as missing."""
    if column.dtype.is_float() or column.dtype.is_decimal():
        whole = column.cast(pl.Float64).drop_nulls()
        as_integer = bool((whole == whole.round()).all()) and bool((whole.abs() < 2**53).all())
        column = column.cast(pl.Int64) if as_integer else column
    words = column.cast(pl.String)
    return pl.select(pl.when(words != "").then(words).alias(column.name)).to_series()


def is_present(column: pl.Series) -> pl.Series:
    """Where there is a value: no null, no empty text, no infinite number."""
    if column.dtype.is_float():
        return column.is_not_null() & column.is_finite()
    return texts(column).is_not_null() if column.dtype in (pl.String, pl.Categorical, pl.Enum) else column.is_not_null()
