"""What was chosen where the manifest left it open: for ``status.resolved`` and the run's parameters."""

from modelyard_api.data import SplitBy
from modelyard_api.metrics import Task
from modelyard_api.training_job import TrainingJobSpec

from modelyard_jobs.evaluation.evidence import in_words
from modelyard_jobs.fitting import FittedModel
from modelyard_jobs.training_data import TrainingData

_LONGEST = 256


def question(data: TrainingData, spec: TrainingJobSpec, registered: str) -> dict[str, str]:
    """Known before fitting."""
    target, split = data.dataset.target, spec.data.split
    stratified = split.by is SplitBy.STRATIFIED and target.task is Task.CLASSIFICATION
    by = "Random" if split.by is SplitBy.STRATIFIED and not stratified else split.by.value
    by += f" by {split.column}" if split.column else ""
    values = {
        "metric": target.metric.value,  # first: it is never cut away
        "task": target.task.value,
        "criteria": "; ".join(in_words(criterion) for criterion in target.criteria),
        "registeredModel": registered,
        "alias": spec.promotion.alias,
        "split": f"{by}, validation {split.validation:g}, test {split.test:g}",
        "seed": str(spec.training.seed),
        "features": ", ".join(feature.name for feature in data.dataset.features.columns),
        "rowsUsed": str(data.dataset.raw.height),
    }
    values |= {f"rows.{name}": str(size) for name, size in data.assignment.sizes().items() if size}
    if target.classes:
        values["classes"] = ", ".join(target.classes[:20]) + (f" and {len(target.classes) - 20} more" if len(target.classes) > 20 else "")
    return {name: text[:_LONGEST] for name, text in values.items()}


def answer(fitted: FittedModel) -> dict[str, str]:
    """Known after fitting."""
    values = {"architecture": fitted.architecture.value}
    if fitted.parameters:
        values["parameters"] = ", ".join(f"{name} {value:g}" for name, value in fitted.parameters.items())
    if fitted.best_epoch is not None:
        values["bestEpoch"] = f"{fitted.best_epoch} of {len(fitted.epochs)}"
    return {name: text[:_LONGEST] for name, text in values.items()}
