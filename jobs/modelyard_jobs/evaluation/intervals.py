"""95 % intervals by a bootstrap over clusters: groups are drawn with all of their rows, because rows of one group (a day's weather) err together.

Percentile intervals after Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13; clusters after Field and Welsh (2007).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from modelyard_api.metrics import LOWER_IS_BETTER, Metric
from numpy.typing import NDArray

from modelyard_jobs.evaluation.metrics import Array, Scores, weighted

RESAMPLES = 1000
FEWEST_CLUSTERS = 8  # below this the percentiles of a cluster bootstrap are far too narrow
FEWEST_ROWS = 30
_CELLS = 8_000_000  # weights held at once: 64 MB
Statistic = Callable[[Array], Array]  # weights in, one value per resample out
_DEFINED = 0.9  # share of the resamples in which the metric has to be defined


@dataclass(frozen=True)
class Interval:
    """A measured value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class TooFew:
    """Why there is no interval."""

    why: str


def metric_interval(metric: Metric, scores: Scores, clusters: NDArray[np.uint64], seed: int) -> Interval | TooFew:
    """The metric's own interval. ``clusters`` (rows,) names each row's group."""
    return _interval(lambda weights: weighted(metric, scores, weights), clusters, seed)


def improvement_interval(metric: Metric, scores: Scores, opponent: Scores, clusters: NDArray[np.uint64], seed: int) -> Interval | TooFew:
    """How much better ``scores`` are than ``opponent`` on the same rows, paired; positive is better, whichever way the metric goes."""
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0

    def difference(weights: Array) -> Array:
        return sign * (weighted(metric, scores, weights) - weighted(metric, opponent, weights))

    return _interval(difference, clusters, seed)


def _interval(statistic: Statistic, clusters: NDArray[np.uint64], seed: int) -> Interval | TooFew:
    names, member = np.unique(clusters, return_inverse=True)
    value = float(statistic(np.ones((1, len(clusters))))[0]) if len(clusters) else float("nan")
    if problem := _problem(len(clusters), len(names), value):
        return TooFew(problem)
    drawn = np.concatenate([statistic(weights) for weights in _weights(len(names), member, seed)])
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < _DEFINED * RESAMPLES:
        return TooFew(f"measured {value:.4g}, but too few rows of a class for an interval ({len(clusters)} rows)")
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def _problem(rows: int, clusters: int, value: float) -> str:
    if rows < FEWEST_ROWS:
        return f"only {rows} rows; {FEWEST_ROWS} are needed"
    if not np.isfinite(value):
        return "not defined on these rows: a class is missing among them"
    if clusters < FEWEST_CLUSTERS:
        return f"measured {value:.4g}, but only {clusters} groups ({rows} rows); an interval needs {FEWEST_CLUSTERS}"
    return ""


def _weights(clusters: int, member: NDArray[np.intp], seed: int) -> Iterator[Array]:
    """Batches of (resamples, rows): how often each row's cluster was drawn."""
    random = np.random.default_rng(seed)
    batch = max(1, min(RESAMPLES, _CELLS // len(member)))
    for start in range(0, RESAMPLES, batch):
        count = min(batch, RESAMPLES - start)
        drawn = random.multinomial(clusters, np.full(clusters, 1 / clusters), size=count)
        yield drawn[:, member].astype(np.float64)
