"""Selection looks at the metric the model is judged by, and knows how far chance moves it."""

import math

import numpy as np
import pytest
from modelyard_api.catalogue.metrics import Metric, metrics_of
from modelyard_api.catalogue.tasks import Task
from modelyard_jobs.fitting.selection import clustered_standard_error, improvement, score

TRUTH = np.array([0, 0, 1, 1])
GOOD = np.array([[0.9, 0.1], [0.6, 0.4], [0.35, 0.65], [0.2, 0.8]])


def test_probabilities_and_values_are_both_scored() -> None:
    assert score(Metric.LOG_LOSS, TRUTH, GOOD) == pytest.approx(-np.log([0.9, 0.6, 0.65, 0.8]).mean())
    assert score(Metric.ACCURACY, TRUTH, GOOD[::-1]) == 0.0
    assert score(Metric.RMSE, np.array([1.0, 2.0]), np.array([3.0, 1.0])) == pytest.approx(math.sqrt(2.5))


def test_a_ranking_of_one_class_is_undefined() -> None:
    assert math.isnan(score(Metric.ROC_AUC, np.zeros(4, dtype=np.int64), GOOD))


@pytest.mark.parametrize("metric", sorted(Metric))
def test_improvement_is_positive_for_the_better_one(metric: Metric) -> None:
    if metric in metrics_of(Task.REGRESSION):
        truth, good, bad = np.array([1.0, 2.0, 3.0]), np.array([1.1, 2.0, 2.9]), np.array([3.0, 2.0, 1.0])
    else:
        truth, good, bad = TRUTH, GOOD, GOOD[::-1]
    assert improvement(metric, score(metric, truth, good), score(metric, truth, bad)) > 0


def test_the_standard_error_of_independent_rows_is_the_textbooks() -> None:
    truth, generator = np.arange(900) % 2, np.random.default_rng(5)
    right = generator.random(900) < 0.8
    confidence = np.where(right == (truth == 1), 0.9, 0.1)
    answers = np.column_stack([1 - confidence, confidence])
    wanted = math.sqrt(right.mean() * (1 - right.mean()) / 900)
    assert clustered_standard_error(Metric.ACCURACY, truth, answers, np.arange(900)) == pytest.approx(wanted, rel=0.01)


def test_the_standard_error_counts_groups_not_rows() -> None:
    groups, generator = np.repeat(np.arange(20), 100), np.random.default_rng(1)
    truth = np.arange(2000) % 2
    right = (generator.random(20) < 0.7)[groups]  # a whole group is right or wrong
    confidence = np.where(right == (truth == 1), 0.9, 0.1)
    answers = np.column_stack([1 - confidence, confidence])
    by_group = clustered_standard_error(Metric.ACCURACY, truth, answers, groups)
    assert by_group > 7 * clustered_standard_error(Metric.ACCURACY, truth, answers, np.arange(2000))


def test_an_error_that_can_not_be_measured_is_none() -> None:
    assert clustered_standard_error(Metric.ROC_AUC, np.zeros(4, dtype=np.int64), GOOD, np.arange(4)) == 0.0
