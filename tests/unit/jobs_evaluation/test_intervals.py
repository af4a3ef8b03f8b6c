"""Intervals cover what they should, widen with clusters, and are refused where there is too little."""

import numpy as np
from modelyard_api.metrics import Metric
from modelyard_jobs.evaluation.intervals import Interval, TooFew, improvement_interval, metric_interval
from modelyard_jobs.evaluation.metrics import Scores
from numpy.typing import NDArray


def answers(random: np.random.Generator, groups: int, per_group: int, shared: float) -> tuple[Scores, NDArray[np.uint64]]:
    """Numbers around zero whose errors have a part that a whole group shares."""
    cluster = np.repeat(np.arange(groups, dtype=np.uint64), per_group)
    error = shared * random.normal(size=groups)[cluster.astype(int)] + random.normal(size=groups * per_group)
    return Scores(np.zeros(len(cluster)), error, None), cluster


def width(measured: Interval | TooFew) -> float:
    assert isinstance(measured, Interval)
    return measured.high - measured.low


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    hits = 0
    for seed in range(60):
        scores, _ = answers(np.random.default_rng(seed), 400, 1, shared=0.0)
        measured = metric_interval(Metric.RMSE, scores, np.arange(400, dtype=np.uint64), seed=0)
        assert isinstance(measured, Interval)
        hits += measured.low <= 1.0 <= measured.high
    assert 51 <= hits <= 60


def test_rows_that_err_together_give_a_wider_interval_than_rows_alone() -> None:
    scores, cluster = answers(np.random.default_rng(1), 30, 50, shared=2.0)
    by_row = metric_interval(Metric.MAE, scores, np.arange(len(cluster), dtype=np.uint64), seed=0)
    by_group = metric_interval(Metric.MAE, scores, cluster, seed=0)
    assert width(by_group) > 3 * width(by_row)


def test_an_improvement_is_positive_where_the_metric_falls() -> None:
    scores, cluster = answers(np.random.default_rng(2), 200, 1, shared=0.0)
    worse = Scores(scores.truth, scores.prediction * 2, None)
    measured = improvement_interval(Metric.RMSE, scores, worse, cluster, seed=0)
    assert isinstance(measured, Interval)
    assert 0 < measured.low <= measured.value <= measured.high


def test_a_model_compared_with_itself_improves_by_exactly_nothing() -> None:
    scores, cluster = answers(np.random.default_rng(3), 200, 1, shared=0.0)
    measured = improvement_interval(Metric.MAE, scores, scores, cluster, seed=0)
    assert isinstance(measured, Interval)
    assert measured.low == measured.value == measured.high == 0


def test_pairing_is_narrower_than_two_separate_intervals() -> None:
    scores, cluster = answers(np.random.default_rng(4), 300, 1, shared=0.0)
    near = Scores(scores.truth, scores.prediction * 1.01, None)
    assert width(improvement_interval(Metric.RMSE, scores, near, cluster, seed=0)) < 0.1 * width(
        metric_interval(Metric.RMSE, scores, cluster, seed=0)
    )


def test_the_same_seed_gives_the_same_interval() -> None:
    scores, cluster = answers(np.random.default_rng(5), 50, 4, shared=1.0)
    assert metric_interval(Metric.MAE, scores, cluster, seed=7) == metric_interval(Metric.MAE, scores, cluster, seed=7)
    assert metric_interval(Metric.MAE, scores, cluster, seed=7) != metric_interval(Metric.MAE, scores, cluster, seed=8)


def test_too_few_rows_or_groups_say_so() -> None:
    scores, cluster = answers(np.random.default_rng(6), 4, 100, shared=1.0)
    few_groups = metric_interval(Metric.MAE, scores, cluster, seed=0)
    assert isinstance(few_groups, TooFew)
    assert "only 4 groups (400 rows)" in few_groups.why
    few_rows = metric_interval(Metric.MAE, scores.take(np.arange(12)), cluster[:12], seed=0)
    assert few_rows == TooFew("only 12 rows; 30 are needed")
    none = metric_interval(Metric.MAE, scores.take(np.arange(0)), cluster[:0], seed=0)
    assert isinstance(none, TooFew)
