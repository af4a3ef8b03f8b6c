"""Metrics on a model's outputs, as scikit-learn defines them."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from modelyard_api.metrics import LOWER_IS_BETTER, REGRESSION_METRICS, Metric
from numpy.typing import NDArray

Truth = NDArray[np.float64] | NDArray[np.int64]


def score(metric: Metric, truth: Truth, outputs: NDArray[np.float64]) -> float:
    """``outputs`` as in ``Prediction.outputs``, ``truth`` as class numbers or values. NaN where the metric is undefined, as ROC-AUC with one class."""
    if metric not in REGRESSION_METRICS and _needs_two_classes(metric) and len(np.unique(truth)) < min(outputs.shape[1], 2):
        return float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about classes without rows: the conventions below say what counts then
        try:
            return float(_functions()[metric](truth, outputs))
        except ValueError:  # a class of a one-versus-rest average without rows
            return float("nan")


def improvement(metric: Metric, value: float, other: float) -> float:
    """How much better ``value`` is than ``other``; negative when it is worse."""
    return other - value if metric in LOWER_IS_BETTER else value - other


def _needs_two_classes(metric: Metric) -> bool:
    return metric in {Metric.ROC_AUC, Metric.AVERAGE_PRECISION}


def _functions() -> dict[Metric, Callable[[Any, Any], float]]:
    from sklearn import metrics as sk  # noqa: PLC0415  takes a second

    return {
        Metric.ROC_AUC: _roc_auc,
        Metric.AVERAGE_PRECISION: lambda y, p: sk.average_precision_score(y, p[:, 1]),
        Metric.ACCURACY: lambda y, p: sk.accuracy_score(y, p.argmax(1)),
        Metric.BALANCED_ACCURACY: lambda y, p: sk.balanced_accuracy_score(y, p.argmax(1)),
        Metric.F1: lambda y, p: sk.f1_score(y, p.argmax(1), zero_division=0),
        Metric.F1_MACRO: lambda y, p: sk.f1_score(y, p.argmax(1), labels=range(p.shape[1]), average="macro", zero_division=0),
        Metric.PRECISION: lambda y, p: sk.precision_score(y, p.argmax(1), zero_division=0),
        Metric.RECALL: lambda y, p: sk.recall_score(y, p.argmax(1), zero_division=0),
        Metric.LOG_LOSS: lambda y, p: sk.log_loss(y, p, labels=range(p.shape[1])),
        Metric.BRIER: lambda y, p: sk.brier_score_loss(y, p[:, 1]),
        Metric.RMSE: sk.root_mean_squared_error,
        Metric.MAE: sk.mean_absolute_error,
        Metric.R2: sk.r2_score,
    }


def _roc_auc(truth: Any, probabilities: Any) -> float:
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415

    if probabilities.shape[1] == 2:
        return float(roc_auc_score(truth, probabilities[:, 1]))
    return float(roc_auc_score(truth, probabilities, multi_class="ovr", average="macro", labels=range(probabilities.shape[1])))
