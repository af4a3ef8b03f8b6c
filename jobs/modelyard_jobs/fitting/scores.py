"""The metric that fitting and selection look at: the same that the model is later judged by."""

import numpy as np
from modelyard_api.catalogue.metrics import Metric, lower_is_better
from numpy.typing import NDArray

from modelyard_jobs.evaluation.intervals import standard_error
from modelyard_jobs.evaluation.metrics import Scores, measure

Truth = NDArray[np.float64] | NDArray[np.int64]


def score(metric: Metric, truth: Truth, outputs: NDArray[np.float64]) -> float:
    """``outputs`` as in ``Prediction.outputs``, ``truth`` as class numbers or values. NaN where the metric is undefined, as ROC-AUC with one class."""
    return measure(metric, scores_of(truth, outputs))


def improvement(metric: Metric, value: float, other: float) -> float:
    """How much better ``value`` is than ``other``; negative when it is worse."""
    return other - value if lower_is_better(metric) else value - other


def clustered_standard_error(metric: Metric, truth: Truth, outputs: NDArray[np.float64], groups: NDArray[np.generic]) -> float:
    """By leaving out whole groups, because rows of one group are not independent; 0 where it can't be measured."""
    return standard_error(metric, scores_of(truth, outputs), groups) or 0.0


def scores_of(truth: Truth, outputs: NDArray[np.float64]) -> Scores:
    """Outputs beside the truth, with what is decided."""
    return Scores(truth, outputs, None) if outputs.ndim == 1 else Scores(truth, outputs.argmax(axis=1), outputs)
