"""The variance that a metric would have with independent rows and a model that is as good as measured.

A jackknife sees no variance where a small sample happens to hold no error, and too little where it happens to hold few: the variance of a metric from 0 to 1
is never taken to be less than these models say, that of a loss at least a weighted mean with it. Between the ends of the scale it goes by their shape.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from modelyard_api.catalogue.metrics import Metric
from scipy.special import ndtri, owens_t

from modelyard_jobs.evaluation.metrics import EPSILON, Array, Scores, measure_of


@dataclass(frozen=True)
class SamplingModel:
    """The variance of a metric between 0 and 1 as a function of its true value."""

    variance: Callable[[float], float]
    smooth: bool  # as good as a second estimate of the variance; else only the lattice of what shares of few rows can be


def bounded_model(metric: Metric, scores: Scores) -> SamplingModel | None:
    """For metrics between 0 and 1; None: the others."""
    model = measure_of(metric).sampling
    return model(scores) if model else None


def loss_variance(metric: Metric, scores: Scores) -> float:
    """Of a mean loss whose probabilities are right: the classes drawn by them, and their spread over the rows; 0 for other metrics."""
    loss_of = measure_of(metric).losses
    if loss_of is None or scores.probabilities is None:
        return 0.0
    chances = scores.probabilities
    losses = loss_of(chances)
    expected = (chances * losses).sum(axis=1)
    return float(((chances * losses**2).sum(axis=1).mean() - expected.mean() ** 2) / len(losses))


def effect_of_one_answer(metric: Metric, scores: Scores) -> float:
    """By about how much a metric of decisions moves when one row of the rarest class that it looks at is decided otherwise; 0 for other metrics."""
    effect = measure_of(metric).one_answer
    return effect(scores) if effect else 0.0


def logarithmic(chances: Array) -> Array:
    """The log loss where a class of each probability is the true one."""
    return np.asarray(-np.log(np.clip(chances, EPSILON, 1 - EPSILON)), dtype=np.float64)


def quadratic(chances: Array) -> Array:
    """The Brier score where a class of each probability is the true one."""
    return np.asarray((1 - chances) ** 2, dtype=np.float64)


def ranking(scores: Scores) -> SamplingModel:
    """Of an area under the curve."""
    return SamplingModel(_binormal(_counts(scores), len(scores.truth)), smooth=True)


def share_of(trials: Callable[[Scores], float]) -> Callable[[Scores], SamplingModel]:
    """Of a metric that is the share of successes in about so many yes/no trials with one probability."""
    return lambda scores: SamplingModel(_binomial(trials(scores)), smooth=False)


def rows(scores: Scores) -> float:
    """All."""
    return float(len(scores.truth))


def positives(scores: Scores) -> float:
    """Rows of the second class."""
    return float(_counts(scores)[1])


def twice_the_positives(scores: Scores) -> float:
    """F1 looks at rows that are, and at rows that are called, the second class."""
    return float(2 * _counts(scores)[1])


def called(scores: Scores) -> float:
    """Rows that are called the second class."""
    return float((scores.prediction == 1).sum())


def rows_by_class(scores: Scores) -> float:
    """Of a mean over the classes: as many as would say as much."""
    return float(len(_counts(scores)) ** 2 / (1 / _counts(scores)).sum())


def one_of_all(scores: Scores) -> float:
    """One row's part of all."""
    return 1 / len(scores.truth)


def one_of_rarest(scores: Scores) -> float:
    """One row's part of the rarest class, in a mean over the classes."""
    counts = _counts(scores)
    return float(1 / (len(counts) * max(1.0, counts.min())))


def one_of(count: Callable[[Scores], float]) -> Callable[[Scores], float]:
    """One row's part of so many."""
    return lambda scores: float(1 / max(1.0, count(scores)))


def present_or_called(scores: Scores) -> float:
    """What F1 divides by, for one answer more or less."""
    return (positives(scores) + called(scores)) / 1.5


def _counts(scores: Scores) -> Array:
    """(classes,): rows of each."""
    assert scores.probabilities is not None
    return np.bincount(scores.truth.astype(np.intp), minlength=scores.probabilities.shape[1]).astype(np.float64)


def _binomial(trials: float) -> Callable[[float], float]:
    return lambda value: value * (1 - value) / trials if trials else np.inf


def _binormal(counts: Array, rows: int) -> Callable[[float], float]:
    """Scores of both classes normal with one variance; with several classes the mean over each against the rest."""
    inside = counts[1:] if len(counts) == 2 else counts
    outside, classes = rows - inside, len(inside)
    single = float((1 / inside + 1 / outside).sum() / classes**2)
    pairs = float((1 / (inside * outside)).sum() / classes**2)
    return lambda value: single * _placements(value) + pairs * value * (1 - value)


def _placements(area: float) -> float:
    """Variance of one class's placements among the other's (DeLong 1988) when ``area`` is the area under a binormal curve."""
    return float(area - 2 * owens_t(ndtri(area), 1 / np.sqrt(3)) - area**2)
