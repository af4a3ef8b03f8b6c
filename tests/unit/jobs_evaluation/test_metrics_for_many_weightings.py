"""The vectorised metrics are scikit-learn's, also with weights."""

import numpy as np
import pytest
from modelyard_api.metrics import BINARY_ONLY, CLASSIFICATION_METRICS, REGRESSION_METRICS, Metric, Task
from modelyard_jobs.evaluation.metrics import Scores, measure, measure_all, weighted
from sklearn import metrics as sk

RANDOM = np.random.default_rng(0)


def binary(rows: int = 400) -> Scores:
    truth = (RANDOM.random(rows) < 0.3).astype(np.int64)
    positive = np.clip(0.3 + 0.2 * truth + 0.2 * RANDOM.normal(size=rows), 0.01, 0.99).round(2)  # with ties
    return Scores(truth, (positive > 0.5).astype(np.int64), np.column_stack([1 - positive, positive]))


def several(rows: int = 400) -> Scores:
    truth = RANDOM.integers(0, 4, rows)
    raw = RANDOM.random((rows, 4)) + 0.7 * np.eye(4)[truth]
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    return Scores(truth, probabilities.argmax(axis=1), probabilities)


def number(rows: int = 400) -> Scores:
    truth = RANDOM.normal(size=rows) * 10
    return Scores(truth, truth + RANDOM.normal(size=rows), None)


BINARY = {
    Metric.ROC_AUC: lambda s, w: sk.roc_auc_score(s.truth, s.probabilities[:, 1], sample_weight=w),
    Metric.AVERAGE_PRECISION: lambda s, w: sk.average_precision_score(s.truth, s.probabilities[:, 1], sample_weight=w),
    Metric.ACCURACY: lambda s, w: sk.accuracy_score(s.truth, s.prediction, sample_weight=w),
    Metric.BALANCED_ACCURACY: lambda s, w: sk.balanced_accuracy_score(s.truth, s.prediction, sample_weight=w),
    Metric.F1: lambda s, w: sk.f1_score(s.truth, s.prediction, sample_weight=w),
    Metric.F1_MACRO: lambda s, w: sk.f1_score(s.truth, s.prediction, average="macro", sample_weight=w),
    Metric.PRECISION: lambda s, w: sk.precision_score(s.truth, s.prediction, sample_weight=w),
    Metric.RECALL: lambda s, w: sk.recall_score(s.truth, s.prediction, sample_weight=w),
    Metric.LOG_LOSS: lambda s, w: sk.log_loss(s.truth, s.probabilities, sample_weight=w),
    Metric.BRIER: lambda s, w: sk.brier_score_loss(s.truth, s.probabilities[:, 1], sample_weight=w),
}
NUMBER = {
    Metric.RMSE: lambda s, w: sk.root_mean_squared_error(s.truth, s.prediction, sample_weight=w),
    Metric.MAE: lambda s, w: sk.mean_absolute_error(s.truth, s.prediction, sample_weight=w),
    Metric.R2: lambda s, w: sk.r2_score(s.truth, s.prediction, sample_weight=w),
}


def test_every_metric_of_the_contract_is_checked_here() -> None:
    assert set(BINARY) == CLASSIFICATION_METRICS
    assert set(NUMBER) == REGRESSION_METRICS


@pytest.mark.parametrize("metric", sorted(Metric))
def test_weighted_metrics_equal_scikit_learns(metric: Metric) -> None:
    scores = number() if metric in REGRESSION_METRICS else binary()
    weights = RANDOM.integers(0, 4, (3, len(scores.truth))).astype(np.float64)
    expected = [(BINARY | NUMBER)[metric](scores, row) for row in weights]
    assert weighted(metric, scores, weights) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("metric", sorted(CLASSIFICATION_METRICS - BINARY_ONLY))
def test_metrics_of_several_classes_equal_scikit_learns(metric: Metric) -> None:
    scores = several()
    assert scores.probabilities is not None
    expected = {
        Metric.ROC_AUC: lambda: sk.roc_auc_score(scores.truth, scores.probabilities, multi_class="ovr"),
        Metric.ACCURACY: lambda: sk.accuracy_score(scores.truth, scores.prediction),
        Metric.BALANCED_ACCURACY: lambda: sk.balanced_accuracy_score(scores.truth, scores.prediction),
        Metric.F1_MACRO: lambda: sk.f1_score(scores.truth, scores.prediction, average="macro"),
        Metric.LOG_LOSS: lambda: sk.log_loss(scores.truth, scores.probabilities),
    }[metric]()
    assert measure(metric, scores) == pytest.approx(expected, rel=1e-9)


def test_undefined_metrics_are_left_out() -> None:
    scores = binary()
    one_class = scores.take(scores.truth == 1)
    assert np.isnan(measure(Metric.ROC_AUC, one_class))
    assert "roc_auc" not in measure_all(Task.CLASSIFICATION, 2, one_class)
    assert set(measure_all(Task.CLASSIFICATION, 4, several())) == {m.value for m in CLASSIFICATION_METRICS - BINARY_ONLY}
    assert set(measure_all(Task.REGRESSION, 0, number())) == {m.value for m in REGRESSION_METRICS}
