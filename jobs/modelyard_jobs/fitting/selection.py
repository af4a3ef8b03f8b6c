"""Auto: the simplest architecture that is within one standard error of the best one, unless the best is better beyond chance.

Beyond chance: on the rows that neither was fitted to, the paired difference of both is significant at 5 % (two-sided). The standard error of a score is
wide where rows are hard for all models alike; the difference of two models on the same rows is known much better.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from modelyard_api.catalogue.architectures import Architecture, automatic, is_trained_in_epochs
from modelyard_api.catalogue.metrics import Metric, lower_is_better
from modelyard_api.catalogue.tasks import has_classes
from modelyard_api.conditions import Reason
from numpy.typing import NDArray
from scipy.special import stdtrit

from modelyard_jobs.columns.matrices import raw_columns
from modelyard_jobs.evaluation.intervals import difference_error, standard_error
from modelyard_jobs.evaluation.metrics import Scores, measure
from modelyard_jobs.fitting.problem import FittedModel, LeaderboardRow, Problem, Report, Rows
from modelyard_jobs.termination import InvalidRequest

Truth = NDArray[np.float64] | NDArray[np.int64]
CROSS_VALIDATED_BELOW = 5000  # rows: one validation split of fewer is too noisy to choose by
_LEVEL = 0.95  # of the test whether a difference is beyond chance
_CHEAP_CELLS = 200_000  # rows times columns up to which five fits of every candidate take a minute at most
_FOLDS = 5
Fit = Callable[[Architecture, Rows, Rows, Report], FittedModel]
FitFinally = Callable[[Architecture], FittedModel]
Beats = Callable[[Architecture, Architecture], bool]


def score(metric: Metric, truth: Truth, outputs: NDArray[np.float64]) -> float:
    """``outputs`` as in ``Prediction.outputs``, ``truth`` as class numbers or values. NaN where the metric is undefined, as ROC-AUC with one class."""
    return measure(metric, scores_of(truth, outputs))


def improvement(metric: Metric, value: float, other: float) -> float:
    """How much better ``value`` is than ``other``; negative when it is worse."""
    return other - value if lower_is_better(metric) else value - other


def clustered_standard_error(metric: Metric, truth: Truth, outputs: NDArray[np.float64], groups: NDArray[np.generic]) -> float:
    """By leaving out whole groups, because rows of one group are not independent; 0 where it can't be measured."""
    return standard_error(metric, scores_of(truth, outputs), groups) or 0.0


def scores_of(truth: Truth, outputs: NDArray[np.float64]) -> Scores:
    """Outputs beside the truth, with what is decided."""
    return Scores(truth, outputs, None) if outputs.ndim == 1 else Scores(truth, outputs.argmax(axis=1), outputs)


@dataclass(frozen=True)
class HeldOutPredictions:
    """What a candidate answered to rows that it wasn't fitted to, and the group of each row."""

    scores: Scores
    groups: NDArray[np.generic]

    @classmethod
    def of(cls, rows: Rows, outputs: NDArray[np.float64]) -> "HeldOutPredictions":
        """``outputs`` as in ``Prediction.outputs``."""
        return cls(scores_of(rows.target, outputs), rows.groups)


@dataclass(frozen=True)
class _Estimate:
    score: float
    standard_error: float
    fitted: FittedModel | None  # fitted on the whole training split already, if that is how it will be used
    predictions: tuple[HeldOutPredictions, ...] = ()


def choose(
    fit: Fit, fit_finally: FitFinally, problem: Problem, train: Rows, validation: Rows, report: Report, clock: Callable[[], float]
) -> FittedModel:
    """The chosen architecture, fitted by ``fit_finally`` where it isn't yet, with the leaderboard. ``fit`` tries candidates."""
    folds = _folds(problem, train, validation) if _is_cross_validated(train, validation) else []
    rows: list[LeaderboardRow] = []
    estimates: dict[Architecture, _Estimate] = {}
    for candidate in automatic(problem.task):
        started, note = clock(), ""
        try:
            estimates[candidate] = (
                _cross_validated(fit, candidate, problem, folds) if folds else _held_out(fit, candidate, problem, train, validation, report)
            )
        except InvalidRequest as failure:
            if failure.reason is not Reason.TRAINING_DIVERGED:  # anything else is wrong for all of them
                raise
            note = str(failure)
        rows.append(_row(candidate, estimates.get(candidate), clock() - started, note))
    chosen = simplest_within_one_standard_error(
        rows, problem.metric, lambda one, other: is_better(problem.metric, estimates[one].predictions, estimates[other].predictions)
    )
    fitted = estimates[chosen].fitted or fit_finally(chosen)
    return replace(fitted, leaderboard=tuple(replace(row, selected=row.architecture is chosen) for row in rows))


def _is_cross_validated(train: Rows, validation: Rows) -> bool:
    rows = len(train) + len(validation)
    return rows < CROSS_VALIDATED_BELOW or rows * train.features.width <= _CHEAP_CELLS


def simplest_within_one_standard_error(rows: list[LeaderboardRow], metric: Metric, is_beaten: Beats = lambda *_: False) -> Architecture:
    """``rows`` with the simplest architecture first (Breiman et al. 1984, "Classification and Regression Trees", section 3.4.3).

    ``is_beaten`` (by the first, the second): beyond chance; then the second is passed over.
    """
    scored = [(row.architecture, row.score, row.standard_error or 0.0) for row in rows if row.score is not None]
    if not scored:
        raise InvalidRequest(
            Reason.DATA_INVALID,
            f"{metric} is undefined on the validation rows for every architecture: they hold too few classes; give more data",
        )
    best, score_of_best, error = scored[0]
    for architecture, value, its_error in scored[1:]:
        if improvement(metric, value, score_of_best) > 0:
            best, score_of_best, error = architecture, value, its_error
    close = (architecture for architecture, value, _ in scored if improvement(metric, score_of_best, value) <= error)
    return next(architecture for architecture in close if architecture is best or not is_beaten(best, architecture))


def is_better(metric: Metric, one: Sequence[HeldOutPredictions], other: Sequence[HeldOutPredictions]) -> bool:
    """Whether ``one`` is better than ``other`` on the same rows, part by part, beyond chance at 5 % (one-sided: of the one with the better mean).

    The mean difference over the parts, with the errors of the parts, which share no rows: the groups of each part are whole.
    """
    differences, variances, freedoms = [], [], []
    for mine, others in zip(one, other, strict=True):
        difference = improvement(metric, measure(metric, mine.scores), measure(metric, others.scores))
        error = difference_error(metric, mine.scores, others.scores, mine.groups)
        if error is None or not np.isfinite(difference):
            continue
        differences.append(difference)
        variances.append(error[0] ** 2)
        freedoms.append(error[1])
    if not differences:
        return False
    error_of_mean = float(np.sqrt(np.sum(variances))) / len(variances)
    return float(np.mean(differences)) > float(stdtrit(sum(freedoms), _LEVEL)) * error_of_mean


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
    return _Estimate(value, error, fitted if is_trained_in_epochs(candidate) else None, (HeldOutPredictions.of(validation, outputs),))


def _cross_validated(fit: Fit, candidate: Architecture, problem: Problem, folds: list[tuple[Rows, Rows, Rows]]) -> _Estimate:
    """Everything, the preparation too, is fitted anew in every fold. Networks stop on rows that the fold isn't scored on; what needs no such rows is fitted to
    them too, as it will be in the end.
    """
    in_epochs = is_trained_in_epochs(candidate)
    predictions = tuple(
        HeldOutPredictions.of(
            held_out, _predict(fit(candidate, fold if in_epochs else fold.with_rows(stop), stop, lambda _: None), held_out)
        )
        for fold, stop, held_out in folds
    )
    value, error = mean_score(problem.metric, predictions)
    return _Estimate(value, error, None, predictions)


def mean_score(metric: Metric, predictions: Sequence[HeldOutPredictions]) -> tuple[float, float]:
    """Over the parts where it is defined, and its standard error: how far the parts are apart, or how far their rows let each of them be.

    The larger of both: a few parts know badly how far they are apart.
    """
    scored = [(measure(metric, each.scores), each) for each in predictions]
    finite = [(value, each) for value, each in scored if np.isfinite(value)]
    if not finite:
        return float("nan"), 0.0
    values, parts = np.array([value for value, _ in finite]), len(finite)
    apart = float(values.std(ddof=1) / np.sqrt(parts)) if parts > 1 else 0.0
    within = np.array([standard_error(metric, each.scores, each.groups) or 0.0 for _, each in finite])
    return float(values.mean()), max(apart, float(np.sqrt((within**2).sum())) / parts)


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
