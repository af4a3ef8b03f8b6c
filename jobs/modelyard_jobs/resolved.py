"""What was chosen where the manifest left it open: for ``status.resolved`` and the run's parameters."""

from collections.abc import Sequence

from modelyard_api import rendering
from modelyard_api.artifacts import Resolved
from modelyard_api.catalogue.tasks import has_classes
from modelyard_api.data import SplitBy
from modelyard_api.training_job import TrainingJobSpec

from modelyard_jobs.fitting import FittedModel
from modelyard_jobs.training_data import TrainingData

_LONGEST, _CLASSES_SHOWN = 256, 20
_ROWS = {
    "train": Resolved.ROWS_TRAIN,
    "validation": Resolved.ROWS_VALIDATION,
    "test": Resolved.ROWS_TEST,
    "reference": Resolved.ROWS_REFERENCE,
    "left_out": Resolved.ROWS_LEFT_OUT,
}


def question(data: TrainingData, spec: TrainingJobSpec, registered: str) -> dict[str, str]:
    """Known before fitting."""
    target, split = data.dataset.target, spec.data.split
    stratified = split.by is SplitBy.STRATIFIED and has_classes(target.task)
    by = "Random" if split.by is SplitBy.STRATIFIED and not stratified else split.by.value
    by += f" by {spec.data.split_column}" if spec.data.split_column else ""
    copies = data.assignment.copies
    values = {
        Resolved.METRIC: target.metric.value,
        Resolved.TASK: target.task.value,
        Resolved.CRITERIA: "; ".join(rendering.describe_criterion(criterion) for criterion in target.criteria),
        Resolved.REGISTERED_MODEL: registered,
        Resolved.ALIAS: spec.promotion.alias,
        Resolved.SPLIT: f"{by}, validation {split.validation:g}, test {split.test:g}",
        Resolved.DUPLICATES: copies.duplicates.value if copies.pairs else "none",
        Resolved.SEED: str(spec.training.seed),
        Resolved.FEATURES: _listed([feature.name for feature in data.dataset.features.columns]),
        Resolved.ROWS_USED: str(data.dataset.rows_used),
    }
    values |= {_ROWS[name]: str(size) for name, size in data.assignment.sizes().items() if size}
    if target.classes:
        values[Resolved.CLASSES] = _listed(target.classes, _CLASSES_SHOWN)
        values[Resolved.CLASS_COUNT] = str(len(target.classes))
    return {name.value: text[:_LONGEST] for name, text in values.items()}


def _listed(names: Sequence[str], most: int = _LONGEST) -> str:
    """As many of the names as fit, at most ``most``, and how many more there are."""
    for shown in range(min(len(names), most), 0, -1):
        more = f" and {len(names) - shown} more" if shown < len(names) else ""
        if len(text := ", ".join(names[:shown]) + more) <= _LONGEST:
            return text
    return f"{len(names)}, whose names are too long to be listed"


def answer(fitted: FittedModel) -> dict[str, str]:
    """Known after fitting."""
    values = {Resolved.ARCHITECTURE: fitted.architecture.value, Resolved.FITTED_ON: " and ".join(fitted.fitted_on)}
    if fitted.parameters:
        values[Resolved.PARAMETERS] = ", ".join(
            f"{name} {value if isinstance(value, str) else format(value, 'g')}" for name, value in fitted.parameters.items()
        )
    if fitted.best_epoch is not None:
        values[Resolved.BEST_EPOCH] = f"{fitted.best_epoch} of {len(fitted.epochs)}"
    return {name.value: text[:_LONGEST] for name, text in values.items()}
