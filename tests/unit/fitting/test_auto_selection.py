"""Auto takes the simplest architecture within one standard error of the best, and shows how the others did."""

import dataclasses
import itertools
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from modelyard_api.catalogue.architectures import Architecture, automatic
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import Task
from modelyard_api.conditions import Reason
from modelyard_api.data import ColumnType, Missing
from modelyard_api.training_job import Training
from modelyard_jobs.fitting import FittedModel, LeaderboardRow, Problem, Rows, fit_model, plan_columns, selection
from modelyard_jobs.fitting.selection import choose, simplest_within_one_standard_error
from modelyard_jobs.termination import InvalidRequest

from tests.unit.fitting.penguins import species_problem, species_rows, thirds

A = Architecture


def board(*scores: tuple[float | None, float | None]) -> list[LeaderboardRow]:
    return [
        LeaderboardRow(candidate, value, error, 0.0, selected=False) for candidate, (value, error) in zip(automatic(), scores, strict=True)
    ]


@pytest.mark.parametrize(
    ("metric", "scores", "chosen"),
    [
        (Metric.ROC_AUC, [(0.70, 0.01), (0.71, 0.02), (0.715, 0.02), (0.72, 0.03)], A.LINEAR),
        (Metric.ROC_AUC, [(0.70, 0.09), (0.712, 0.02), (0.715, 0.02), (0.72, 0.01)], A.RANDOM_FOREST),
        (Metric.ROC_AUC, [(0.60, 0.01), (0.61, 0.01), (0.62, 0.01), (0.72, 0.01)], A.MLP),
        (Metric.RMSE, [(9.0, 0.1), (5.0, 0.5), (4.8, 0.5), (5.2, 0.1)], A.RANDOM_FOREST),
        (Metric.RMSE, [(5.4, 0.1), (5.0, 0.5), (5.0, 0.5), (4.0, 0.1)], A.MLP),
        (Metric.ROC_AUC, [(None, None), (0.6, 0.1), (0.65, 0.1), (0.66, 0.1)], A.RANDOM_FOREST),
    ],
)
def test_the_simplest_within_one_standard_error_of_the_best(
    metric: Metric, scores: list[tuple[float | None, float | None]], chosen: Architecture
) -> None:
    assert simplest_within_one_standard_error(board(*scores), metric) is chosen


def test_when_nothing_can_be_scored_it_is_said() -> None:
    with pytest.raises(InvalidRequest, match="roc_auc is undefined") as raised:
        simplest_within_one_standard_error(board(*[(None, None)] * 4), Metric.ROC_AUC)
    assert raised.value.reason is Reason.DATA_INVALID


def test_few_rows_are_cross_validated_over_training_and_validation() -> None:
    train, validation, _ = thirds(species_rows())
    ticks = itertools.count()
    fitted = fit_model(A.AUTO, {}, species_problem(Training(epochs=5)), train, validation, lambda _: None, clock=lambda: float(next(ticks)))
    assert [row.architecture for row in fitted.leaderboard] == [A.LINEAR, A.RANDOM_FOREST, A.GRADIENT_BOOSTING, A.MLP]
    assert all(row.seconds == 1.0 and row.score is not None and row.standard_error is not None for row in fitted.leaderboard)
    (selected,) = [row.architecture for row in fitted.leaderboard if row.selected]
    assert fitted.architecture is selected is fitted.model.architecture


def steps(amount: int, groups: int) -> tuple[Rows, Problem]:
    """A step in x that no line can follow; rows of a group share their x."""
    generator = np.random.default_rng(0)
    group = np.repeat(np.arange(groups), amount // groups)
    x = generator.uniform(-3, 3, groups)[group]
    target = (np.sin(4 * x) > 0).astype(np.int64)
    problem = Problem(
        Task.CLASSIFICATION, ("down", "up"), Metric.ROC_AUC, plan_columns({"x": ColumnType.NUMERICAL}, Missing()), Training(epochs=3), "cpu"
    )
    return Rows(pl.DataFrame({"x": x}), target, group), problem


def test_a_model_that_is_needed_is_chosen_over_a_simpler_one() -> None:
    rows, problem = steps(600, 300)
    fitted = fit_model(A.AUTO, {}, problem, rows.take(np.arange(400)), rows.take(np.arange(400, 600)), lambda _: None)
    assert fitted.architecture is A.RANDOM_FOREST


def recording(seen: list[tuple[Architecture, Rows, Rows]], problem: Problem) -> Callable[..., FittedModel]:
    def fit(architecture: Architecture, train: Rows, stop: Rows, report: object) -> FittedModel:
        seen.append((architecture, train, stop))
        return fit_model(A.LINEAR, {}, problem, train, stop, lambda _: None)

    return fit


def chosen_from(fit: Callable[..., FittedModel], problem: Problem, rows: Rows) -> FittedModel:
    train, validation = rows.take(np.arange(300)), rows.take(np.arange(300, 400))
    return choose(
        fit,
        lambda chosen: fit(chosen, train.with_rows(validation), validation, lambda _: None),
        problem,
        train,
        validation,
        lambda _: None,
        lambda: 0.0,
    )


@pytest.mark.parametrize(
    ("architecture", "rows_fitted"), [(A.LINEAR, 400), (A.RANDOM_FOREST, 400), (A.GRADIENT_BOOSTING, 400), (A.MLP, 300)]
)
def test_what_needs_no_rows_to_stop_on_is_fitted_on_them_as_well(architecture: Architecture, rows_fitted: int) -> None:
    rows, problem = steps(400, 40)
    train, validation = rows.take(np.arange(300)), rows.take(np.arange(300, 400))
    fitted = fit_model(architecture, {}, problem, train, validation, lambda _: None)
    assert fitted.fitted_on == (("train", "validation") if rows_fitted == 400 else ("train",))
    again = fit_model(architecture, {}, problem, train, validation.take(np.arange(50)), lambda _: None)
    raw = {"x": rows.features["x"].to_numpy()}
    changed = not np.array_equal(fitted.model.predict(raw).outputs, again.model.predict(raw).outputs)
    assert changed or rows_fitted == 300


def test_groups_are_never_on_both_sides_and_every_row_is_scored_once() -> None:
    rows, problem = steps(400, 40)
    seen: list[tuple[Architecture, Rows, Rows]] = []
    chosen_from(recording(seen, problem), problem, rows)
    folds = [(train, stop) for architecture, train, stop in seen if architecture is A.MLP]
    assert len(folds) == 5
    used = [set(train.groups.tolist()) | set(stop.groups.tolist()) for train, stop in folds]
    assert all(not set(train.groups.tolist()) & set(stop.groups.tolist()) for train, stop in folds)
    held_out = [set(range(40)) - groups for groups in used]
    assert sorted(itertools.chain(*held_out)) == list(range(40))


def test_many_rows_are_judged_on_the_validation_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "CROSS_VALIDATED_BELOW", 100)
    monkeypatch.setattr(selection, "_CHEAP_CELLS", 100)
    rows, problem = steps(400, 40)
    seen: list[tuple[Architecture, Rows, Rows]] = []
    chosen = chosen_from(recording(seen, problem), problem, rows)
    tried = [(a, 300, 100) for a in automatic()]
    assert [(architecture, len(train), len(stop)) for architecture, train, stop in seen] == [*tried, (A.LINEAR, 400, 100)]
    assert [row.selected for row in chosen.leaderboard] == [True, False, False, False]


def test_too_few_groups_for_folds_fall_back_to_the_validation_split() -> None:
    rows, problem = steps(400, 40)
    one = dataclasses.replace(rows, groups=np.zeros(400, dtype=np.int64))
    seen: list[tuple[Architecture, Rows, Rows]] = []
    chosen_from(recording(seen, problem), problem, one)
    assert len(seen) == len(automatic()) + 1  # every candidate once, and the chosen one on all rows


def test_a_candidate_that_diverges_is_noted_and_the_others_go_on() -> None:
    rows, problem = steps(400, 40)

    def fit(architecture: Architecture, train: Rows, stop: Rows, report: object) -> FittedModel:
        if architecture is A.MLP:
            raise InvalidRequest(Reason.TRAINING_DIVERGED, "the loss was no longer a finite number")
        return fit_model(A.LINEAR, {}, problem, train, stop, lambda _: None)

    fitted = chosen_from(fit, problem, rows)
    assert fitted.leaderboard[-1].score is None
    assert "no longer a finite number" in fitted.leaderboard[-1].note
