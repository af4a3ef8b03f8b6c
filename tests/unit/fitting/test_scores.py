"""Metrics as scikit-learn defines them, and NaN instead of a surprise where they are undefined."""

import math

import numpy as np
import pytest
from modelyard_api.metrics import CLASSIFICATION_METRICS, REGRESSION_METRICS, Metric
from modelyard_jobs.fitting.scores import improvement, score

TRUTH = np.array([0, 0, 1, 1])
GOOD = np.array([[0.9, 0.1], [0.6, 0.4], [0.35, 0.65], [0.2, 0.8]])


@pytest.mark.parametrize("metric", sorted(CLASSIFICATION_METRICS - {Metric.LOG_LOSS, Metric.BRIER}))
def test_a_perfect_ranking_has_the_best_score(metric: Metric) -> None:
    assert score(metric, TRUTH, GOOD) == pytest.approx(1.0)


def test_losses_are_computed_by_hand() -> None:
    assert score(Metric.LOG_LOSS, TRUTH, GOOD) == pytest.approx(-np.log([0.9, 0.6, 0.65, 0.8]).mean())
    assert score(Metric.BRIER, TRUTH, GOOD) == pytest.approx(np.square([0.1, 0.4, 0.35, 0.2]).mean())


@pytest.mark.parametrize(("metric", "value"), [(Metric.RMSE, math.sqrt(2.5)), (Metric.MAE, 1.5), (Metric.R2, 1 - 5 / 0.5)])
def test_regression_metrics_are_computed_by_hand(metric: Metric, value: float) -> None:
    assert score(metric, np.array([1.0, 2.0]), np.array([3.0, 1.0])) == pytest.approx(value)


@pytest.mark.parametrize("metric", [Metric.ROC_AUC, Metric.AVERAGE_PRECISION])
def test_a_ranking_of_one_class_is_undefined(metric: Metric) -> None:
    assert math.isnan(score(metric, np.zeros(4, dtype=np.int64), GOOD))


def test_three_classes_are_averaged_one_against_the_rest() -> None:
    outputs = np.eye(3)[[0, 1, 2, 2]] * 0.7 + 0.1
    assert score(Metric.ROC_AUC, np.array([0, 1, 2, 2]), outputs) == pytest.approx(1.0)
    assert math.isnan(score(Metric.ROC_AUC, np.array([0, 1, 1, 1]), outputs))


def test_a_class_without_rows_counts_in_the_macro_average() -> None:
    assert score(Metric.F1_MACRO, np.array([0, 0]), np.array([[0.8, 0.2], [0.7, 0.3]])) == pytest.approx(0.5)


@pytest.mark.parametrize("metric", sorted(Metric))
def test_improvement_is_positive_for_the_better_one(metric: Metric) -> None:
    if metric in REGRESSION_METRICS:
        truth, good, bad = np.array([1.0, 2.0, 3.0]), np.array([1.1, 2.0, 2.9]), np.array([3.0, 2.0, 1.0])
    else:
        truth, good, bad = TRUTH, GOOD, GOOD[::-1]
    assert improvement(metric, score(metric, truth, good), score(metric, truth, bad)) > 0
