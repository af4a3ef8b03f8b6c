"""The profile of a model's training rows: slices in the order of time, and for each slice and column the counts in its bins.

It says how far the data wander by themselves, which a sample can't: a monitor's limits are calibrated on contiguous blocks of slices. One
Parquet file beside the reference sample; the description of the bins is JSON in the file's metadata.
"""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from modelyard_api.base import ApiModel
from numpy.typing import NDArray

from modelyard_jobs.profile.bins import Bins, fit_bins

MOST_SLICES = 1_000
_LEAST_SLICES = 100
_MOST_CELLS = 60_000  # slices by columns: keeps the file below 2 MB
_METADATA = "modelyard-profile"
_FORMAT = 1

Counts = NDArray[np.int64]


class ProfileUnreadable(Exception):
    """Not a profile that this release can read."""


@dataclass(frozen=True)
class ColumnProfile:
    """One column."""

    bins: Bins
    counts: Counts  # (slices, bins)
    distinct: Counts  # (slices,): distinct values, without nulls
    low: NDArray[np.float64]  # (slices,): smallest finite number, or length of a text; not a number where there is none
    high: NDArray[np.float64]

    @cached_property
    def total(self) -> Counts:
        """(bins,): over all slices."""
        total: Counts = self.counts.sum(axis=0)
        return total


@dataclass(frozen=True)
class Profile:
    """Columns by their name in the request log. Without times the slices are in no order, and say nothing about how the data wander."""

    rows: Counts  # (slices,)
    times: NDArray[np.int64] | None  # (slices, 2): microseconds of the first and the last row of each
    columns: Mapping[str, ColumnProfile]

    @property
    def rows_per_day(self) -> float | None:
        """As many rows as the training data have a day; None where that is not known."""
        if self.times is None:
            return None
        days = (int(self.times[-1, 1]) - int(self.times[0, 0])) / 86_400_000_000
        return float(self.rows.sum() / days) if days > 0 else None


class _Header(ApiModel):
    """Metadata of the file. A later release counts ``format`` up where older ones can't read it any more."""

    format: int = _FORMAT
    rows: tuple[int, ...]
    times: tuple[tuple[int, int], ...] | None = None
    bins: dict[str, Bins]


def make_profile(columns: Iterable[pl.Series], times: NDArray[np.int64] | None, most_columns: int) -> Profile:
    """Of rows that all ``columns`` have in the order of ``times`` (microseconds, ascending). ``most_columns`` is how many there may be."""
    made: dict[str, ColumnProfile] = {}
    place: NDArray[np.int64] | None = None
    rows: Counts = np.zeros(0, dtype=np.int64)
    for column in columns:
        if place is None:
            place = _places(len(column), most_columns) if times is not None else np.zeros(len(column), dtype=np.int64)
            rows = np.bincount(place)
        made[column.name] = _profiled(column, place, len(rows))
    spans = None if times is None or place is None else _spans(times, place)
    return Profile(rows, spans, made)


def _places(rows: int, columns: int) -> NDArray[np.int64]:
    """(rows,): the slice of each; slices have equally many rows, give or take one."""
    slices = min(max(min(_MOST_CELLS // max(columns, 1), MOST_SLICES), _LEAST_SLICES), rows)
    return np.arange(rows) * slices // rows


def _spans(times: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.int64]:
    first = np.searchsorted(place, np.arange(place[-1] + 1))
    last = np.append(first[1:], len(place)) - 1
    return np.stack([times[first], times[last]], axis=1)


def _profiled(column: pl.Series, place: NDArray[np.int64], slices: int) -> ColumnProfile:
    bins = fit_bins(column)
    codes = place * bins.width + bins.codes(column)
    counts = np.bincount(codes, minlength=slices * bins.width).reshape(slices, bins.width)
    size = column.cast(pl.Float64) if column.dtype.is_numeric() else column.cast(pl.String).str.len_chars().cast(pl.Float64)
    finite = pl.when(pl.col("size").is_finite()).then(pl.col("size"))
    found = (
        pl.DataFrame({"slice": place, "value": column, "size": size})
        .group_by("slice")
        .agg(pl.col("value").drop_nulls().n_unique().alias("distinct"), finite.min().alias("low"), finite.max().alias("high"))
    )
    ordered = found.sort("slice").fill_null(float("nan"))
    return ColumnProfile(bins, counts, *(ordered[name].to_numpy() for name in ("distinct", "low", "high")))


def to_parquet(profile: Profile) -> bytes:
    """Smaller than 2 MB up to 600 columns."""
    frames = [
        pl.DataFrame(
            {
                "column": pl.Series([name] * len(column.counts), dtype=pl.String),
                "counts": pl.Series(column.counts.tolist(), dtype=pl.List(pl.UInt32)),
                "distinct": pl.Series(column.distinct, dtype=pl.UInt32),
                "low": column.low,
                "high": column.high,
            }
        )
        for name, column in profile.columns.items()
    ]
    times = None if profile.times is None else tuple((int(first), int(last)) for first, last in profile.times)
    header = _Header(rows=tuple(profile.rows.tolist()), times=times, bins={name: column.bins for name, column in profile.columns.items()})
    buffer = io.BytesIO()
    pl.concat(frames).write_parquet(buffer, compression="zstd", metadata={_METADATA: header.model_dump_json(by_alias=True)})
    return buffer.getvalue()


def from_parquet(body: bytes) -> Profile:
    """Raises ProfileUnreadable."""
    try:
        header = _header(pl.read_parquet_metadata(io.BytesIO(body)))
        frame = pl.read_parquet(io.BytesIO(body))
        columns = {str(name): _column(part, header.bins[str(name)]) for (name,), part in frame.group_by("column", maintain_order=True)}
    except (pl.exceptions.PolarsError, OSError, KeyError, ValueError) as error:
        raise ProfileUnreadable(f"{type(error).__name__}: {error}") from error
    return Profile(np.asarray(header.rows), None if header.times is None else np.asarray(header.times), columns)


def _header(metadata: Mapping[str, Any]) -> _Header:
    header = _Header.model_validate_json(metadata[_METADATA], extra="ignore")
    if header.format != _FORMAT:
        raise ValueError(f"format {header.format} is newer than this release")
    return header


def _column(part: pl.DataFrame, bins: Bins) -> ColumnProfile:
    counts = np.asarray(part["counts"].to_list(), dtype=np.int64).reshape(part.height, bins.width)
    distinct = part["distinct"].cast(pl.Int64).to_numpy()
    return ColumnProfile(bins, counts, distinct, part["low"].to_numpy(), part["high"].to_numpy())
