"""Timestamps: hour, day of week, day of year and month as sine and cosine."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from modelyard_model.cells.input_column import InputColumn
from modelyard_model.cells.reading import Cells, TimeReading, read_times
from modelyard_model.columns.column import Block, Feature, FittedColumn, vector
from modelyard_model.signature import DType

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


class DatetimeColumn(FittedColumn):
    """A timestamp as text: hour, day of week, day of year and month as sine and cosine; missing gives zeros."""

    kind: Literal["Datetime"] = "Datetime"
    reading: TimeReading | None = None

    @property
    def input(self) -> InputColumn:
        """ISO 8601, or what the rules name."""
        return InputColumn(self.name, DType.STRING, self.required, self.reading)

    @property
    def features(self) -> tuple[Feature, ...]:
        """Positions on four circles."""
        return tuple(Feature(name, self.name) for name in feature_names(self.name))

    @property
    def least_format(self) -> int:
        """Rules of reading came with the second."""
        return 2 if self.reading else 1

    def read(self, cells: Cells) -> list[str | None]:
        """ISO 8601, None where missing."""
        return read_times(self.name, cells, self.reading)

    def encode(self, cells: Cells) -> Block:
        """(rows, 8)."""
        return vector(cyclical(self.read(cells)))
