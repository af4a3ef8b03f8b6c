"""Into which bins the values of a column are counted. They are fitted to the training rows and never move: live rows are counted into the same.

The last bin of every column counts what is absent: nulls, and numbers that are not finite.
"""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import polars as pl
from modelyard_api.base import ApiModel
from numpy.typing import NDArray

NUMBER_BINS = 10
MOST_CATEGORIES = 30  # the others are counted together
ROWS_PER_CATEGORY = 5  # with fewer, two samples of the same texts are far apart by chance: names, prose
_TIMESTAMP = r"^\s*\d{1,4}[-/.][0-9A-Za-z]{1,9}[-/.]\d{1,4}"  # 2013-01-31T05:00, 1/31/2013, 31-Jan-2013
_TIMESTAMPS_SHARE = 0.95
_LOOKED_AT = 10_000  # texts

Codes = NDArray[np.int64]


class Kind(StrEnum):
    """What is counted of a column."""

    NUMBER = "Number"  # its values
    CATEGORY = "Category"  # its values
    TEXT = "Text"  # how long its values are: there are too many of them
    TIME = "Time"  # only whether there is a value: time moves on by itself


class Bins(ApiModel):
    """A JSON document. A number or a length belongs to bin ``i`` if it is over ``edges[i - 1]`` and at most ``edges[i]``."""

    kind: Kind
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many there are, with that of the absent."""
        named = {Kind.CATEGORY: len(self.categories) + 1, Kind.TIME: 1}
        return named.get(self.kind, len(self.edges) + 1) + 1

    def codes(self, column: pl.Series) -> Codes:
        """(rows,): the bin of each. A column of another type than in training has no value that could be counted: all are absent."""
        absent = self.width - 1
        if self.kind is Kind.TIME:
            return np.where(column.is_null().to_numpy(), absent, 0)
        if self.kind is Kind.CATEGORY:
            return self._category_codes(column)
        numbers = _numbers(column) if self.kind is Kind.NUMBER else _lengths(column)
        found = np.searchsorted(np.asarray(self.edges), numbers, side="left")
        return np.where(np.isfinite(numbers), found, absent)

    def counts(self, column: pl.Series) -> Codes:
        """(bins,)."""
        return np.bincount(self.codes(column), minlength=self.width)

    def _category_codes(self, column: pl.Series) -> Codes:
        others, absent = len(self.categories), self.width - 1
        if column.dtype.is_nested():
            return np.full(len(column), absent)
        known = {category: code for code, category in enumerate(self.categories)}
        texts = column.cast(pl.String)
        codes = texts.replace_strict(known, default=others, return_dtype=pl.Int64).to_numpy()
        return np.where(texts.is_null().to_numpy(), absent, codes)


def fit_bins(column: pl.Series) -> Bins:
    """To the training rows: quantiles of numbers, the most frequent categories, quantiles of the lengths of texts that are too many to compare."""
    if column.dtype.is_numeric():
        return Bins(kind=Kind.NUMBER, edges=_edges(_numbers(column)))
    texts = column.drop_nulls().cast(pl.String)
    if holds_timestamps(texts):
        return Bins(kind=Kind.TIME)
    counts = texts.value_counts(sort=True)
    if counts.height * ROWS_PER_CATEGORY > len(texts):
        return Bins(kind=Kind.TEXT, edges=_edges(_lengths(texts)))
    frequent: Sequence[str] = counts[texts.name].head(MOST_CATEGORIES).to_list()
    return Bins(kind=Kind.CATEGORY, categories=tuple(sorted(frequent)))


def _edges(numbers: NDArray[np.float64]) -> tuple[float, ...]:
    """Between bins of about equally many rows; of few distinct numbers each has a bin of its own. The outermost bins are empty: what is in them lies beyond all training rows."""
    finite = numbers[np.isfinite(numbers)]
    if not len(finite):
        return ()
    distinct = np.unique(finite)
    shares = np.arange(1, NUMBER_BINS + 1) / NUMBER_BINS
    inner = distinct if len(distinct) <= NUMBER_BINS else np.unique(np.quantile(finite, shares, method="inverted_cdf"))
    return (float(np.nextafter(distinct[0], -np.inf)), *(float(each) for each in inner))


def _numbers(column: pl.Series) -> NDArray[np.float64]:
    """Not a number where there is none."""
    if not column.dtype.is_numeric():
        return np.full(len(column), np.nan)
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _lengths(column: pl.Series) -> NDArray[np.float64]:
    """In characters."""
    if column.dtype.is_nested():
        return np.full(len(column), np.nan)
    return column.cast(pl.String).str.len_chars().cast(pl.Float64).fill_null(float("nan")).to_numpy()


def holds_timestamps(texts: pl.Series) -> bool:
    """Whether nearly all of the first texts are; there are no nulls among them."""
    looked_at = texts.head(_LOOKED_AT)
    found = int(looked_at.str.contains(_TIMESTAMP).sum())
    return len(looked_at) > 0 and found >= _TIMESTAMPS_SHARE * len(looked_at)
