"""Auto: the simplest architecture that is within one standard error of the best one."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from modelyard_api.catalogue.architectures import Architecture, automatic, is_trained_in_epochs
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import has_classes
from modelyard_api.conditions import Reason
from numpy.typing import NDArray

from modelyard_jobs.failures import InvalidOrder
from modelyard_jobs.fitting.learned import Report
from modelyard_jobs.fitting.preparing import raw_columns
from modelyard_jobs.fitting.problem import FittedModel, LeaderboardRow, Problem, Rows
from modelyard_jobs.fitting.scores import clustered_standard_error, improvement, score

CROSS_VALIDATED_BELOW = 5000  # rows: one validation split of fewer is too noisy to choose by
_CHEAP_CELLS = 200_000  # rows times columns up to which five fits of every candidate take a minute at most
_FOLDS = 5
Fit = Callable[[Architecture, Rows, Rows, Report], FittedModel]
FitFinally = Callable[[Architecture], FittedModel]


@dataclass(frozen=True)
class _Estimate:
    score: float
    standard_error: float
    fitted: FittedModel | None  # fitted on the whole training split already, if that is how it will be used


def choose(
    fit: Fit, fit_finally: FitFinally, problem: Problem, train: Rows, validation: Rows, report: Report, clock: Callable[[], float]
) -> FittedModel:
    """The chosen architecture, fitted by ``fit_finally`` where it isn't yet, with the leaderboard. ``fit`` tries candidates."""
    folds = _folds(problem, train, validation) if _is_cross_validated(train, validation) else []
    rows: list[LeaderboardRow] = []
    estimates: dict[Architecture, _Estimate] = {}
    for candidate in automatic():
        started, note = clock(), ""
        try:
            estimates[candidate] = (
                _cross_validated(fit, candidate, problem, folds) if folds else _held_out(fit, candidate, problem, train, validation, report)
            )
        except InvalidOrder as failure:
            if failure.reason is not Reason.TRAINING_DIVERGED:  # anything else is wrong for all of them
                raise
            note = str(failure)
        rows.append(_row(candidate, estimates.get(candidate), clock() - started, note))
    chosen = simplest_within_one_standard_error(rows, problem.metric)
    fitted = estimates[chosen].fitted or fit_finally(chosen)
    return replace(fitted, leaderboard=tuple(replace(row, selected=row.architecture is chosen) for row in rows))


def _is_cross_validated(train: Rows, validation: Rows) -> bool:
    rows = len(train) + len(validation)
    return rows < CROSS_VALIDATED_BELOW or rows * train.features.width <= _CHEAP_CELLS


def simplest_within_one_standard_error(rows: list[LeaderboardRow], metric: Metric) -> Architecture:
    """``rows`` with the simplest architecture first (Breiman et al. 1984, "Classification and Regression Trees", section 3.4.3)."""
    scored = [(row.architecture, row.score, row.standard_error or 0.0) for row in rows if row.score is not None]
    if not scored:
        raise InvalidOrder(
            Reason.DATA_INVALID,
            f"{metric} is undefined on the validation rows for every architecture: they hold too few classes; give more data",
        )
    _, best, error = scored[0]
    for _, value, its_error in scored[1:]:
        if improvement(metric, value, best) > 0:
            best, error = value, its_error
    return next(architecture for architecture, value, _ in scored if improvement(metric, best, value) <= error)


def _row(candidate: Architecture, estimate: _Estimate | None, seconds: float, note: str) -> LeaderboardRow:
    if estimate is None or not np.isfinite(estimate.score):
        return LeaderboardRow(candidate, None, None, seconds, selected=False, note=note or "the metric is undefined on the validation rows")
    return LeaderboardRow(candidate, estimate.score, estimate.standard_error, seconds, selected=False)


def _predict(fitted: FittedModel, rows: Rows) -> NDArray[np.float64]:
    return fitted.model.predict(raw_columns(rows.features, [item.name for item in fitted.model.inputs])).outputs


def _held_out(fit: Fit, candidate: Architecture, problem: Problem, train: Rows, validation: Rows, report: Report) -> _Estimate:
    fitted = fit(candidate, train, validation, report)
    outputs = _predict(fitted, validation)
    value = score(problem.metric, validation.target, outputs)
    error = clustered_standard_error(problem.metric, validation.target, outputs, validation.groups)
    return _Estimate(value, error, fitted if is_trained_in_epochs(candidate) else None)


def _cross_validated(fit: Fit, candidate: Architecture, problem: Problem, folds: list[tuple[Rows, Rows, Rows]]) -> _Estimate:
    """Everything, the preparation too, is fitted anew in every fold; networks stop on rows that the fold isn't scored on."""
    scores = []
    for fold, stop, held_out in folds:
        outputs = _predict(fit(candidate, fold, stop, lambda _: None), held_out)
        scores.append(score(problem.metric, held_out.target, outputs))
    finite = np.array(scores)[np.isfinite(scores)]
    if not len(finite):
        return _Estimate(float("nan"), 0.0, None)
    error = float(finite.std(ddof=1) / np.sqrt(len(finite))) if len(finite) > 1 else 0.0
    return _Estimate(float(finite.mean()), error, None)


def _folds(problem: Problem, train: Rows, validation: Rows) -> list[tuple[Rows, Rows, Rows]]:
    """(fitted on, stopped on, scored on) per fold, groups whole; empty when there are too few groups."""
    together = train.with_rows(validation)
    folds = []
    for fitting, held_out in _split(problem, together, _FOLDS):
        rest = together.take(fitting)
        inner = _split(problem, rest, _FOLDS + 1)
        if not inner:
            return []
        folds.append((rest.take(inner[0][0]), rest.take(inner[0][1]), together.take(held_out)))
    return folds


def _split(problem: Problem, rows: Rows, folds: int) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold  # noqa: PLC0415  takes a second

    folds = min(folds, len(np.unique(rows.groups)))
    if has_classes(problem.task):
        folds = min(folds, int(np.bincount(rows.target.astype(np.intp))[np.unique(rows.target).astype(np.intp)].min()))
    if folds < 2:
        return []
    kind = StratifiedGroupKFold if has_classes(problem.task) else GroupKFold
    splitter = kind(n_splits=folds, shuffle=True, random_state=problem.training.seed)
    return list(splitter.split(np.zeros(len(rows)), rows.target, rows.groups))
