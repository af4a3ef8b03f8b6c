"""A profile is read as it was written, is in the order of time, and stays small."""

import numpy as np
import polars as pl
import pytest
from modelyard_jobs.profile.profile import Profile, ProfileUnreadable, from_parquet, make_profile, to_parquet

ROWS = 5_000
DAY = 86_400_000_000  # microseconds
TIMES = np.arange(ROWS) * DAY // 100


def columns(count: int = 1) -> list[pl.Series]:
    random = np.random.default_rng(0)
    numbers = [pl.Series(f"input.n{place}", random.normal(size=ROWS)) for place in range(count)]
    texts = pl.Series("input.carrier", random.choice(["AA", "B6", "UA"], ROWS).tolist())
    return [*numbers, texts.set(pl.Series(np.arange(ROWS) % 10 == 0), None)]


def profile(times: np.ndarray | None = TIMES, count: int = 1) -> Profile:
    made = columns(count)
    return make_profile(made, times, len(made))


def test_it_is_read_as_it_was_written() -> None:
    made = profile()
    read = from_parquet(to_parquet(made))
    assert (read.rows.tolist(), read.times.tolist() if read.times is not None else None) == (
        made.rows.tolist(),
        made.times.tolist() if made.times is not None else None,
    )
    assert read.columns.keys() == made.columns.keys()
    for name, column in made.columns.items():
        assert read.columns[name].bins == column.bins
        for field in ("counts", "distinct", "low", "high"):
            assert np.array_equal(getattr(read.columns[name], field), getattr(column, field), equal_nan=True)


def test_slices_follow_one_another_and_hold_every_row() -> None:
    made = profile()
    assert made.times is not None
    assert made.rows.sum() == ROWS
    assert made.rows.max() - made.rows.min() <= 1
    assert np.all(made.times[1:, 0] >= made.times[:-1, 1])
    assert made.rows_per_day == pytest.approx(100, rel=0.01)
    assert all(column.counts.sum() == ROWS for column in made.columns.values())
    assert made.columns["input.carrier"].total[-1] == ROWS // 10  # nulls


def test_distinct_values_and_range_are_those_of_the_slice() -> None:
    made = make_profile([pl.Series("input.x", [1.0, 2.0, 2.0, None, 7.0, 9.0])], np.arange(6), 10_000)
    column = make_profile([pl.Series("input.x", [1.0, 2.0, 2.0, None])], None, 1).columns["input.x"]
    assert (column.distinct.tolist(), column.low.tolist(), column.high.tolist()) == ([2], [1.0], [2.0])
    assert made.columns["input.x"].low[-1] == 9.0


def test_without_times_it_is_one_slice() -> None:
    made = profile(times=None)
    assert (made.rows.tolist(), made.times, made.rows_per_day) == ([ROWS], None, None)
    assert from_parquet(to_parquet(made)).times is None


@pytest.mark.parametrize("count", [1, 60, 400])
def test_it_stays_below_two_megabytes(count: int) -> None:
    assert len(to_parquet(profile(count=count))) < 2_000_000


@pytest.mark.parametrize(
    "body", [b"", b"PAR1 no parquet", to_parquet(profile()).replace(b'"format":1', b'"format":9')], ids=["empty", "broken", "newer"]
)
def test_what_can_not_be_read_is_said(body: bytes) -> None:
    with pytest.raises(ProfileUnreadable):
        from_parquet(body)
