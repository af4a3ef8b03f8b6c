"""The distance between a window and the training rows: one function on counts in bins, for calibration and for live windows alike."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

_PER_BIN = 0.5  # rows that are added: an empty bin has a finite logarithm (Haldane 1956, Anscombe 1956)


def population_stability(found: NDArray[np.int64], expected: NDArray[np.int64]) -> NDArray[np.float64]:
    """The population stability index, the symmetric Kullback-Leibler divergence of Jeffreys 1946, along the last axis.

    Both are counts (..., bins). Between two independent samples of n and m rows of one distribution it is about (1/n + 1/m) times chi-square
    with one degree of freedom less than there are bins (Yurdakul and Naranjo 2020). What is added to ``found`` is divided as ``expected`` is, so that bins that
    are empty in both add nothing.
    """
    smoothed = expected + _PER_BIN
    other = smoothed / smoothed.sum(axis=-1, keepdims=True)
    added = _PER_BIN * found.shape[-1]
    one = (found + added * other) / (found.sum(axis=-1, keepdims=True) + added)
    distance: NDArray[np.float64] = ((one - other) * np.log(one / other)).sum(axis=-1)
    return distance


def by_chance(rows: float, bins: int, level: float | None = None) -> float:
    """How far a window of so many independent rows is from many rows of the same distribution: on average, or exceeded with probability ``level``."""
    freedom = max(bins - 1, 1)
    return float(freedom if level is None else stats.chi2.isf(level, freedom)) / rows
