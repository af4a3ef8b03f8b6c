"""Timestamps as text into cyclical features: an hour, a weekday, a day of the year and a month have no end, 23 o'clock is close to 0."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

FEATURES = ("hour", "day_of_week", "day_of_year", "month")
_PERIODS = np.array([24.0, 7.0, 365.25, 12.0])
WIDTH = 2 * len(FEATURES)  # sine and cosine of each


def feature_names(column: str) -> tuple[str, ...]:
    """Names of the columns that ``cyclical`` makes, in order."""
    return tuple(f"{column} {feature} {part}" for feature in FEATURES for part in ("sin", "cos"))


def parse(text: str | None) -> datetime | None:
    """ISO 8601, also with a space for the T; None where it is missing or can't be read.

    With an offset the time is converted to UTC, so that one instant always gives one set of features; without one it is taken as written.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None


def cyclical(texts: Sequence[str | None]) -> NDArray[np.float64]:
    """(rows, 8): sine and cosine of hour, weekday, day of year and month. Missing or unreadable: all zero, the middle of the circle."""
    known: dict[str | None, list[float] | None] = {}  # timestamps repeat: each one is parsed once
    for text in texts:
        if text not in known:
            known[text] = _positions(parse(text))
    rows = [known[text] for text in texts]
    angles = np.array([row or [0.0] * len(FEATURES) for row in rows]).reshape(len(rows), len(FEATURES)) * (2 * np.pi / _PERIODS)
    out = np.empty((len(rows), WIDTH))
    out[:, 0::2], out[:, 1::2] = np.sin(angles), np.cos(angles)
    out[[index for index, row in enumerate(rows) if row is None]] = 0.0
    return out


def _positions(moment: datetime | None) -> list[float] | None:
    if moment is None:
        return None
    hour = moment.hour + moment.minute / 60 + moment.second / 3600
    return [hour, float(moment.weekday()), float(moment.timetuple().tm_yday - 1), float(moment.month - 1)]
