"""A metric that is registered from here alone is measured, gets intervals, and is compared: one line of facts and one function."""

from collections.abc import Iterator

import numpy as np
import pytest
from modelyard_api.catalogue.metrics import METRICS, Direction, Metric, MetricSpec, Spread, default_margin, metrics_of
from modelyard_api.catalogue.tasks import Task
from modelyard_api.objective import Objective
from modelyard_jobs.evaluation.intervals import Interval, improvement_interval, metric_interval
from modelyard_jobs.evaluation.jackknife import Groups, without_each_group
from modelyard_jobs.evaluation.metrics import Array, Measure, Scores, Weights, measure, measure_all


def mean_cubed_error(scores: Scores, weights: Weights) -> Array:
    return np.asarray(weights @ np.abs(scores.prediction - scores.truth) ** 3 / weights.sum(axis=1))


MEASURE = Measure(mean_cubed_error)
PATH = "tests.unit.jobs_evaluation.test_a_metric_of_somebody_else:MEASURE"


@pytest.fixture
def metric() -> Iterator[Metric]:
    METRICS.add(MetricSpec("cubed", frozenset({Task.REGRESSION}), Direction.LOWER, PATH, Spread.ERROR))
    yield Metric("cubed")
    METRICS.remove("cubed")


def scores(noise: float, seed: int = 0) -> Scores:
    random = np.random.default_rng(seed)
    truth = random.normal(size=300)
    return Scores(truth, truth + noise * random.normal(size=300), None)


def test_it_is_measured_with_the_others(metric: Metric) -> None:
    assert metric in metrics_of(Task.REGRESSION)
    assert measure_all(Task.REGRESSION, 0, scores(1.0))["cubed"] == measure(metric, scores(1.0))
    assert Objective.model_validate({"target": "y", "metric": "cubed"}).metric is metric
    assert default_margin(metric, 100.0) == 2.0


def test_it_has_intervals_and_is_compared(metric: Metric) -> None:
    groups = np.repeat(np.arange(60), 5).astype(np.uint64)
    alone = metric_interval(metric, scores(1.0), groups)
    assert isinstance(alone, Interval)
    assert 0 < alone.low < alone.value < alone.high
    better = improvement_interval(metric, scores(0.5), scores(1.0), groups)
    assert isinstance(better, Interval)
    assert better.low > 0


def test_leaving_groups_out_follows_from_its_function(metric: Metric, monkeypatch: pytest.MonkeyPatch) -> None:
    member = np.arange(300) % 7
    found = without_each_group(metric, scores(1.0), Groups.of(member))
    wanted = [measure(metric, scores(1.0).take(member != group)) for group in range(7)]
    np.testing.assert_allclose(found, wanted)
    monkeypatch.setattr("modelyard_jobs.evaluation.jackknife._WEIGHTS", 300)  # a group at a time
    np.testing.assert_allclose(without_each_group(metric, scores(1.0), Groups.of(member)), found)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_built_in_metrics_leave_groups_out_as_their_function_says(name: Metric, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    second = random.uniform(size=120)
    truth = (random.uniform(size=120) < second).astype(np.int64)
    number = scores(1.0).take(np.arange(120))
    answers = Scores(truth, (second > 0.5).astype(np.int64), np.column_stack([1 - second, second])) if METRICS[name].of_classes else number
    groups = Groups.of_single_rows(120)
    by_weights = np.array([measure(name, answers.take(np.arange(120) != row)) for row in range(120)])
    np.testing.assert_allclose(without_each_group(name, answers, groups), by_weights, rtol=1e-9)
