"""Rows come out of a file in a fixed order and once; a large window is thinned out evenly."""

import io
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from modelyard_jobs.monitoring.bucket import Stored
from modelyard_jobs.monitoring.request_rows import RequestLogReader, WindowRows
from modelyard_jobs.monitoring.windows import FileSlice, UnreadableFile

START = datetime(2026, 3, 1, tzinfo=UTC)


class Shelf:
    """A bucket in memory."""

    def __init__(self, **files: pl.DataFrame | bytes) -> None:
        self.files = files

    def read(self, key: str) -> Stored | None:
        file = self.files.get(key)
        if file is None:
            return None
        if isinstance(file, bytes):
            return Stored(file, "")
        buffer = io.BytesIO()
        file.write_parquet(buffer)
        return Stored(buffer.getvalue(), "")


def log(rows: int, *, version: str = "3", first: int = 0) -> pl.DataFrame:
    numbers = list(range(first, first + rows))[::-1]  # the newest first: the reader sorts
    return pl.DataFrame(
        {
            "request_id": [f"r{number}" for number in numbers],
            "row": [0] * rows,
            "time": pl.Series([START + timedelta(seconds=number) for number in numbers], dtype=pl.Datetime("us", "UTC")),
            "model_version": [version] * rows,
            "input.x": [float(number) for number in numbers],
            "secret": ["s"] * rows,
        }
    )


def reader(**files: pl.DataFrame | bytes) -> RequestLogReader:
    return RequestLogReader(Shelf(**files), "", "3")  # type: ignore[arg-type]


def test_two_shares_of_a_file_are_all_of_its_rows_once() -> None:
    log_reader = reader(a=pl.concat([log(10), log(5, version="2")]))
    file = log_reader.describe("a")
    assert file is not None
    assert file.rows == 10
    older, remaining = log_reader.take(FileSlice(file, rows=4))
    assert remaining is not None
    newer, nothing = log_reader.take(FileSlice(remaining, rows=6))
    assert nothing is None
    assert [*older["input.x"], *newer["input.x"]] == list(range(10))
    assert "secret" not in older.columns


def test_a_share_by_time_ends_before_its_moment() -> None:
    log_reader = reader(a=log(10))
    file = log_reader.describe("a")
    assert file is not None
    taken, remaining = log_reader.take(FileSlice(file, before=file.first + 3_000_000))
    assert taken.height == 3
    assert remaining is not None
    assert (remaining.taken, remaining.first) == (3, file.first + 3_000_000)


def test_files_of_others_broken_and_vanished_ones() -> None:
    log_reader = reader(a=log(3, version="2"), b=b"no Parquet", c=log(3).drop("time"), d=log(3))
    assert log_reader.describe("a") is None
    for name in ("b", "c", "vanished"):
        with pytest.raises(UnreadableFile):
            log_reader.describe(name)
    file = log_reader.describe("d")
    assert file is not None
    taken, nothing = reader().take(FileSlice(file, rows=3))
    assert (taken.height, nothing) == (0, None)


def test_a_large_window_is_thinned_evenly_and_counted_in_full() -> None:
    rows = WindowRows(limit=1000)
    for part in range(20):
        frame, _ = reader(a=log(500, first=part * 500)).take(FileSlice(reader(a=log(500, first=part * 500)).describe("a"), rows=500))  # type: ignore[arg-type]
        rows.add(frame)
    held = rows.frame()
    assert rows.rows == 10_000
    assert 300 < held.height <= 1000
    assert held["input.x"].mean() == pytest.approx(5000, rel=0.15)
    assert rows.end is not None
    assert rows.start is not None
    assert rows.end - rows.start == 9_999_000_000


def test_a_column_that_only_some_files_have_is_null_elsewhere() -> None:
    rows = WindowRows()
    for name, frame in (
        ("a", log(3)),
        ("b", log(2, first=3).drop("input.x")),
        ("c", log(2, first=5).with_columns(pl.lit("t").alias("input.x"))),
    ):
        log_reader = reader(**{name: frame})
        file = log_reader.describe(name)
        assert file is not None
        rows.add(log_reader.take(FileSlice(file, rows=file.rows))[0])
    assert rows.frame()["input.x"].null_count() == 2
    assert rows.frame()["input.x"].dtype == pl.String
