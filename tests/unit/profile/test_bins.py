"""Bins are fitted once, and every value of whatever column finds one."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from modelyard_jobs.profile.bins import Kind, fit_bins

NUMBERS = pl.Series([float(number) for number in range(1000)])


def test_numbers_are_counted_by_tenths() -> None:
    bins = fit_bins(NUMBERS)
    assert (bins.kind, bins.width) == (Kind.NUMBER, 13)
    assert bins.counts(NUMBERS).tolist() == [0, *[100] * 10, 0, 0]


@pytest.mark.parametrize(
    ("values", "bin_"),
    [([-1e9], 0), ([1e9], 11), ([None], 12), ([float("nan")], 12), ([float("inf")], 12), ([float("-inf")], 12), ([99.0], 1), ([99.5], 2)],
    ids=["below", "above", "null", "not a number", "infinite", "minus infinite", "on an edge", "over an edge"],
)
def test_every_number_has_a_bin(values: list[Any], bin_: int) -> None:
    assert fit_bins(NUMBERS).codes(pl.Series(values, dtype=pl.Float64)).tolist() == [bin_]


def test_few_distinct_numbers_have_a_bin_each() -> None:
    bins = fit_bins(pl.Series([0, 0, 0, 0, 1, 7]))
    assert bins.codes(pl.Series([-1, 0, 1, 7, 8, None])).tolist() == [0, 1, 2, 3, 4, 5]


def test_many_equal_numbers_share_a_bin_that_nothing_else_is_in() -> None:
    bins = fit_bins(pl.Series([0.0] * 900 + [float(number) for number in range(1, 101)]))
    counts = bins.counts(pl.Series([0.0] * 10 + [50.0]))
    assert counts[1] == 10
    assert counts.sum() == 11


def test_categories_are_the_frequent_ones_and_all_others() -> None:
    seen = pl.Series(["a"] * 500 + ["b"] * 300 + [f"rare {number}" for number in range(40)] * 5)
    bins = fit_bins(seen)
    assert bins.kind is Kind.CATEGORY
    assert len(bins.categories) == 30
    counts = bins.counts(pl.Series(["a", "never seen", None, "b"]))
    assert (counts[bins.categories.index("a")], counts[-2], counts[-1]) == (1, 1, 1)


def test_truth_values_are_categories() -> None:
    bins = fit_bins(pl.Series([True, False] * 50))
    assert bins.codes(pl.Series([True, False, None])).tolist() == [1, 0, 3]


def test_texts_that_are_too_many_are_counted_by_length() -> None:
    bins = fit_bins(pl.Series([f"{'x' * (number % 50)}{number}" for number in range(500)]))
    assert bins.kind is Kind.TEXT
    assert bins.counts(pl.Series(["", "x" * 1000, None]))[[0, -2, -1]].tolist() == [1, 1, 1]


def test_timestamps_move_on_by_themselves() -> None:
    bins = fit_bins(pl.Series([f"2026-01-{day:02} 12:00" for day in range(1, 29)] * 20))
    assert bins.kind is Kind.TIME
    assert bins.codes(pl.Series(["2031-01-01 00:00", None])).tolist() == [0, 1]


@pytest.mark.parametrize("kind", [NUMBERS, pl.Series(["a", "b"] * 300)], ids=["numbers", "categories"])
@pytest.mark.parametrize("other", [pl.Series([[1], [2]]), pl.Series([None, None]), pl.Series(["z", "1"]), pl.Series([1, 2])])
def test_a_column_of_another_type_never_breaks_anything(kind: pl.Series, other: pl.Series) -> None:
    assert int(fit_bins(kind).counts(other).sum()) == 2


@pytest.mark.parametrize(
    "empty", [pl.Series([None] * 9, dtype=pl.Float64), pl.Series([None] * 9, dtype=pl.String), pl.Series([], dtype=pl.Int64)]
)
def test_a_column_without_values_has_bins_too(empty: pl.Series) -> None:
    assert int(fit_bins(empty).counts(pl.Series([1.0, None])).sum()) == 2
    assert np.all(fit_bins(empty).counts(empty) >= 0)
