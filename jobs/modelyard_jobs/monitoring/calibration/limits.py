"""The distance of a window from the training rows, and limits of it: how far contiguous blocks of the window's size are from all others.

1. The profile's slices make blocks of the window's size. Each block is compared with the rest, column by column.
2. A power makes the distances of a column nearly normal: one for all columns, by maximum likelihood (Box and Cox 1964). The tail is
   Student's, for a mean and a deviation that are estimated from few blocks (Hahn and Meeker, Statistical Intervals, 1991). Blocks that resemble their
   neighbours count for less: N/(1 + 2·Σρ) of N.
3. The level is spent on the largest over all columns. So many independent columns as give the mean of the largest that was seen
   (of J independent exponentials it is the harmonic number of J) are as good as these.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats
from scipy.special import digamma

from modelyard_jobs.profile.profile import ColumnProfile, Profile

LEAST_BLOCKS = 8  # of fewer nothing is learnt about how much blocks differ
_POWERS = (0.0, 0.6)  # chi-square has about 1/3, heavier tails less
_MOST_LAGS = 10
_TINY = 1e-12
_PER_BIN = 0.5  # rows that are added: an empty bin has a finite logarithm (Haldane 1956, Anscombe 1956)

Distances = NDArray[np.float64]  # (blocks, columns)


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


@dataclass(frozen=True)
class Calibration:
    """What the training rows say about windows of one size. ``columns`` are in the order of the arrays."""

    columns: tuple[str, ...]
    bins: tuple[int, ...]
    rows: int
    effective_blocks: float
    power: float
    mean: NDArray[np.float64]  # (columns,): of the transformed distances
    deviation: NDArray[np.float64]  # of a new one
    scale: NDArray[np.float64]  # by how much a window's distances are larger than a block's, where blocks have more rows
    independent: float  # columns
    correlation: float  # of the scores of neighbouring blocks: the largest over the columns

    def limits(self, level: float) -> dict[str, float]:
        """By column: a window under no change has one distance of this or more with probability ``level``.

        Never less than independent rows give by chance: columns of training rows that were written in turn are more regular than that.
        """
        single = float(-np.expm1(np.log1p(-level) / self.independent))
        transformed = self.mean + self.deviation * stats.t.isf(single, max(self.effective_blocks - 1, 1))
        least = np.array([by_chance(self.rows, bins, single) for bins in self.bins])
        return dict(zip(self.columns, np.maximum(_back(transformed, self.power) * self.scale, least).tolist(), strict=True))


def calibrate(profile: Profile, rows: int) -> Calibration | None:
    """For windows of ``rows``. None: the profile is in no order, or has too few blocks of this size."""
    if profile.times is None:
        return None
    per_block = max(round(rows / float(profile.rows.mean())), 1)
    blocks = len(profile.rows) // per_block
    compared = {name: column for name, column in profile.columns.items() if column.bins.width > 1 and _varies(column)}
    if blocks < LEAST_BLOCKS or not compared:
        return None
    distances = np.stack([_of_blocks(column, per_block, blocks) for column in compared.values()], axis=1)
    scale = _scales(compared, float(profile.rows.mean()) * per_block, rows, distances)
    return _fitted(compared, rows, distances, scale)


def _varies(column: ColumnProfile) -> bool:
    """One that always has the same value has no distances to learn from."""
    return int((column.total > 0).sum()) > 1


def _of_blocks(column: ColumnProfile, per_block: int, blocks: int) -> NDArray[np.float64]:
    counts = column.counts[: per_block * blocks].reshape(blocks, per_block, -1).sum(axis=1)
    distances: NDArray[np.float64] = np.maximum(population_stability(counts, column.total - counts), _TINY)
    return distances


def _scales(compared: Mapping[str, ColumnProfile], had: float, rows: int, distances: Distances) -> NDArray[np.float64]:
    """Blocks are whole slices. A window of fewer rows than a block is farther away by chance alone, by a known amount."""
    more = np.array([by_chance(rows, each) - by_chance(had, each) for each in _bins(compared)])
    mean = distances.mean(axis=0)
    scales: NDArray[np.float64] = np.maximum((mean + more) / mean, 0.5)
    return scales


def _bins(compared: Mapping[str, ColumnProfile]) -> tuple[int, ...]:
    """Those with rows."""
    return tuple(int((column.total > 0).sum()) for column in compared.values())


def _fitted(compared: Mapping[str, ColumnProfile], rows: int, distances: Distances, scale: NDArray[np.float64]) -> Calibration:
    power = _power(distances)
    transformed = _transformed(distances, power)
    effective = _effective(transformed)
    mean, deviation = transformed.mean(axis=0), transformed.std(axis=0, ddof=1) * np.sqrt(1 + 1 / effective) + _TINY
    chances = stats.t.sf((transformed - mean) / deviation, max(effective - 1, 1))
    largest = float(-np.log(np.maximum(chances.min(axis=1), _TINY)).mean())
    return Calibration(
        columns=tuple(compared),
        bins=_bins(compared),
        rows=rows,
        effective_blocks=effective,
        power=power,
        mean=mean,
        deviation=deviation,
        scale=scale,
        independent=_independent(largest),
        correlation=_neighbours(-np.log(np.maximum(chances.min(axis=1), _TINY))),
    )


def _neighbours(scores: NDArray[np.float64]) -> float:
    """Of ranks, one standard error to the safe side."""
    found = float(stats.spearmanr(scores[1:], scores[:-1]).statistic)
    return max(found, 0.0) + 1 / np.sqrt(len(scores)) if np.isfinite(found) else 0.0


def _power(distances: Distances) -> float:
    """The one under which the columns' distances are most nearly normal, each with a mean and a deviation of its own."""
    logarithms = np.log(distances).sum()

    def against(power: float) -> float:
        deviations = _transformed(distances, power).std(axis=0) + _TINY
        return float(len(distances) * np.log(deviations).sum() - (power - 1) * logarithms)

    found = optimize.minimize_scalar(against, bounds=_POWERS, method="bounded")
    return float(found.x)


def _transformed(distances: Distances, power: float) -> Distances:
    transformed: Distances = np.log(distances) if power < 1e-3 else (distances**power - 1) / power
    return transformed


def _back(transformed: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    back: NDArray[np.float64] = np.exp(transformed) if power < 1e-3 else np.maximum(power * transformed + 1, _TINY) ** (1 / power)
    return back


def _effective(transformed: Distances) -> float:
    """Blocks that tell as much if neighbours were independent; the correlations are the mean over the columns, up to the first that is none."""
    blocks = len(transformed)
    centred = transformed - transformed.mean(axis=0)
    variance = (centred**2).mean(axis=0) + _TINY
    total = 0.0
    for lag in range(1, min(_MOST_LAGS, blocks // 4) + 1):
        correlation = float(((centred[lag:] * centred[:-lag]).mean(axis=0) / variance).mean())
        if correlation <= 0:
            break
        total += correlation
    return max(blocks / (1 + 2 * total), 2.0)


def _independent(mean_of_largest: float) -> float:
    """The J whose harmonic number it is; digamma(J + 1) + Euler's constant is that number, for fractions of J as well."""
    if mean_of_largest <= 1:
        return 1.0
    return float(optimize.brentq(lambda j: float(digamma(j + 1)) + np.euler_gamma - mean_of_largest, 1, 1e6))
