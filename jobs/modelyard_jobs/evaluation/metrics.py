"""Every metric of the contract for many weightings of the same rows at once. Weights of one give the metric itself.

The values are scikit-learn's, and stay finite and accurate for any mean and scale of target and weights: errors and weights are scaled by their
largest before they are squared or summed, and a variance is taken around the mean of its own weighting.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from modelyard_api.catalogue.metrics import METRICS, Metric, metrics_of
from modelyard_api.catalogue.names import implementation
from modelyard_api.catalogue.tasks import Task, has_classes
from numpy.typing import NDArray

if TYPE_CHECKING:
    from modelyard_jobs.evaluation.jackknife import Groups
    from modelyard_jobs.evaluation.sampling_models import SamplingModel

Array = NDArray[np.float64]
Weights = Array  # (weightings, rows)
EPSILON = float(np.finfo(np.float64).eps)  # scikit-learn's log_loss clips at it


@dataclass(frozen=True)
class Scores:
    """Predictions of one model for rows whose truth is known."""

    truth: NDArray[np.int64] | Array  # (rows,): index of the class, or the number
    prediction: NDArray[np.int64] | Array  # (rows,)
    probabilities: Array | None  # (rows, classes); None for Regression

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Scores":
        """The same for some of the rows."""
        probabilities = None if self.probabilities is None else self.probabilities[rows]
        return Scores(self.truth[rows], self.prediction[rows], probabilities)


@dataclass(frozen=True)
class Measure:
    """How a metric is computed. Where only ``weighted`` is given, what follows from it costs more time and is less sharp for few rows."""

    weighted: "Callable[[Scores, Weights], Array]"  # (weightings,): the metric for each
    without: "Callable[[Scores, Groups], Array] | None" = None  # (groups,): the metric without the rows of each group
    sampling: "Callable[[Scores], SamplingModel] | None" = None  # the variance of a metric between 0 and 1
    losses: "Callable[[Array], Array] | None" = None  # from probabilities to the loss if a class were the true one, of the same shape
    one_answer: "Callable[[Scores], float] | None" = None  # by how much one row decided otherwise moves a metric of decisions


def measure_of(metric: Metric) -> Measure:
    """What computes ``metric``."""
    found: Measure = implementation(METRICS[metric].measure)
    return found


def measure(metric: Metric, scores: Scores) -> float:
    """The metric on all rows; NaN where it is undefined (one class only)."""
    return float(weighted(metric, scores, np.ones((1, len(scores.truth))))[0])


def measure_all(task: Task, classes: int, scores: Scores) -> dict[str, float]:
    """Every metric that is defined for the task, by name."""
    wanted = metrics_of(task, classes) if has_classes(task) else metrics_of(task)
    values = {metric.value: measure(metric, scores) for metric in METRICS if metric in wanted}
    return {name: value for name, value in values.items() if np.isfinite(value)}


def weighted(metric: Metric, scores: Scores, weights: Weights) -> Array:
    """(weightings,): the metric for every row of ``weights``; NaN where a weighting leaves it undefined."""
    if not weights.shape[1]:
        return np.full(len(weights), np.nan)
    with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
        return measure_of(metric).weighted(scores, weights)


def log_losses(scores: Scores) -> Array:
    """(rows,): each row's log loss."""
    chosen = _probabilities(scores)[np.arange(len(scores.truth)), scores.truth.astype(np.intp)]
    result: Array = -np.log(np.clip(chosen, EPSILON, 1 - EPSILON))
    return result


def brier_losses(scores: Scores) -> Array:
    """(rows,): each row's squared error of the second class's probability."""
    result: Array = (_probabilities(scores)[:, 1] - scores.truth) ** 2
    return result


def _steps(score: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows in the order of rising score, and where in it each distinct score starts."""
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    return order, np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])


def _mean(values: NDArray[Any], weights: Weights) -> Array:
    """Both are scaled by their largest, so that neither products nor sums overflow."""
    scale = np.abs(values).max(initial=0.0) or 1.0
    shares = weights / weights.max(axis=1, keepdims=True)
    result: Array = (shares @ (values / scale)) / shares.sum(axis=1) * scale
    return result


def accuracy(scores: Scores, weights: Weights) -> Array:
    """The share of rows that are decided rightly."""
    return _mean((scores.truth == scores.prediction).astype(np.float64), weights)


def _probabilities(scores: Scores) -> Array:
    assert scores.probabilities is not None
    return scores.probabilities


def _counts(scores: Scores, weights: Weights) -> tuple[Array, Array, Array]:
    """(weightings, classes): true positives, rows of the class, rows predicted as the class."""
    codes = np.arange(_probabilities(scores).shape[1])
    actual = (scores.truth[:, None] == codes).astype(np.float64)
    predicted = (scores.prediction[:, None] == codes).astype(np.float64)
    return weights @ (actual * predicted), weights @ actual, weights @ predicted


def balanced_accuracy(scores: Scores, weights: Weights) -> Array:
    """The mean over the classes of each one's recall."""
    hits, actual, _ = _counts(scores, weights)
    return _nan_mean(hits / actual)


def _nan_mean(values: Array) -> Array:
    """Mean over the last axis of what is defined; NaN where nothing is."""
    known = ~np.isnan(values)
    result: Array = np.where(known, values, 0.0).sum(axis=-1) / known.sum(axis=-1)
    return result


def f1_macro(scores: Scores, weights: Weights) -> Array:
    """As scikit-learn: over the classes that are present or predicted."""
    hits, actual, predicted = _counts(scores, weights)
    return _nan_mean(2 * hits / (actual + predicted))


def f1(scores: Scores, weights: Weights) -> Array:
    """Of the second class; 0 where it is neither present nor predicted."""
    hits, actual, predicted = _counts(scores, weights)
    return np.nan_to_num(2 * hits[:, 1] / (actual[:, 1] + predicted[:, 1]))


def precision(scores: Scores, weights: Weights) -> Array:
    """Of the rows called the second class."""
    hits, _, predicted = _counts(scores, weights)
    return np.nan_to_num(hits[:, 1] / predicted[:, 1])


def recall(scores: Scores, weights: Weights) -> Array:
    """Of the rows of the second class."""
    hits, actual, _ = _counts(scores, weights)
    return np.nan_to_num(hits[:, 1] / actual[:, 1])


def log_loss(scores: Scores, weights: Weights) -> Array:
    """Mean of each row's."""
    return _mean(log_losses(scores), weights)


def brier(scores: Scores, weights: Weights) -> Array:
    """Mean of each row's."""
    return _mean(brier_losses(scores), weights)


def roc_auc(scores: Scores, weights: Weights) -> Array:
    """Two classes: of the second. More: one versus the rest, the plain mean over the classes that are present."""
    probabilities = _probabilities(scores)
    if probabilities.shape[1] == 2:
        return _auc(scores.truth == 1, probabilities[:, 1], weights)
    each = [_auc(scores.truth == code, probabilities[:, code], weights) for code in range(probabilities.shape[1])]
    return _nan_mean(np.stack(each, axis=1))


def _auc(positive: NDArray[np.bool_], score: Array, weights: Weights) -> Array:
    """Mann-Whitney: the share of pairs in the right order, ties counted half. Each class is scaled by itself: its weights may be tiny."""
    order, starts = _steps(score)
    ups, downs = (_shares(weights[:, order] * side[order], starts) for side in (positive, ~positive))
    below = np.cumsum(downs, axis=1) - downs
    result: Array = (ups * (below + downs / 2)).sum(axis=1)
    return result


def _shares(weights: Weights, starts: NDArray[np.intp]) -> Array:
    """(weightings, distinct scores): the share of the weight at each score."""
    scaled = weights / weights.max(axis=1, keepdims=True)
    result: Array = np.add.reduceat(scaled, starts, axis=1) / scaled.sum(axis=1, keepdims=True)
    return result


def average_precision(scores: Scores, weights: Weights) -> Array:
    """Sum over thresholds of precision times the gain in recall, as scikit-learn's."""
    order, starts = _steps(-_probabilities(scores)[:, 1])
    ordered, positive = weights[:, order] / weights.max(axis=1, keepdims=True), scores.truth[order] == 1
    ups, all_rows = np.add.reduceat(ordered * positive, starts, axis=1), np.add.reduceat(ordered, starts, axis=1)
    hits, called = np.cumsum(ups, axis=1), np.cumsum(all_rows, axis=1)
    precision = np.where(called > 0, hits / np.where(called > 0, called, 1.0), 0.0)
    result: Array = (precision * _shares(weights[:, order] * positive, starts)).sum(axis=1)
    return result


def _root_mean_square(values: Array, weights: Weights) -> Array:
    scale = np.abs(values).max(initial=0.0) or 1.0
    return scale * np.sqrt(_mean((values / scale) ** 2, weights))


def rmse(scores: Scores, weights: Weights) -> Array:
    """Root mean squared error."""
    return _root_mean_square((scores.prediction - scores.truth).astype(np.float64), weights)


def mae(scores: Scores, weights: Weights) -> Array:
    """Mean absolute error."""
    return _mean(np.abs(scores.prediction - scores.truth), weights)


def r2(scores: Scores, weights: Weights) -> Array:
    """NaN where the truth is constant: there is no variance to explain."""
    truth = scores.truth.astype(np.float64)
    spread = np.array([_spread(truth[row > 0], row[row > 0]) for row in weights])
    result: Array = 1 - (rmse(scores, weights) / spread) ** 2
    return result


def _spread(truth: Array, weights: Array) -> float:
    """Standard deviation in two passes, the second of which corrects the rounding of the mean (Chan, Golub and LeVeque 1983)."""
    if not len(truth) or truth.min() == truth.max():
        return float("nan")
    deviation = truth - _mean(truth, weights[None])
    deviation -= _mean(deviation, weights[None])
    return float(_root_mean_square(deviation, weights[None])[0])
