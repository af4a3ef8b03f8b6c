"""The metrics are scikit-learn's, also with weights, at any mean and scale, with ties, and with each group left out at once."""

import numpy as np
import pytest
from modelyard_api.catalogue.metrics import Metric, metrics_of
from modelyard_api.catalogue.tasks import Task
from modelyard_jobs.evaluation.jackknife import Groups, without_each_group
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
    # moved towards zero, which is exact: at a mean of 1e12 times the spread scikit-learn's own sum is off by 1e-7
    Metric.R2: lambda s, w: sk.r2_score(s.truth - s.truth[0], s.prediction - s.truth[0], sample_weight=w),
}


def test_every_metric_of_the_contract_is_checked_here() -> None:
    assert set(BINARY) == metrics_of(Task.CLASSIFICATION)
    assert set(NUMBER) == metrics_of(Task.REGRESSION)


@pytest.mark.parametrize("metric", sorted(Metric))
def test_weighted_metrics_equal_scikit_learns(metric: Metric) -> None:
    scores = number() if metric in metrics_of(Task.REGRESSION) else binary()
    weights = RANDOM.integers(0, 4, (3, len(scores.truth))).astype(np.float64)
    expected = [(BINARY | NUMBER)[metric](scores, row) for row in weights]
    assert weighted(metric, scores, weights) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("metric", sorted(metrics_of(Task.CLASSIFICATION, classes=3)))
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
    assert set(measure_all(Task.CLASSIFICATION, 4, several())) == {m.value for m in metrics_of(Task.CLASSIFICATION, classes=3)}
    assert set(measure_all(Task.REGRESSION, 0, number())) == {m.value for m in metrics_of(Task.REGRESSION)}


SEEDS = range(12)


def draw(metric: Metric, random: np.random.Generator, rows: int = 120) -> Scores:
    """Two classes with ties, tiny, large and equal probabilities by turns; or numbers of an extreme mean and scale."""
    if metric in metrics_of(Task.REGRESSION):
        mean, scale = 10.0 ** random.uniform(-3, 12), 10.0 ** random.uniform(-3, 3)
        truth = mean + scale * random.normal(size=rows)
        return Scores(truth, truth + scale * random.normal(size=rows), None)
    truth = (np.arange(rows) < random.integers(3, rows - 3)).astype(np.int64)
    chance = random.choice(
        [np.zeros(rows), random.random(rows).round(1), random.random(rows) ** 40, 1 - random.random(rows) ** 9, random.random(rows)]
    )
    return Scores(truth, (chance > 0.5).astype(np.int64), np.column_stack([1 - chance, chance]))


def draw_weights(random: np.random.Generator, rows: int) -> np.ndarray:
    """Around any size, and within one weighting up to twelve orders apart."""
    return 10.0 ** (random.uniform(-140, 140) + random.uniform(0, 12) * random.random(rows))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("metric", sorted(Metric))
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_extreme_means_scales_weights_and_ties_give_scikit_learns_values(metric: Metric, seed: int) -> None:
    random = np.random.default_rng([seed, 1])
    scores = draw(metric, random)
    weights = np.stack([draw_weights(random, len(scores.truth)) for _ in range(3)])
    reference = (BINARY | NUMBER)[metric]
    assert weighted(metric, scores, weights) == pytest.approx([reference(scores, row) for row in weights], rel=1e-9, abs=1e-12)
    assert measure(metric, scores) == pytest.approx(reference(scores, np.ones(len(scores.truth))), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("metric", sorted(Metric))
def test_plain_weighted_and_leave_out_forms_agree(metric: Metric, seed: int) -> None:
    random = np.random.default_rng([seed, 2])
    scores = draw(metric, random)
    for member in (random.permutation(120), random.integers(0, 9, 120), np.arange(120) // 20):
        groups = Groups.of(member)
        left_out = np.arange(groups.count)[:, None] != groups.member
        together = weighted(metric, scores, left_out.astype(np.float64))
        assert without_each_group(metric, scores, groups) == pytest.approx(together, rel=1e-9, abs=1e-12, nan_ok=True)
        singly = [measure(metric, scores.take(rows)) for rows in left_out]
        assert together == pytest.approx(singly, rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("metric", sorted(metrics_of(Task.CLASSIFICATION, classes=3)))
def test_leave_out_forms_agree_for_several_classes(metric: Metric) -> None:
    scores, groups = several(), Groups.of(RANDOM.integers(0, 15, 400))
    left_out = (np.arange(15)[:, None] != groups.member).astype(np.float64)
    assert without_each_group(metric, scores, groups) == pytest.approx(weighted(metric, scores, left_out), rel=1e-9)


def test_r2_of_values_far_from_zero_is_measured_around_their_mean() -> None:
    truth = 1.7e9 + np.random.default_rng(4).normal(size=2000)
    scores = Scores(truth, truth + np.random.default_rng(5).normal(size=2000) * 0.47, None)
    assert measure(Metric.R2, scores) == pytest.approx(sk.r2_score(scores.truth, scores.prediction), rel=1e-9)
    assert measure(Metric.R2, scores) == pytest.approx(0.78, abs=0.02)


@pytest.mark.parametrize("scale", [1e-200, 1e-150, 1e150, 1e200])
def test_numbers_of_any_unit_have_the_same_quality(scale: float) -> None:
    scores = number()
    scaled = Scores(scores.truth * scale, scores.prediction * scale, None)
    weights = np.ones((1, 400)) * 1e300
    assert weighted(Metric.R2, scaled, weights)[0] == pytest.approx(measure(Metric.R2, scores), rel=1e-9)
    assert weighted(Metric.RMSE, scaled, weights)[0] / scale == pytest.approx(measure(Metric.RMSE, scores), rel=1e-9)
    assert weighted(Metric.MAE, scaled, weights)[0] / scale == pytest.approx(measure(Metric.MAE, scores), rel=1e-9)


def test_weights_may_differ_by_class_beyond_any_product() -> None:
    scores = binary()
    weights = np.where(scores.truth == 1, 1e-300, 1e300)
    expected = sk.roc_auc_score(scores.truth, scores.probabilities[:, 1], sample_weight=weights)
    assert weighted(Metric.ROC_AUC, scores, weights[None])[0] == pytest.approx(expected, rel=1e-9)


def test_certain_and_wrong_costs_what_it_costs_in_scikit_learn() -> None:
    truth = np.repeat([0, 1], 10)
    chance = np.where(np.arange(20) % 3 == 0, 1.0 - truth, truth)
    scores = Scores(truth, (chance > 0.5).astype(np.int64), np.column_stack([1 - chance, chance]))
    assert measure(Metric.LOG_LOSS, scores) == pytest.approx(sk.log_loss(truth, chance), rel=1e-12)


def test_a_constant_truth_has_no_r2_and_no_rows_have_no_metric() -> None:
    assert np.isnan(measure(Metric.R2, Scores(np.full(9, 0.1), np.arange(9.0), None)))
    assert all(np.isnan(measure(metric, number().take(np.arange(0)))) for metric in metrics_of(Task.REGRESSION))
    assert all(np.isnan(measure(metric, binary().take(np.arange(0)))) for metric in metrics_of(Task.CLASSIFICATION))


def test_average_precision_without_one_of_many_groups_is_near_the_exact_one() -> None:
    """Small groups beyond the largest are left out row by row."""
    random = np.random.default_rng(6)
    scores, groups = binary(3000), Groups.of(random.integers(0, 900, 3000))
    left_out = (np.arange(groups.count)[:, None] != groups.member).astype(np.float64)
    exact = weighted(Metric.AVERAGE_PRECISION, scores, left_out) - measure(Metric.AVERAGE_PRECISION, scores)
    ours = without_each_group(Metric.AVERAGE_PRECISION, scores, groups) - measure(Metric.AVERAGE_PRECISION, scores)
    assert np.sqrt((ours**2).sum()) == pytest.approx(np.sqrt((exact**2).sum()), rel=0.01)
