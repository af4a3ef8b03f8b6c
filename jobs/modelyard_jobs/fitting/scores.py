"""The metric that fitting and selection look at: the same that the model is later judged by."""

from itertools import repeat

import numpy as np
from modelyard_api.metrics import LOWER_IS_BETTER, Metric
from numpy.typing import NDArray

from modelyard_jobs.evaluation.metrics import Scores, measure, weighted

Truth = NDArray[np.float64] | NDArray[np.int64]
_RESAMPLES = 200
_CELLS = 8_000_000  # weights held at once: 64 MB


def score(metric: Metric, truth: Truth, outputs: NDArray[np.float64]) -> float:
    """``outputs`` as in ``Prediction.outputs``, ``truth`` as class numbers or values. NaN where the metric is undefined, as ROC-AUC with one class."""
    return measure(metric, _scores(truth, outputs))


def improvement(metric: Metric, value: float, other: float) -> float:
    """How much better ``value`` is than ``other``; negative when it is worse."""
    return other - value if metric in LOWER_IS_BETTER else value - other


def clustered_standard_error(metric: Metric, truth: Truth, outputs: NDArray[np.float64], groups: NDArray[np.generic], seed: int) -> float:
    """Bootstrap over whole groups (Efron and Tibshirani 1993, chapter 6): rows of one group are not independent."""
    names, member = np.unique(groups, return_inverse=True)
    scores, random = _scores(truth, outputs), np.random.default_rng(seed)
    at_once = max(1, min(_RESAMPLES, _CELLS // len(member)))
    values: list[float] = []
    for count in repeat(at_once, -(-_RESAMPLES // at_once)):
        drawn = random.multinomial(len(names), np.full(len(names), 1 / len(names)), size=count)[:, member]
        values += weighted(metric, scores, drawn.astype(np.float64)).tolist()
    finite = np.array(values)[np.isfinite(values)]
    return float(finite.std(ddof=1)) if len(finite) > 1 else 0.0


def _scores(truth: Truth, outputs: NDArray[np.float64]) -> Scores:
    return Scores(truth, outputs, None) if outputs.ndim == 1 else Scores(truth, outputs.argmax(axis=1), outputs)
