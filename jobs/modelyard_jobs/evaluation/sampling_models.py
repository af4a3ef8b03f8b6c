"""The variance that a metric would have with independent rows and a model that is as good as measured.

A jackknife sees no variance where a small sample happens to hold no error, and too little where it happens to hold few: the variance of a metric from 0 to 1
is never taken to be less than these models say, that of a loss at least a weighted mean with it. Between the ends of the scale it goes by their shape.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from modelyard_api.metrics import Metric
from scipy.special import ndtri, owens_t

from modelyard_jobs.evaluation.metrics import EPSILON, Array, Scores


@dataclass(frozen=True)
class SamplingModel:
    """The variance of a metric between 0 and 1 as a function of its true value."""

    variance: Callable[[float], float]
    smooth: bool  # as good as a second estimate of the variance; else only the lattice of what shares of few rows can be


def bounded_model(metric: Metric, scores: Scores) -> SamplingModel | None:
    """For metrics between 0 and 1; None: the others."""
    if metric is Metric.ROC_AUC:
        return SamplingModel(_binormal(_counts(scores), len(scores.truth)), smooth=True)
    trials = _trials(metric, scores)
    return None if trials is None else SamplingModel(_binomial(trials), smooth=False)


def loss_variance(metric: Metric, scores: Scores) -> float:
    """Of a mean loss whose probabilities are right: the classes drawn by them, and their spread over the rows; 0 for other metrics."""
    if metric not in {Metric.LOG_LOSS, Metric.BRIER} or scores.probabilities is None:
        return 0.0
    chances = scores.probabilities
    losses = -np.log(np.clip(chances, EPSILON, 1 - EPSILON)) if metric is Metric.LOG_LOSS else (1 - chances) ** 2
    expected = (chances * losses).sum(axis=1)
    return float(((chances * losses**2).sum(axis=1).mean() - expected.mean() ** 2) / len(losses))


def effect_of_one_answer(metric: Metric, scores: Scores) -> float:
    """By about how much a metric of decisions moves when one row of the rarest class that it looks at is decided otherwise; 0 for other metrics."""
    if metric not in {Metric.ACCURACY, Metric.BALANCED_ACCURACY, Metric.F1, Metric.F1_MACRO, Metric.PRECISION, Metric.RECALL}:
        return 0.0
    counts, called = _counts(scores), np.bincount(scores.prediction.astype(np.intp), minlength=2).astype(np.float64)
    if metric is Metric.ACCURACY:
        return 1 / len(scores.truth)
    if metric in {Metric.BALANCED_ACCURACY, Metric.F1_MACRO}:
        return float(1 / (len(counts) * max(1.0, counts.min())))
    return float(1 / max(1.0, {Metric.PRECISION: called[1], Metric.RECALL: counts[1], Metric.F1: (counts[1] + called[1]) / 1.5}[metric]))


def _counts(scores: Scores) -> Array:
    """(classes,): rows of each."""
    assert scores.probabilities is not None
    return np.bincount(scores.truth.astype(np.intp), minlength=scores.probabilities.shape[1]).astype(np.float64)


def _trials(metric: Metric, scores: Scores) -> float | None:
    """Of about how many yes/no trials with one probability the metric is the share of successes."""
    if metric is Metric.ACCURACY:
        return float(len(scores.truth))
    if metric in {Metric.RECALL, Metric.AVERAGE_PRECISION}:
        return float(_counts(scores)[1])
    if metric is Metric.PRECISION:
        return float((scores.prediction == 1).sum())
    if metric is Metric.F1:
        return float(2 * _counts(scores)[1])
    if metric in {Metric.BALANCED_ACCURACY, Metric.F1_MACRO}:
        return float(len(_counts(scores)) ** 2 / (1 / _counts(scores)).sum())
    return None


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
