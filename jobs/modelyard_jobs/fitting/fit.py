"""From rows to a fitted model: one architecture, or Auto over all of them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from modelyard_api.catalogue.architectures import (
    ARCHITECTURES,
    Architecture,
    is_trained_in_epochs,
    parameter_problems,
    resolve_parameters,
    task_problem,
)
from modelyard_api.catalogue.column_types import BlockKind
from modelyard_api.catalogue.names import implementation
from modelyard_api.catalogue.tasks import has_classes
from modelyard_api.conditions import Reason
from modelyard_model.heads import Head
from modelyard_model.preparation import Preparation
from modelyard_model.tabular_model import TabularModel

from modelyard_jobs.columns.matrices import features_of
from modelyard_jobs.columns.target_means import KnownTarget
from modelyard_jobs.fitting import selection
from modelyard_jobs.fitting.preparing import fit_preparation, training_features
from modelyard_jobs.fitting.problem import Examples, FittedModel, Learned, Problem, Report, Rows
from modelyard_jobs.termination import InvalidRequest


def fit_model(
    architecture: Architecture,
    parameters: Mapping[str, object],
    problem: Problem,
    train: Rows,
    validation: Rows,
    report: Report,
    clock: Callable[[], float] = time.perf_counter,
) -> FittedModel:
    """Networks are fitted on ``train`` and stopped on ``validation``; what needs no such rows is fitted on both. Auto chooses by cross-validation over
    both, or where that is dear on ``validation``.

    ``parameters``: those of the manifest, the others take their defaults. ``report`` is called after every epoch of a network, ``clock``
    gives seconds. Raises InvalidRequest for what is wrong with data or settings.
    """
    problems = parameter_problems(architecture, parameters)
    problems += [wrong] if (wrong := task_problem(architecture, problem.task)) else []
    if problems:
        raise InvalidRequest(Reason.INVALID_SPEC, "; ".join(problems))
    _require_rows(problem, train, validation)

    def fit(chosen: Architecture, fold: Rows, stop: Rows, reported: Report) -> FittedModel:
        given = parameters if chosen is architecture else {}
        return _fit_one(chosen, given, problem, fold, stop, reported)

    def fit_finally(chosen: Architecture) -> FittedModel:
        if is_trained_in_epochs(chosen):
            return fit(chosen, train, validation, report)
        return replace(fit(chosen, train.with_rows(validation), validation, report), fitted_on=("train", "validation"))

    if architecture is Architecture.AUTO:
        return selection.choose(fit, fit_finally, problem, train, validation, report, clock)
    return fit_finally(architecture)


def _require_rows(problem: Problem, train: Rows, validation: Rows) -> None:
    for name, rows in (("training", train), ("validation", validation)):
        if not len(rows):
            raise InvalidRequest(Reason.DATA_INVALID, f"the {name} split has no rows; give more data or change spec.data.split")
    if has_classes(problem.task) and len(np.unique(train.target)) < 2:
        raise InvalidRequest(
            Reason.DATA_INVALID,
            "the training split has one class of the target only: there is nothing to learn; give more data or split otherwise",
        )


def _fit_one(
    architecture: Architecture,
    given: Mapping[str, object],
    problem: Problem,
    train: Rows,
    validation: Rows,
    report: Report,
) -> FittedModel:
    parameters = resolve_parameters(architecture, given, len(train))
    takes = ARCHITECTURES[architecture].takes
    known = KnownTarget.of(train.target, problem.classes, train.groups, problem.training.seed)
    preparation = fit_preparation(train.features, problem.plan, takes, known)
    head = problem.head.fit(train.target)
    features = training_features(preparation, train.features, known, takes)
    examples = Examples(features, head.encode(train.target), head, preparation.categorical)
    stop = _unseen(head, preparation, validation, takes) if is_trained_in_epochs(architecture) else None
    learned: Learned = implementation(ARCHITECTURES[architecture].learner)(parameters, problem, examples, stop, report)
    model = TabularModel(architecture, problem.task, problem.classes, preparation, learned.predictor, head.scale)
    return FittedModel(model, architecture, parameters, learned.epochs, learned.best_epoch, warnings=learned.notes)


def _unseen(head: Head, preparation: Preparation, rows: Rows, takes: frozenset[BlockKind]) -> Examples:
    """Of rows that nothing was fitted on."""
    return Examples(features_of(preparation, rows.features, takes), head.encode(rows.target), head, preparation.categorical)
