"""Cells that have a type of their own, as Parquet and JSON lines bring them: what a request with the same values gives, at once for a whole column."""

import polars as pl
from modelyard_model.cells.reading import TextReading, read_texts

_UNREAD = (
    (pl.List, "lists"),
    (pl.Array, "lists"),
    (pl.Struct, "structs"),
    (pl.Binary, "bytes"),
    (pl.Duration, "durations"),
    (pl.Object, "objects"),
)
TEXT_TYPES = (pl.String, pl.Categorical, pl.Enum, pl.Time)


def is_scalar(dtype: pl.DataType) -> bool:
    """Whether a cell of this type is one number, truth value, text or time."""
    return dtype.is_numeric() or dtype == pl.Boolean or dtype in (pl.Date, pl.Datetime) or dtype in TEXT_TYPES


def as_numbers(cells: pl.Series) -> pl.Series:
    """Float64, null where missing or infinite. Decimals by way of text, which rounds once."""
    numbers = (cells.cast(pl.String) if cells.dtype.is_decimal() else cells).cast(pl.Float64)
    return numbers if numbers.is_finite().all() else numbers.set(~numbers.is_finite().fill_null(value=False), None)


def as_categories(cells: pl.Series, reading: TextReading) -> pl.Series:
    """Every distinct value as the rule reads it."""
    distinct = cells.drop_nulls().unique()
    if not len(distinct):
        return pl.Series(cells.name, [None] * len(cells), dtype=pl.String)
    read = pl.Series(read_texts(cells.name, distinct.to_list(), reading), dtype=pl.String)
    return cells.replace_strict(distinct, read, default=None, return_dtype=pl.String)


def described(dtype: pl.DataType) -> str:
    """A type that no model reads, for people."""
    return next((words for kind, words in _UNREAD if isinstance(dtype, kind)), str(dtype))


def as_iso(cells: pl.Series) -> pl.Series:
    """Dates and timestamps as ``isoformat`` writes them: without a fraction where there is none."""
    if cells.dtype == pl.Date:
        return cells.dt.to_string("%Y-%m-%d")
    zone = "%:z" if isinstance(cells.dtype, pl.Datetime) and cells.dtype.time_zone else ""
    moments = cells.dt.cast_time_unit("us")
    whole, parted = (moments.dt.to_string(f"%Y-%m-%dT%H:%M:%S{fraction}{zone}") for fraction in ("", "%.6f"))
    return whole.zip_with(moments.dt.microsecond().fill_null(0) == 0, parted)


def as_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns that a model may have for inputs, of types that Python's readers know."""
    known = (column for column in frame.get_columns() if is_scalar(column.dtype))
    return pl.DataFrame([column.cast(pl.String) if column.dtype == pl.Time else column for column in known])
