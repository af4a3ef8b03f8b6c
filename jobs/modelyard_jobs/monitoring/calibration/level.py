"""From false alarms a month to the chance that a single window may vote by mistake.

An alarm needs ``after`` of ``of`` votes, and neighbouring windows resemble each other: both change how often alarms open. The votes of a long
series with that resemblance (a Gaussian autoregression of first order) are counted, for one level after the other.
"""

from functools import lru_cache

import numpy as np
from modelyard_api.model_deployment import Alert
from numpy.typing import NDArray
from scipy import optimize, stats
from scipy.signal import lfilter

DAYS_A_MONTH = 30.0
LEAST_RATE, MOST_RATE = 1 / 2000, 1 / 20  # false alarms per window: below nothing is learnt from years of data, above they are daily bread
_HIGHEST_LEVEL, _LOWEST_LEVEL = 0.2, 1e-5
_WINDOWS = 200_000
_MOST_CORRELATED = 0.95


def rate_per_window(false_alarms_per_month: float, windows_per_month: float) -> float:
    """Bounded."""
    return float(np.clip(false_alarms_per_month / max(windows_per_month, 1e-9), LEAST_RATE, MOST_RATE))


def level_for(rate: float, alert: Alert, correlation: float) -> float:
    """The level of one window under which ``rate`` alarms per window open. ``correlation`` is that of neighbouring windows' scores."""
    scores = _scores(float(np.clip(correlation, 0.0, _MOST_CORRELATED)))

    def too_many(logarithm: float) -> float:
        return _openings(scores > stats.norm.isf(np.exp(logarithm)), alert) / _WINDOWS - rate

    low, high = np.log(_LOWEST_LEVEL), np.log(_HIGHEST_LEVEL)
    if too_many(high) <= 0:
        return _HIGHEST_LEVEL
    if too_many(low) >= 0:
        return _LOWEST_LEVEL
    return float(np.exp(optimize.bisect(too_many, low, high, xtol=0.01)))


def _openings(votes: NDArray[np.bool_], alert: Alert) -> int:
    """How often enough of the newest votes are for it, after they weren't."""
    sums = np.cumsum(np.concatenate([np.zeros(alert.of), votes]))
    active = (sums[alert.of :] - sums[: -alert.of]) >= alert.after
    return int((active[1:] & ~active[:-1]).sum())


@lru_cache(maxsize=4)
def _scores(correlation: float) -> NDArray[np.float64]:
    noise = np.random.default_rng(0).standard_normal(_WINDOWS)
    series: NDArray[np.float64] = lfilter([np.sqrt(1 - correlation**2)], [1, -correlation], noise)
    return series
