"""Intervals widen with groups, stay honest at the ends of a scale, and are refused where there is too little. How often they hold the truth: tests/unit/statistics."""

import time

import numpy as np
import pytest
from modelyard_api.catalogue.metrics import Metric, metrics_of
from modelyard_api.catalogue.tasks import Task
from modelyard_api.verdicts import VerdictReason
from modelyard_jobs.evaluation.intervals import Interval, TooFew, improvement_interval, metric_interval
from modelyard_jobs.evaluation.metrics import Scores
from numpy.typing import NDArray

Clusters = NDArray[np.uint64]


def rows(count: int) -> Clusters:
    return np.arange(count, dtype=np.uint64)


def numbers(random: np.random.Generator, groups: int, per_group: int, shared: float) -> tuple[Scores, Clusters]:
    """Numbers around zero whose errors have a part that a whole group shares."""
    cluster = np.repeat(np.arange(groups, dtype=np.uint64), per_group)
    error = shared * random.normal(size=groups)[cluster.astype(int)] + random.normal(size=groups * per_group)
    return Scores(random.normal(size=len(cluster)), error, None), cluster


def classes(of_class: NDArray[np.int64], chance: NDArray[np.float64]) -> Scores:
    return Scores(of_class, (chance > 0.5).astype(np.int64), np.column_stack([1 - chance, chance]))


def guesses(random: np.random.Generator, counts: tuple[int, int]) -> Scores:
    """Two classes, of which the second tends to score higher."""
    truth = np.repeat([0, 1], counts)
    return classes(truth, np.clip(0.35 + 0.3 * truth + 0.2 * random.normal(size=sum(counts)), 0, 1))


def interval(measured: Interval | TooFew) -> Interval:
    assert isinstance(measured, Interval), measured
    return measured


def width(measured: Interval | TooFew) -> float:
    return interval(measured).high - interval(measured).low


def test_of_independent_rows_the_interval_is_the_textbooks() -> None:
    truth = np.repeat([0, 1], 500)
    chance = np.where(np.arange(1000) % 10 == 0, 1 - truth, truth) * 0.8 + 0.1
    measured = interval(metric_interval(Metric.ACCURACY, classes(truth, chance), rows(1000)))
    assert measured.value == 0.9
    assert measured.standard_error == pytest.approx((0.09 / 1000) ** 0.5, rel=1e-3)
    assert (measured.low, measured.high) == pytest.approx((0.8798, 0.9172), abs=2e-4)  # Wilson's
    assert measured.groups == pytest.approx(1000)


def test_rows_that_err_together_give_a_wider_interval_than_rows_alone() -> None:
    scores, cluster = numbers(np.random.default_rng(1), 30, 50, shared=2.0)
    by_group = metric_interval(Metric.MAE, scores, cluster)
    assert width(by_group) > 3 * width(metric_interval(Metric.MAE, scores, rows(len(cluster))))
    assert interval(by_group).groups == pytest.approx(30)


def test_groups_count_by_their_share_of_the_rows() -> None:
    scores, cluster = numbers(np.random.default_rng(1), 30, 50, shared=0.5)
    cluster[cluster < 6] = 0
    assert interval(metric_interval(Metric.MAE, scores, cluster)).groups == pytest.approx(30**2 / (6**2 + 24))


def test_an_improvement_is_positive_where_the_metric_falls() -> None:
    scores, cluster = numbers(np.random.default_rng(2), 200, 1, shared=0.0)
    worse = Scores(scores.truth, scores.prediction * 2, None)
    measured = interval(improvement_interval(Metric.RMSE, scores, worse, cluster))
    assert 0 < measured.low <= measured.value <= measured.high


@pytest.mark.parametrize("metric", sorted(Metric))
def test_a_model_compared_with_itself_improves_by_exactly_nothing(metric: Metric) -> None:
    random = np.random.default_rng(3)
    scores = numbers(random, 200, 1, shared=0.0)[0] if metric in metrics_of(Task.REGRESSION) else guesses(random, (120, 80))
    measured = interval(improvement_interval(metric, scores, scores, rows(200)))
    assert (measured.low, measured.value, measured.high) == (0, 0, 0)


def test_models_that_decided_alike_on_few_rows_may_still_differ() -> None:
    scores = guesses(np.random.default_rng(3), (20, 20))
    assert scores.probabilities is not None
    softer = Scores(scores.truth, scores.prediction, 0.5 + (scores.probabilities - 0.5) / 2)
    for metric in (Metric.ACCURACY, Metric.F1, Metric.BALANCED_ACCURACY, Metric.RECALL):
        measured = interval(improvement_interval(metric, scores, softer, rows(40)))
        assert measured.value == 0
        assert measured.high == -measured.low > 0.05
    same_order = interval(improvement_interval(Metric.ROC_AUC, scores, softer, rows(40)))
    assert same_order.low == same_order.high == 0


def test_two_perfect_rankings_of_few_rows_are_not_known_to_be_equal() -> None:
    truth, random = np.repeat([0, 1], 15), np.random.default_rng(0)
    one, other = (classes(truth, truth * 0.5 + 0.4 * random.random(30)) for _ in range(2))
    assert interval(improvement_interval(Metric.ROC_AUC, one, other, rows(30))).low < -0.05


def test_pairing_is_narrower_than_two_separate_intervals() -> None:
    scores, cluster = numbers(np.random.default_rng(4), 300, 1, shared=0.0)
    near = Scores(scores.truth, scores.prediction * 1.01, None)
    difference = improvement_interval(Metric.RMSE, scores, near, cluster)
    assert width(difference) < 0.1 * width(metric_interval(Metric.RMSE, scores, cluster))


@pytest.mark.parametrize("metric", sorted(metrics_of(Task.CLASSIFICATION) - {Metric.LOG_LOSS}))
@pytest.mark.parametrize("groups", [40, 10])
def test_without_any_error_the_interval_still_has_a_width(metric: Metric, groups: int) -> None:
    truth = np.repeat([0, 1], 20)
    perfect = classes(truth, truth.astype(np.float64))
    measured = interval(metric_interval(metric, perfect, rows(40) % np.uint64(groups)))
    assert 0 <= measured.low <= measured.value <= measured.high <= 1
    if metric is not Metric.BRIER:
        assert measured.high == 1
        assert measured.low < (0.95 if groups == 40 else 0.8)
        assert measured.standard_error > 0


def test_a_model_that_always_answers_the_same_ranks_at_random_for_certain() -> None:
    truth = np.repeat([0, 1], 20)
    constant = classes(truth, np.full(40, 0.5))
    assert width(metric_interval(Metric.ROC_AUC, constant, rows(40))) == 0
    assert width(metric_interval(Metric.ACCURACY, constant, rows(40))) > 0.2


def test_without_a_call_precision_may_be_anything() -> None:
    never = classes(np.repeat([0, 1], 20), np.linspace(0, 0.4, 40))
    measured = interval(metric_interval(Metric.PRECISION, never, rows(40)))
    assert (measured.low, measured.high) == pytest.approx((0, 1))


@pytest.mark.parametrize("metric", [Metric.RMSE, Metric.MAE, Metric.R2])
@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e140])
def test_the_interval_goes_with_the_unit(metric: Metric, scale: float) -> None:
    scores, cluster = numbers(np.random.default_rng(5), 20, 10, shared=0.5)
    unit = 1.0 if metric is Metric.R2 else scale
    plain = interval(metric_interval(metric, scores, cluster))
    scaled = interval(metric_interval(metric, Scores(scores.truth * scale, scores.prediction * scale, None), cluster))
    assert (scaled.low / unit, scaled.high / unit) == pytest.approx((plain.low, plain.high), rel=1e-9)


def test_too_few_rows_groups_or_rows_of_a_class_say_so() -> None:
    scores, cluster = numbers(np.random.default_rng(6), 4, 100, shared=1.0)
    measured = metric_interval(Metric.MAE, scores, cluster)
    assert isinstance(measured, TooFew)
    assert measured == TooFew(VerdictReason.TOO_FEW_GROUPS, measured.value, None, 4, 10)
    assert measured.value is not None
    few = metric_interval(Metric.MAE, scores.take(np.arange(12)), cluster[:12])
    assert isinstance(few, TooFew)
    assert (few.reason, few.have, few.need) == (VerdictReason.TOO_FEW_ROWS, 12, 30)
    none = metric_interval(Metric.MAE, scores.take(np.arange(0)), cluster[:0])
    assert none == TooFew(VerdictReason.TOO_FEW_ROWS, None, None, 0, 30)
    rare = guesses(np.random.default_rng(7), (391, 9))
    of_class = metric_interval(Metric.ROC_AUC, rare, rows(400))
    assert isinstance(of_class, TooFew)
    assert (of_class.reason, of_class.of_class, of_class.have, of_class.need) == (VerdictReason.TOO_FEW_OF_CLASS, 1, 9, 10)
    assert isinstance(metric_interval(Metric.ACCURACY, rare, rows(400)), Interval)  # a share of all rows


def test_a_class_within_one_group_has_too_few_groups() -> None:
    scores = guesses(np.random.default_rng(8), (180, 20))
    measured = metric_interval(Metric.ROC_AUC, scores, rows(200) // np.uint64(20))
    assert isinstance(measured, TooFew)
    assert (measured.reason, measured.of_class, measured.have) == (VerdictReason.TOO_FEW_GROUPS, 1, 1)


def test_a_constant_truth_leaves_r2_undefined() -> None:
    measured = metric_interval(Metric.R2, Scores(np.full(50, 0.1), np.random.default_rng(9).normal(size=50), None), rows(50))
    assert isinstance(measured, TooFew)
    assert (measured.reason, measured.value) == (VerdictReason.UNDEFINED, None)


@pytest.mark.parametrize("groups", [150_000, 5_000])
def test_150_000_rows_are_judged_in_seconds(groups: int) -> None:
    random = np.random.default_rng(10)
    one = guesses(random, (100_000, 50_000))
    assert one.probabilities is not None
    other = classes(one.truth.astype(np.int64), np.clip(one.probabilities[:, 1] + 0.1 * random.normal(size=150_000), 0, 1))
    cluster = rows(150_000) % np.uint64(groups)
    for metric in (Metric.ROC_AUC, Metric.AVERAGE_PRECISION, Metric.F1_MACRO):
        start = time.process_time()
        interval(metric_interval(metric, one, cluster))
        interval(improvement_interval(metric, one, other, cluster))
        assert time.process_time() - start < 5


def test_a_truth_that_varies_in_one_group_alone_has_too_few_groups() -> None:
    random, cluster = np.random.default_rng(11), rows(200) // np.uint64(10)
    truth = np.where(cluster == 3, random.normal(size=200), 5.0)
    measured = metric_interval(Metric.R2, Scores(truth, truth + random.normal(size=200), None), cluster)
    assert isinstance(measured, TooFew)
    assert (measured.reason, measured.have) == (VerdictReason.TOO_FEW_GROUPS, 1)
