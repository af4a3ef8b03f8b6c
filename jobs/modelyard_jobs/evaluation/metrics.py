"""Every metric of the contract for many weightings of the same rows at once, which is what a bootstrap needs. Weights of one give the metric itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from modelyard_api.metrics import BINARY_ONLY, Metric, Task
from numpy.typing import NDArray

Array = NDArray[np.float64]
Weights = Array  # (resamples, rows)
_SMALLEST_PROBABILITY = 1e-15


@dataclass(frozen=True)
class Scores:
    """Answers of one model for the rows whose truth is known."""

    truth: NDArray[np.int64] | Array  # (rows,): index of the class, or the number
    prediction: NDArray[np.int64] | Array  # (rows,)
    probabilities: Array | None  # (rows, classes); None for Regression

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Scores":
        """The same for some of the rows."""
        probabilities = None if self.probabilities is None else self.probabilities[rows]
        return Scores(self.truth[rows], self.prediction[rows], probabilities)


def measure(metric: Metric, scores: Scores) -> float:
    """The metric on all rows; NaN where it is undefined (one class only)."""
    return float(weighted(metric, scores, np.ones((1, len(scores.truth))))[0])


def measure_all(task: Task, classes: int, scores: Scores) -> dict[str, float]:
    """Every metric that is defined for the task, by name."""
    wanted = [metric for metric in _METRICS if (metric in _REGRESSION) == (task is Task.REGRESSION)]
    values = {metric.value: measure(metric, scores) for metric in wanted if classes == 2 or metric not in BINARY_ONLY}
    return {name: value for name, value in values.items() if np.isfinite(value)}


def weighted(metric: Metric, scores: Scores, weights: Weights) -> Array:
    """(resamples,): the metric for every row of ``weights``; NaN where a resample leaves it undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return _METRICS[metric](scores, weights)


def _mean(values: NDArray[Any], weights: Weights) -> Array:
    result: Array = (weights @ values) / weights.sum(axis=1)
    return result


def _accuracy(scores: Scores, weights: Weights) -> Array:
    return _mean((scores.truth == scores.prediction).astype(np.float64), weights)


def _probabilities(scores: Scores) -> Array:
    assert scores.probabilities is not None
    return scores.probabilities


def _counts(scores: Scores, weights: Weights) -> tuple[Array, Array, Array]:
    """(resamples, classes): true positives, rows of the class, rows predicted as the class."""
    codes = np.arange(_probabilities(scores).shape[1])
    actual = (scores.truth[:, None] == codes).astype(np.float64)
    predicted = (scores.prediction[:, None] == codes).astype(np.float64)
    return weights @ (actual * predicted), weights @ actual, weights @ predicted


def _balanced_accuracy(scores: Scores, weights: Weights) -> Array:
    hits, actual, _ = _counts(scores, weights)
    return _nan_mean(hits / actual)


def _nan_mean(values: Array) -> Array:
    """Mean over the last axis of what is defined; NaN where nothing is."""
    known = ~np.isnan(values)
    result: Array = np.where(known, values, 0.0).sum(axis=-1) / known.sum(axis=-1)
    return result


def _f1_macro(scores: Scores, weights: Weights) -> Array:
    """As scikit-learn: over the classes that are present or predicted."""
    hits, actual, predicted = _counts(scores, weights)
    return _nan_mean(2 * hits / (actual + predicted))


def _f1(scores: Scores, weights: Weights) -> Array:
    hits, actual, predicted = _counts(scores, weights)
    return np.nan_to_num(2 * hits[:, 1] / (actual[:, 1] + predicted[:, 1]))


def _precision(scores: Scores, weights: Weights) -> Array:
    hits, _, predicted = _counts(scores, weights)
    return np.nan_to_num(hits[:, 1] / predicted[:, 1])


def _recall(scores: Scores, weights: Weights) -> Array:
    hits, actual, _ = _counts(scores, weights)
    return np.nan_to_num(hits[:, 1] / actual[:, 1])


def _log_loss(scores: Scores, weights: Weights) -> Array:
    chosen = _probabilities(scores)[np.arange(len(scores.truth)), scores.truth.astype(np.intp)]
    return _mean(-np.log(np.clip(chosen, _SMALLEST_PROBABILITY, 1.0)), weights)


def _brier(scores: Scores, weights: Weights) -> Array:
    return _mean((_probabilities(scores)[:, 1] - scores.truth) ** 2, weights)


def _roc_auc(scores: Scores, weights: Weights) -> Array:
    """Two classes: of the second. More: one versus the rest, the plain mean over the classes that are present."""
    probabilities = _probabilities(scores)
    if probabilities.shape[1] == 2:
        return _auc(scores.truth == 1, probabilities[:, 1], weights)
    each = [_auc(scores.truth == code, probabilities[:, code], weights) for code in range(probabilities.shape[1])]
    return _nan_mean(np.stack(each, axis=1))


def _auc(positive: NDArray[np.bool_], score: Array, weights: Weights) -> Array:
    """Mann-Whitney: the weight of pairs in the right order, ties counted half."""
    ups, downs = _by_threshold(positive, score, weights)
    below = np.cumsum(downs, axis=1) - downs
    result: Array = (ups * (below + downs / 2)).sum(axis=1) / (ups.sum(axis=1) * downs.sum(axis=1))
    return result


def _by_threshold(positive: NDArray[np.bool_], score: Array, weights: Weights) -> tuple[Array, Array]:
    """(resamples, distinct scores), scores rising: the weight of positives and of negatives at each score."""
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])
    ordered, up = weights[:, order], positive[order].astype(np.float64)
    return np.add.reduceat(ordered * up, starts, axis=1), np.add.reduceat(ordered * (1 - up), starts, axis=1)


def _average_precision(scores: Scores, weights: Weights) -> Array:
    """Sum over thresholds of precision times the gain in recall, as scikit-learn's."""
    ups, downs = _by_threshold(scores.truth == 1, _probabilities(scores)[:, 1], weights)
    ups, downs = ups[:, ::-1], downs[:, ::-1]
    hits, called = np.cumsum(ups, axis=1), np.cumsum(ups + downs, axis=1)
    precision = np.where(called > 0, hits / np.where(called > 0, called, 1.0), 0.0)
    result: Array = (precision * ups).sum(axis=1) / ups.sum(axis=1)
    return result


def _rmse(scores: Scores, weights: Weights) -> Array:
    return np.sqrt(_mean((scores.prediction - scores.truth) ** 2, weights))


def _mae(scores: Scores, weights: Weights) -> Array:
    return _mean(np.abs(scores.prediction - scores.truth), weights)


def _r2(scores: Scores, weights: Weights) -> Array:
    center = _mean(scores.truth.astype(np.float64), weights)
    spread = _mean(scores.truth.astype(np.float64) ** 2, weights) - center**2
    return 1 - _mean((scores.prediction - scores.truth) ** 2, weights) / spread


_REGRESSION: Mapping[Metric, Callable[[Scores, Weights], Array]] = {Metric.RMSE: _rmse, Metric.MAE: _mae, Metric.R2: _r2}
_METRICS: Mapping[Metric, Callable[[Scores, Weights], Array]] = {
    Metric.ROC_AUC: _roc_auc,
    Metric.AVERAGE_PRECISION: _average_precision,
    Metric.ACCURACY: _accuracy,
    Metric.BALANCED_ACCURACY: _balanced_accuracy,
    Metric.F1: _f1,
    Metric.F1_MACRO: _f1_macro,
    Metric.PRECISION: _precision,
    Metric.RECALL: _recall,
    Metric.LOG_LOSS: _log_loss,
    Metric.BRIER: _brier,
    **_REGRESSION,
}
