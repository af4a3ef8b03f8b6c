"""The manifest's question put to the data: what models are fitted to, and whether a column already answers it."""

from modelyard_api.training_job import TrainingJobSpec

from modelyard_jobs.evaluation.leakage import Sample, require_no_leak
from modelyard_jobs.fitting import Problem, plan_columns
from modelyard_jobs.splitting.cuts import Part
from modelyard_jobs.training_data import TrainingData, split_warnings


def pose(data: TrainingData, spec: TrainingJobSpec) -> Problem:
    """Raises InvalidOrder where a method for missing values doesn't fit its column."""
    target = data.dataset.target
    kinds = {feature.name: feature.type for feature in data.dataset.features.columns}
    return Problem(target.task, target.classes, target.metric, plan_columns(kinds, spec.data.prepare.missing), spec.training)


def look_for_leaks(data: TrainingData, spec: TrainingJobSpec) -> list[str]:
    """All warnings about the data; raises InvalidOrder where a column gives the answer away."""
    train, target = data.part(Part.TRAIN), data.dataset.target
    sample = Sample(train.features, target.task, target.classes, train.target, data.assignment.group[data.assignment.rows(Part.TRAIN)])
    leaks = require_no_leak(sample, data.dataset.features.columns, spec.data)
    return [*leaks, *split_warnings(data, spec), *data.dataset.warnings]
