"""What is logged of a run: parameters known before and after fitting, metrics, and what came out, twice: in short for the operator, whole as
``result.json`` on the run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from modelyard_api import rendering
from modelyard_api.artifacts import Resolved
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import has_classes
from modelyard_api.data import SplitBy
from modelyard_api.pod_contract import MetricValue, TrainResult
from modelyard_api.training_job import TrainingJobSpec

from modelyard_jobs.evaluation.evaluate import Evaluation
from modelyard_jobs.fitting import FittedModel
from modelyard_jobs.training_data import TrainingData

_MOST_METRICS, _MOST_WARNINGS, _LONGEST_WARNING = 16, 10, 256
_LONGEST, _CLASSES_SHOWN = 256, 20
_ROWS = {
    "train": Resolved.ROWS_TRAIN,
    "validation": Resolved.ROWS_VALIDATION,
    "test": Resolved.ROWS_TEST,
    "reference": Resolved.ROWS_REFERENCE,
    "left_out": Resolved.ROWS_LEFT_OUT,
}


class RunIds(Protocol):
    """A run by its ids."""

    @property
    def run_id(self) -> str: ...  # noqa: D102

    @property
    def experiment_id(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class TrainedModel:
    """What the operator has to know beside metrics and evidence."""

    model_id: str
    digest: str
    champion_version: str  # empty: there was none
    resolved: dict[str, str]
    warnings: tuple[str, ...]
    metric: Metric
    test_uses: int | None  # earlier runs that were judged on the same test rows


def short_form(run: RunIds, trained: TrainedModel, evaluation: Evaluation) -> TrainResult:
    """The termination message, before it is shortened."""
    return TrainResult(
        run_id=run.run_id,
        experiment_id=run.experiment_id,
        model_id=trained.model_id,
        digest=trained.digest,
        champion_version=trained.champion_version,
        metrics=[MetricValue(name=name, value=value) for name, value in list(evaluation.metrics.items())[:_MOST_METRICS]],
        evidence=evaluation.evidence,
        resolved=trained.resolved,
        warnings=_shown(trained.warnings),
        metric=trained.metric,
        anchor_version=evaluation.anchor_version,
        test_uses=trained.test_uses,
    )


def _shown(warnings: Sequence[str]) -> list[str]:
    """As many as fit; all are in the run's ``result.json``."""
    texts = [text[:_LONGEST_WARNING] for text in warnings]
    if len(texts) <= _MOST_WARNINGS:
        return texts
    return [*texts[: _MOST_WARNINGS - 1], f"and {len(texts) - _MOST_WARNINGS + 1} more: see result.json of the run in MLflow"]


def run_metrics(evaluation: Evaluation) -> dict[str, float]:
    """Metrics for the run: the model's on the test split, and its opponents'."""
    named = {"test": evaluation.metrics, "baseline": evaluation.baseline, "champion": evaluation.champion}
    return {f"{prefix}_{name}": value for prefix, values in named.items() for name, value in values.items()}


def document(short: TrainResult, evaluation: Evaluation, fitted: FittedModel | None, warnings: Sequence[str]) -> dict[str, object]:
    """``result.json``: the short form under ``result``, and what doesn't fit into it."""
    leaderboard = [
        {
            "architecture": row.architecture.value,
            "score": row.score,
            "standardError": row.standard_error,
            "seconds": row.seconds,
            "note": row.note,
        }
        for row in (fitted.leaderboard if fitted else ())
    ]
    return {
        "result": short.to_wire(),
        "metrics": evaluation.metrics,
        "baseline": evaluation.baseline,
        "champion": evaluation.champion,
        "leaderboard": leaderboard,
        "warnings": list(warnings),
    }


def known_before(data: TrainingData, spec: TrainingJobSpec, registered: str) -> dict[str, str]:
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


def known_after(fitted: FittedModel) -> dict[str, str]:
    """Known after fitting."""
    values = {Resolved.ARCHITECTURE: fitted.architecture.value, Resolved.FITTED_ON: " and ".join(fitted.fitted_on)}
    if fitted.parameters:
        values[Resolved.PARAMETERS] = ", ".join(
            f"{name} {value if isinstance(value, str) else format(value, 'g')}" for name, value in fitted.parameters.items()
        )
    if fitted.best_epoch is not None:
        values[Resolved.BEST_EPOCH] = f"{fitted.best_epoch} of {len(fitted.epochs)}"
    return {name.value: text[:_LONGEST] for name, text in values.items()}
