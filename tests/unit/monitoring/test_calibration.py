"""Limits that the training rows give: where they apply, what they allow, and what is said where there are none."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from modelyard_api.catalogue.checks import CHECKS, CheckName
from modelyard_api.model_deployment import Alert, Drift, Window
from modelyard_jobs.monitoring.calibration.in_use import limits_for, windows_per_month
from modelyard_jobs.monitoring.calibration.level import level_for, rate_per_window
from modelyard_jobs.monitoring.calibration.limits import calibrate
from modelyard_jobs.monitoring.checks import check_of
from modelyard_jobs.monitoring.checks.check import Context
from modelyard_jobs.monitoring.state import JudgedWindow
from modelyard_jobs.profile.profile import Profile, make_profile

from tests.unit.monitoring.requests import monitor_request

HOUR = 3_600_000_000  # microseconds
ROWS = 600
ONCE, TWICE = Alert(after=1, of=1), Alert(after=2, of=3)


def rows(count: int, seed: int) -> pl.DataFrame:
    """A season of 5,000 rows in a number, a category, and a text that is too rarely the same; one number never changes."""
    random, at = np.random.default_rng(seed), np.arange(count)
    return pl.DataFrame(
        {
            "input.temp": np.sin(at / 5000 * 2 * np.pi) + random.normal(size=count),
            "input.carrier": random.choice(["AA", "B6", "UA"], count).tolist(),
            "input.note": [f"{'x' * number}{place:05}" for place, number in enumerate(random.integers(1, 30, count).tolist())],
            "input.unit": [1.0] * count,
            "output.prediction": random.choice(["no", "yes"], count).tolist(),
        }
    )


TRAINING = rows(60_000, 1)


def profile(count: int = 60_000, *, ordered: bool = True) -> Profile:
    """One row a minute."""
    inputs = TRAINING.head(count).select(pl.col("^input\\..*$"))
    return make_profile(inputs.get_columns(), np.arange(count) * HOUR // 60 if ordered else None, inputs.width)


def context(window: pl.DataFrame, known: Profile | None, **monitoring: object) -> Context:
    request = monitor_request(window={"rows": ROWS}, **monitoring)
    reference = TRAINING.sample(5_000, seed=0)
    return Context(request, datetime(2026, 3, 1, tzinfo=UTC), (), None, lambda: reference, lambda: known, window=window)


def test_a_season_of_the_training_rows_is_no_drift_and_a_new_level_is() -> None:
    known = profile()
    for place in range(0, 5000, ROWS):
        calm = check_of(CHECKS[CheckName.INPUT_DRIFT]).run(context(rows(5_000, 2).slice(place, ROWS), known, alert={"after": 1, "of": 1}))
        assert calm is not None
        assert calm.vote is False, calm.message
    moved = rows(ROWS, 3).with_columns(pl.col("input.temp") + 2.5)
    result = check_of(CHECKS[CheckName.INPUT_DRIFT]).run(context(moved, known))
    assert result is not None
    assert (result.vote, result.subject) == (True, "temp")
    assert "one is a vote; limits for 1 false alarm in 30 days" in result.message
    temp = next(column for column in result.columns if column.name == "temp")
    assert temp.distance is not None
    assert temp.distance >= temp.threshold
    assert b"<html" in result.page


def test_a_dead_column_is_not_compared_and_the_others_are() -> None:
    broken = rows(ROWS, 3).with_columns(pl.lit(None, pl.Float64).alias("input.temp"), pl.lit("ZZ").alias("input.carrier"))
    result = check_of(CHECKS[CheckName.INPUT_DRIFT]).run(context(broken, profile()))
    assert result is not None
    found = {column.name: column for column in result.columns}
    assert (found["temp"].distance, found["temp"].finding) == (None, "all null")
    assert found["carrier"].drifted
    assert (found["unit"].distance, found["unit"].finding) == (None, "the training rows have no limit for it")
    assert found["note"].distance is not None  # by length


@pytest.mark.parametrize(
    ("known", "says"),
    [(None, "fixed limits"), (profile(ordered=False), "fixed limits"), (profile(3_000), "fixed limits")],
    ids=["none", "in no order", "too few rows"],
)
def test_without_a_calibration_the_limits_are_fixed_and_that_is_said(known: Profile | None, says: str) -> None:
    result = check_of(CHECKS[CheckName.INPUT_DRIFT]).run(context(rows(ROWS, 3), known))
    assert result is not None
    assert says in result.message
    assert {column.threshold for column in result.columns} <= {0.2, 0.1}


def test_thresholds_that_are_given_are_not_calibrated() -> None:
    result = check_of(CHECKS[CheckName.INPUT_DRIFT]).run(context(rows(ROWS, 3), profile(), drift={"share": 0.5}))
    assert result is not None
    assert "(a vote from 50%)" in result.message


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({}, 1.0),
        ({"falseAlarmsPerMonth": 0.2}, 0.2),
        (
            {"numerical": {"method": "PSI", "threshold": 0.2}, "categorical": {"method": "JensenShannon", "threshold": 0.1}, "share": 0.3},
            1.0,
        ),
        ({"share": 0.25}, None),
        ({"numerical": {"method": "Wasserstein"}}, None),
    ],
    ids=["nothing", "a rate", "what 0.1.0 wrote by itself", "a share", "a method"],
)
def test_what_a_manifest_asks_for(given: dict[str, object], asked: float | None) -> None:
    assert Drift.model_validate(given).asked == asked


def test_more_false_alarms_that_are_allowed_mean_lower_limits() -> None:
    calibration = calibrate(profile(), ROWS)
    assert calibration is not None
    strict, loose = calibration.limits(1 / 2000), calibration.limits(1 / 20)
    assert all(loose[name] < strict[name] for name in strict)
    assert set(strict) == {"input.temp", "input.carrier", "input.note"}


def test_a_window_of_fewer_rows_may_be_farther_away() -> None:
    """Ten times farther for a tenth of the rows, where rows don't depend on one another."""
    limits = {}
    for size in (60, 600):
        calibration = calibrate(profile(), size)
        assert calibration is not None
        limits[size] = calibration.limits(1 / 100)["input.carrier"]
    assert limits[60] / limits[600] == pytest.approx(10, rel=0.5)


def test_votes_of_two_windows_allow_each_of_them_more() -> None:
    once, twice, alike = level_for(1 / 730, ONCE, 0.0), level_for(1 / 730, TWICE, 0.0), level_for(1 / 730, TWICE, 0.8)
    assert once == pytest.approx(1 / 730, rel=0.15)
    assert twice == pytest.approx((1 / 730 / 2) ** 0.5, rel=0.15)
    assert once < alike < twice


def test_the_rate_of_a_window_is_bounded() -> None:
    assert [rate_per_window(1, windows) for windows in (1, 100, 1e6)] == [1 / 20, 1 / 100, 1 / 2000]


def test_how_many_windows_a_month_has() -> None:
    day = 24 * HOUR
    lately = [JudgedWindow(number=number, start=number * day // 4, end=(number + 1) * day // 4, rows=ROWS) for number in range(8)]
    assert windows_per_month(Window(seconds=3600), lately, None) == 720
    assert windows_per_month(Window(rows=ROWS), lately, profile()) == pytest.approx(120)
    assert windows_per_month(Window(rows=ROWS), lately[:1], profile()) == pytest.approx(30 * 24 * 60 / ROWS, rel=0.01)
    assert windows_per_month(Window(rows=ROWS), (), None) is None


def test_nothing_is_said_of_windows_whose_number_is_not_known() -> None:
    assert limits_for(profile(), 1.0, ROWS, ONCE, None) is None
