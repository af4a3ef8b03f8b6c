"""Auto's rule by simulation: equal models give the simplest, a model that is better by three standard errors of the paired difference is chosen."""

from collections.abc import Sequence

import numpy as np
import pytest
from modelyard_api.catalogue.architectures import Architecture, automatic
from modelyard_api.catalogue.metrics import METRICS, Metric
from modelyard_jobs.evaluation.metrics import Scores, measure
from modelyard_jobs.fitting.problem import LeaderboardRow
from modelyard_jobs.fitting.selection import HeldOutPredictions, is_better, mean_score, scores_of, simplest_within_one_standard_error

FOLDS, ROWS = 5, 80  # of each fold
DRAWS = 200
SHARED, OWN = 1.0, 0.5  # of models that err together, as linear models and forests do


def draw(metric: Metric, random: np.random.Generator, advantages: Sequence[float]) -> list[tuple[HeldOutPredictions, ...]]:
    """HeldOutPredictions of models that err together, fold by fold; an advantage takes so much of a model's error away."""
    folds: list[tuple[HeldOutPredictions, ...]] = []
    for _ in range(FOLDS):
        truth = random.normal(size=ROWS)
        shared = random.normal(size=ROWS)
        folds.append(tuple(answers(metric, truth, shared, random.normal(size=ROWS), each) for each in advantages))
    return list(zip(*folds, strict=True))


def answers(metric: Metric, truth: np.ndarray, shared: np.ndarray, own: np.ndarray, advantage: float) -> HeldOutPredictions:
    guess = truth + (SHARED * shared + OWN * own) * (1 - advantage)
    if not METRICS[metric].of_classes:
        return HeldOutPredictions(scores_of(truth, guess), np.arange(ROWS))
    second = 1 / (1 + np.exp(-guess))
    return HeldOutPredictions(scores_of((truth > 0).astype(np.int64), np.column_stack([1 - second, second])), np.arange(ROWS))


def board(metric: Metric, candidates: Sequence[tuple[HeldOutPredictions, ...]]) -> list[LeaderboardRow]:
    rows = []
    for name, each in zip(automatic(), candidates, strict=False):
        rows.append(LeaderboardRow(name, *mean_score(metric, each), 0.0, selected=False))
    return rows


def chosen(metric: Metric, candidates: Sequence[tuple[HeldOutPredictions, ...]]) -> Architecture:
    by_name = dict(zip(automatic(), candidates, strict=False))
    rows = board(metric, candidates)
    return simplest_within_one_standard_error(rows, metric, lambda one, other: is_better(metric, by_name[one], by_name[other]))


def differences(metric: Metric, advantage: float, draws: int) -> np.ndarray:
    """(draws,): how much better the second of two models is, by the mean over the folds."""
    random, sign = np.random.default_rng(1), -1 if METRICS[metric].lower_is_better else 1
    found = []
    for _ in range(draws):
        first, second = draw(metric, random, (0.0, advantage))
        found.append(sign * np.mean([measure(metric, b.scores) - measure(metric, a.scores) for a, b in zip(first, second, strict=True)]))
    return np.array(found)


@pytest.mark.parametrize("metric", [Metric.RMSE, Metric.ROC_AUC, Metric.LOG_LOSS])
def test_of_equal_models_the_simplest_is_chosen(metric: Metric) -> None:
    random = np.random.default_rng(2)
    simplest = [chosen(metric, draw(metric, random, (0.0, 0.0))) is automatic()[0] for _ in range(DRAWS)]
    assert np.mean(simplest) >= 0.9


@pytest.mark.parametrize("metric", [Metric.RMSE, Metric.ROC_AUC])
def test_a_model_that_is_better_by_three_standard_errors_of_the_difference_is_chosen(metric: Metric) -> None:
    low, high = 0.0, 0.9
    for _ in range(8):  # the advantage that is three standard errors
        advantage = (low + high) / 2
        found = differences(metric, advantage, 120)
        low, high = (advantage, high) if found.mean() < 3 * found.std(ddof=1) else (low, advantage)
    random = np.random.default_rng(3)
    better = [chosen(metric, draw(metric, random, (0.0, high))) is automatic()[1] for _ in range(DRAWS)]
    assert np.mean(better) >= 0.8


def test_a_significantly_better_model_is_chosen_although_the_simplest_is_within_one_standard_error() -> None:
    random = np.random.default_rng(4)
    candidates = draw(Metric.RMSE, random, (0.0, 0.12))
    rows = [LeaderboardRow(row.architecture, row.score, 1.0, 0.0, selected=False) for row in board(Metric.RMSE, candidates)]
    assert simplest_within_one_standard_error(rows, Metric.RMSE) is automatic()[0]
    by_name = dict(zip(automatic(), candidates, strict=False))
    told = simplest_within_one_standard_error(rows, Metric.RMSE, lambda one, other: is_better(Metric.RMSE, by_name[one], by_name[other]))
    assert told is automatic()[1]


def test_what_can_not_be_measured_is_not_better() -> None:
    nothing = HeldOutPredictions(Scores(np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64), np.full((3, 2), 0.5)), np.arange(3))
    assert not is_better(Metric.ROC_AUC, [nothing], [nothing])
    one_group = HeldOutPredictions(nothing.scores, np.zeros(3))
    assert not is_better(Metric.ACCURACY, [one_group], [one_group])
