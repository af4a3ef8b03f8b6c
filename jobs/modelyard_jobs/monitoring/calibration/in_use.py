"""The limits that a window's columns are held to, where the training rows tell of any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from modelyard_api.model_deployment import Alert, Window
from modelyard_api.timestamps import SECOND

from modelyard_jobs.monitoring.calibration.level import DAYS_A_MONTH, level_for, rate_per_window
from modelyard_jobs.monitoring.calibration.limits import calibrate, population_stability
from modelyard_jobs.monitoring.state import JudgedWindow
from modelyard_jobs.profile.profile import Profile

_DAY = 86_400 * SECOND
_REMEMBERED_DAYS = 28.0  # of windows; before there are so many, what the training rows say counts


@dataclass(frozen=True)
class CalibratedLimits:
    """By column of the log: what a window's distance from the training rows may be."""

    profile: Profile
    limits: Mapping[str, float]

    def distance(self, column: pl.Series) -> float | None:
        """A column's population stability index against all training rows; None: it has no limit."""
        known = self.profile.columns.get(column.name)
        if known is None or column.name not in self.limits:
            return None
        return float(population_stability(known.bins.counts(column), known.total))


def limits_for(profile: Profile | None, asked: float, rows: int, alert: Alert, windows_per_month: float | None) -> CalibratedLimits | None:
    """For a window of ``rows``. None: the training rows are in no order, or too few for windows of that size."""
    calibration = calibrate(profile, rows) if profile is not None else None
    if profile is None or calibration is None or windows_per_month is None:
        return None
    level = level_for(rate_per_window(asked, windows_per_month), alert, calibration.correlation)
    return CalibratedLimits(profile, calibration.limits(level))


def windows_per_month(window: Window, history: Sequence[JudgedWindow], profile: Profile | None) -> float | None:
    """Of 30 days: by their length, by those that came lately, or by how many rows the training data have a day; None: nothing is known."""
    if window.seconds:
        return DAYS_A_MONTH * 86_400 / window.seconds
    lately = [each for each in history if each.end > history[-1].end - _REMEMBERED_DAYS * _DAY] if history else []
    days = (lately[-1].end - lately[0].start) / _DAY if lately else 0.0
    if len(lately) > 1 and days >= 1:
        return len(lately) / days * DAYS_A_MONTH
    rows_per_day = profile.rows_per_day if profile else None
    return rows_per_day * DAYS_A_MONTH / (window.rows or 1) if rows_per_day else None
