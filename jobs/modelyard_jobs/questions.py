"""The manifest's question put to the data: what models are fitted to, and whether a column already answers it."""

from modelyard_api.catalogue.tasks import TASKS
from modelyard_api.training_job import TrainingJobSpec

from modelyard_jobs.evaluation.leakage import LeakFinding, Sample, drawn, find_leaks, score_together, warnings_or_refusal
from modelyard_jobs.fitting import Problem, plan_columns
from modelyard_jobs.splitting.cuts import Part
from modelyard_jobs.training_data import TrainingData, split_warnings


def pose(data: TrainingData, spec: TrainingJobSpec) -> Problem:
    """Raises InvalidRequest where a method for missing values doesn't fit its column."""
    target = data.dataset.target
    features = data.dataset.features
    kinds = {feature.name: feature.type for feature in features.columns}
    plan = plan_columns(kinds, spec.data.prepare.missing, features.readings, data.dataset.table.separator)
    return Problem(target.task, target.classes, target.metric, plan, spec.training)


def look_for_leaks(data: TrainingData, spec: TrainingJobSpec) -> list[str]:
    """All warnings about the data; raises InvalidRequest where a column gives the answer away."""
    return [*warnings_or_refusal(leaks(data, spec)), *split_warnings(data, spec), *data.dataset.warnings]


def leaks(data: TrainingData, spec: TrainingJobSpec) -> tuple[LeakFinding, ...]:
    """Every column that alone gives the target away, seen on the training rows; none where there is no target."""
    if not TASKS[data.dataset.target.task].has_target:
        return ()
    return find_leaks(_sample(data), data.dataset.features.columns, spec.data)


def quick_score(data: TrainingData) -> float:
    """ROC-AUC or R² that a small forest reaches within the training rows; NaN where they are too few."""
    return score_together(_sample(data), data.dataset.features.columns)


def _sample(data: TrainingData) -> Sample:
    rows, target = drawn(data.assignment.rows(Part.TRAIN)), data.dataset.target
    return Sample(data.frame(rows), target.task, target.classes, target.values[rows], data.assignment.group[rows])
