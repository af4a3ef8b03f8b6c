"""Streams in which nothing changes: how often calibrated limits alarm. And streams in which one column does: how soon that is seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from modelyard_api.model_deployment import Alert
from modelyard_jobs.monitoring.calibration.in_use import CalibratedLimits, limits_for
from modelyard_jobs.monitoring.calibration.limits import population_stability
from modelyard_jobs.monitoring.checks.check import enough_votes
from modelyard_jobs.profile.profile import make_profile
from numpy.typing import NDArray
from scipy.signal import lfilter

from tests.simulation.tables import Outcome

COLUMNS, ROWS = 8, 200  # of a window
PER_MONTH = 730  # windows: one an hour, and one false alarm is asked for
LEAST, MOST = 0.3, 3.0
MOST_CORRELATED = 0.8  # beyond that a window of this size has the information of five rows
_REPEATED = 8
_SHIFT = 1.0  # standard deviations of one column's mean
_MOST_LATE = 3  # windows


@dataclass(frozen=True)
class Stream:
    """Eight columns, each an autoregression of first order around a daily and a weekly wave (24 and 168 rows)."""

    correlation: float
    wave: float
    blocks: int  # windows of training rows

    def rows(self, windows: int, random: np.random.Generator) -> NDArray[np.float64]:
        """(rows, columns)."""
        count = windows * ROWS
        noise = random.standard_normal((count, COLUMNS))
        series = lfilter([np.sqrt(1 - self.correlation**2)], [1, -self.correlation], noise, axis=0)
        at = np.arange(count)
        waves = self.wave * (np.sin(2 * np.pi * at / 24) + np.sin(2 * np.pi * at / 168))
        return np.asarray(series + waves[:, None])


STREAMS = tuple(Stream(correlation, wave, blocks) for correlation in (0.0, 0.8, 0.95) for wave in (0.0, 0.7) for blocks in (60, 200))
ALERTS = (Alert(after=1, of=1), Alert(after=2, of=3))


def drift(draws: int, streams: Sequence[Stream] = STREAMS, alerts: Sequence[Alert] = ALERTS) -> Outcome:
    """``draws`` windows of each of eight series."""
    rows, failures = [], []
    for alert in alerts:
        for stream in streams:
            found = [_alarms(stream, alert, draws, seed) for seed in range(_REPEATED)]
            alarms, late = float(np.median([each for each, _ in found])), float(np.median([each for _, each in found]))
            rules = f"{alert.after} of {alert.of}"
            rows.append((rules, str(stream.correlation), str(stream.wave), str(stream.blocks), f"{alarms:.2f}", f"{late:.0f}"))
            least = LEAST if stream.correlation <= MOST_CORRELATED and draws >= 1000 else 0.0  # of fewer windows one alarm is too coarse
            if not least <= alarms <= MOST:
                failures.append(f"{rules}, {stream}: {alarms:.2f} false alarms where 1 is asked for, {least} to {MOST} are allowed")
            if late > _MOST_LATE and stream.correlation <= MOST_CORRELATED:
                failures.append(f"{rules}, {stream}: a shift of {_SHIFT} is seen after {late:.0f} windows, {_MOST_LATE} are allowed")
    return Outcome(
        "Alarms of drift",
        f"False alarms in {PER_MONTH} windows of {ROWS} rows by {COLUMNS} columns, where 1 is asked for; and after how many windows it is alerted that the mean of one column has moved by "
        f"{_SHIFT} standard deviations. Medians of {_REPEATED} series. The columns are autoregressions (their correlation from row to row is given) around a daily and a weekly wave. "
        f"Up to a correlation of {MOST_CORRELATED} the median has to be from {LEAST} to {MOST}, and the shift seen within {_MOST_LATE} windows; beyond that a window has the information of five rows.",
        ("Votes", "Correlation", "Wave", "Windows of training rows", "False alarms", "Windows until the shift is seen"),
        rows,
        failures,
    )


def _alarms(stream: Stream, alert: Alert, windows: int, seed: int) -> tuple[float, float]:
    """Per month; and windows until a shift is alerted."""
    random = np.random.default_rng(seed)
    training = stream.rows(stream.blocks, random)
    names = [f"c{column}" for column in range(COLUMNS)]
    profile = make_profile(
        (pl.Series(name, training[:, place]) for place, name in enumerate(names)), np.arange(len(training)) * 1_000_000, COLUMNS
    )
    calibrated = limits_for(profile, 1.0, ROWS, alert, float(PER_MONTH))
    assert calibrated is not None
    live = stream.rows(windows, random)
    moved = live[: 50 * ROWS] + np.array([_SHIFT] + [0.0] * (COLUMNS - 1))
    calm, shifted = (_votes(calibrated, frame, names) for frame in (live, moved))
    active = [enough_votes(calm[: number + 1], alert)[1] for number in range(len(calm))]
    opened = sum(after and not before for before, after in zip([False, *active], active, strict=False))
    seen = next((number + 1 for number in range(len(shifted)) if enough_votes(shifted[: number + 1], alert)[1]), len(shifted))
    return opened / windows * PER_MONTH, float(seen)


def _votes(calibrated: CalibratedLimits, rows: NDArray[np.float64], names: Sequence[str]) -> list[bool]:
    """What ``CalibratedLimits.distance`` says of one window after the other, for all at once."""
    windows = len(rows) // ROWS
    votes = np.zeros(windows, dtype=bool)
    for place, name in enumerate(names):
        known = calibrated.profile.columns[name]
        codes = known.bins.codes(pl.Series(rows[:, place])) + np.repeat(np.arange(windows), ROWS) * known.bins.width
        counts = np.bincount(codes, minlength=windows * known.bins.width).reshape(windows, -1)
        votes |= population_stability(counts, known.total) >= calibrated.limits[name]
    return [bool(vote) for vote in votes]
