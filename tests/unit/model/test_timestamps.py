"""Timestamps become positions on circles; what can't be read is at their centre."""

import math

import numpy as np
import pytest
from modelyard_model.columns.datetime import FEATURES, WIDTH, cyclical, feature_names


def positions(text: str | None) -> dict[str, float]:
    """Back from sine and cosine to turns of the circle, in [0, 1)."""
    row = cyclical([text])[0]
    return {name: math.atan2(row[2 * i], row[2 * i + 1]) / (2 * math.pi) % 1 for i, name in enumerate(FEATURES)}


def test_the_four_features_are_where_the_clock_and_calendar_say() -> None:
    turns = positions("2026-02-01T18:30:00")  # a Sunday, day 32 of the year
    assert turns["hour"] == pytest.approx(18.5 / 24)
    assert turns["day_of_week"] == pytest.approx(6 / 7)
    assert turns["day_of_year"] == pytest.approx(31 / 365.25)
    assert turns["month"] == pytest.approx(1 / 12)


@pytest.mark.parametrize(
    "text", ["2026-02-01 18:30:00", "2026-02-01T18:30", " 2026-02-01T18:30:00.000 ", "2026-02-01T18:30:00Z", "2026-02-01T13:30:00-05:00"]
)
def test_the_usual_ways_to_write_one_instant_give_the_same_features(text: str) -> None:
    assert cyclical([text]) == pytest.approx(cyclical(["2026-02-01T18:30:00"]))


def test_midnight_is_close_to_the_minute_before() -> None:
    late, early = cyclical(["2026-02-01T23:59:00"])[0, :2], cyclical(["2026-02-02T00:00:00"])[0, :2]
    assert np.linalg.norm(late - early) < 0.01


@pytest.mark.parametrize("text", [None, "yesterday", "1/2/2013", "2026-13-01", ""])
def test_what_is_missing_or_unreadable_is_in_the_middle(text: str | None) -> None:
    assert cyclical([text, "2026-02-01"])[0].tolist() == [0.0] * WIDTH


def test_every_feature_has_a_name() -> None:
    assert len(feature_names("t")) == WIDTH
    assert feature_names("t")[:2] == ("t hour sin", "t hour cos")


def test_no_rows_have_no_features() -> None:
    assert cyclical([]).shape == (0, WIDTH)
