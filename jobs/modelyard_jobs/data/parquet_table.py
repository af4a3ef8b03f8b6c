"""Parquet files, and cells that have a type of their own, as Parquet and JSON lines bring them: read at once for a whole column, and as a request with the same values is read."""

import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from modelyard_api.conditions import Reason
from modelyard_api.reading_notes import ReadingNote, ReadingRule
from modelyard_model.cells.reading import TextReading, read_texts
from modelyard_model.text_files import Header
from pyarrow import ArrowException

from modelyard_jobs.data.format_reader import TEXT_TYPES, Beginning, FileTable, FormatReader, Source
from modelyard_jobs.termination import InvalidRequest

_MAGIC = b"PAR1"
_UNREAD = (
    (pl.List, "lists"),
    (pl.Array, "lists"),
    (pl.Struct, "structs"),
    (pl.Binary, "bytes"),
    (pl.Duration, "durations"),
    (pl.Object, "objects"),
)


class Parquet(FormatReader):
    """Columns with types."""

    def recognises(self, head: bytes) -> bool:
        """By the magic number."""
        return head.startswith(_MAGIC)

    def read(self, source: Source, key: str) -> FileTable:
        """With the types that the file has."""
        return FileTable(*read_parquet(source, key))

    def glance(self, head: bytes, key: str, source: Callable[[], Source], *, is_whole: bool) -> Beginning:  # noqa: ARG002  what there is stands at the end
        """From the footer."""
        return Beginning(*columns_of_parquet(source(), key), is_whole=True)


def read_parquet(source: Path | bytes, key: str) -> "tuple[pl.DataFrame, tuple[ReadingNote, ...]]":
    """``source``: a path, or the content of a packed file; ``key`` names it in messages. Raises InvalidRequest."""
    _require_whole(source, key)
    try:
        frame = pl.read_parquet(_opened(source), glob=False)
        header = Header.of(frame.columns)
        frame.columns = list(header.names)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        frame, header = _read_by_arrow(source, key)
    notes = [ReadingNote(rule=ReadingRule.UNNAMED, column=name) for name in header.unnamed]
    return _with_known_types(frame), (*notes, *(ReadingNote(rule=ReadingRule.REPEATED, column=name) for name in header.repeated))


def columns_of_parquet(source: Path | bytes, key: str) -> tuple[tuple[str, ...], int]:
    """Names of the columns and how many rows there are, without reading these; raises InvalidRequest."""
    _require_whole(source, key)
    try:
        with pq.ParquetFile(_opened(source)) as file:
            return Header.of(file.schema_arrow.names).names, file.metadata.num_rows
    except (ArrowException, OSError, ValueError) as error:
        raise _broken(key, error) from error


def _read_by_arrow(source: Path | bytes, key: str) -> "tuple[pl.DataFrame, Header]":
    """Two columns of one name, or numbers of more digits than Polars takes."""
    try:
        with pq.ParquetFile(_opened(source)) as file:
            table = file.read()
        header = Header.of(table.column_names)
        columns = [column.cast(pa.float64()) if pa.types.is_decimal256(column.type) else column for column in table.columns]
        return pl.DataFrame([pl.Series(name, column) for name, column in zip(header.names, columns, strict=True)]), header
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise _broken(key, error) from error


def _with_known_types(frame: pl.DataFrame) -> pl.DataFrame:
    """Types that somebody else made are what they are stored as."""
    return frame.with_columns(frame[name].ext.storage() for name, kind in frame.schema.items() if isinstance(kind, pl.BaseExtension))


def _opened(source: Path | bytes) -> Path | io.BytesIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _require_whole(source: Path | bytes, key: str) -> None:
    if isinstance(source, bytes):
        end = source[-4:]
    else:
        with source.open("rb") as file:
            file.seek(max(source.stat().st_size - 4, 0))
            end = file.read()
    if end != _MAGIC:
        raise InvalidRequest(
            Reason.DATA_INVALID, f"{key} begins as a Parquet file and has no footer: it was cut off on its way; upload it again"
        )


def _broken(key: str, error: Exception) -> InvalidRequest:
    said = str(error).strip().split("\n")[0][:120]
    return InvalidRequest(
        Reason.DATA_INVALID, f"{key} is a damaged Parquet file, which can't be decoded ({said}); write or upload it again"
    )


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
    timestamps = cells.dt.cast_time_unit("us")
    whole, parted = (timestamps.dt.to_string(f"%Y-%m-%dT%H:%M:%S{fraction}{zone}") for fraction in ("", "%.6f"))
    return whole.zip_with(timestamps.dt.microsecond().fill_null(0) == 0, parted)


def as_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns that a model may have for inputs, of types that Python's readers know."""
    known = (column for column in frame.get_columns() if is_scalar(column.dtype))
    return pl.DataFrame([column.cast(pl.String) if column.dtype == pl.Time else column for column in known])
