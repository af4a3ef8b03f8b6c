"""From rows to a fitted model: one architecture, or Auto over all of them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from modelyard_api.architectures import Architecture, is_trained_in_epochs, parameter_problems, resolve_parameters
from modelyard_api.blocks import BlockKind
from modelyard_api.conditions import Reason
from modelyard_api.metrics import Task
from modelyard_model.preparation import Preparation
from modelyard_model.tabular_model import TabularModel, TargetScale
from numpy.typing import NDArray

from modelyard_jobs.columns.matrices import features_of
from modelyard_jobs.columns.target_means import KnownTarget
from modelyard_jobs.failures import InvalidOrder
from modelyard_jobs.fitting import selection
from modelyard_jobs.fitting.estimator_training import fit_estimator, scaled_defaults
from modelyard_jobs.fitting.examples import Examples
from modelyard_jobs.fitting.network_training import Report, fit_network
from modelyard_jobs.fitting.preparing import VECTORS, fit_preparation, training_features
from modelyard_jobs.fitting.problem import FittedModel, Problem, Rows

_SPARSE = VECTORS | {BlockKind.SPARSE}
TAKES: Mapping[Architecture, frozenset[BlockKind]] = {
    Architecture.LINEAR: _SPARSE,
    Architecture.RANDOM_FOREST: _SPARSE,
}  # others take vectors


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
    gives seconds. Raises InvalidOrder for what is wrong with data or settings.
    """
    if problems := parameter_problems(architecture, parameters):
        raise InvalidOrder(Reason.INVALID_SPEC, "; ".join(problems))
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
            raise InvalidOrder(Reason.DATA_INVALID, f"the {name} split has no rows; give more data or change spec.data.split")
    if problem.task is Task.CLASSIFICATION and len(np.unique(train.target)) < 2:
        raise InvalidOrder(
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
    parameters = resolve_parameters(architecture, {**scaled_defaults(architecture, len(train)), **given})
    known = KnownTarget.of(train.target, problem.classes, train.groups, problem.training.seed)
    takes = TAKES.get(architecture, VECTORS)
    preparation = fit_preparation(train.features, problem.plan, takes, known)
    scale = _target_scale(problem, train)
    examples = Examples(training_features(preparation, train.features, known, takes), _scaled(problem, train, scale), scale)
    if is_trained_in_epochs(architecture):
        stop = _examples(problem, preparation, validation, scale)
        network = fit_network(parameters, problem, examples, stop, report)
        model = TabularModel(architecture, problem.task, problem.classes, preparation, network.predictor, scale)
        return FittedModel(model, architecture, parameters, network.epochs, network.best_epoch)
    predictor, notes = fit_estimator(architecture, parameters, examples, len(problem.classes), problem.training.seed)
    model = TabularModel(architecture, problem.task, problem.classes, preparation, predictor, scale)
    return FittedModel(model, architecture, parameters, warnings=notes)


def _target_scale(problem: Problem, train: Rows) -> TargetScale:
    if problem.task is Task.CLASSIFICATION:
        return TargetScale()
    spread = float(train.target.std())
    return TargetScale(float(train.target.mean()), spread if spread > 0 else 1.0)


def _examples(problem: Problem, preparation: Preparation, rows: Rows, scale: TargetScale) -> Examples:
    """Of rows that nothing was fitted on."""
    return Examples(features_of(preparation, rows.features, VECTORS), _scaled(problem, rows, scale), scale)


def _scaled(problem: Problem, rows: Rows, scale: TargetScale) -> NDArray[Any]:
    return rows.target if problem.task is Task.CLASSIFICATION else (rows.target - scale.mean) / scale.scale
