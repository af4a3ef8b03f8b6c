"""What came out, twice: in short for the operator, whole as ``result.json`` on the run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from modelyard_api.catalogue.metrics import Metric
from modelyard_api.pod_contract import MetricValue, TrainResult

from modelyard_jobs.fitting import FittedModel
from modelyard_jobs.judging import Judgement

_MOST_METRICS, _MOST_WARNINGS, _LONGEST_WARNING = 16, 10, 256


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


def result(run: RunIds, trained: TrainedModel, judgement: Judgement) -> TrainResult:
    """The termination message, before it is shortened."""
    return TrainResult(
        run_id=run.run_id,
        experiment_id=run.experiment_id,
        model_id=trained.model_id,
        digest=trained.digest,
        champion_version=trained.champion_version,
        metrics=[MetricValue(name=name, value=value) for name, value in list(judgement.metrics.items())[:_MOST_METRICS]],
        evidence=judgement.evidence,
        resolved=trained.resolved,
        warnings=_shown(trained.warnings),
        metric=trained.metric,
        anchor_version=judgement.anchor_version,
        test_uses=trained.test_uses,
    )


def _shown(warnings: Sequence[str]) -> list[str]:
    """As many as fit; all are in the run's ``result.json``."""
    texts = [text[:_LONGEST_WARNING] for text in warnings]
    if len(texts) <= _MOST_WARNINGS:
        return texts
    return [*texts[: _MOST_WARNINGS - 1], f"and {len(texts) - _MOST_WARNINGS + 1} more: see result.json of the run in MLflow"]


def run_metrics(judgement: Judgement) -> dict[str, float]:
    """Metrics for the run: the model's on the test split, and its opponents'."""
    named = {"test": judgement.metrics, "baseline": judgement.baseline, "champion": judgement.champion}
    return {f"{prefix}_{name}": value for prefix, values in named.items() for name, value in values.items()}


def document(short: TrainResult, judgement: Judgement, fitted: FittedModel | None, warnings: Sequence[str]) -> dict[str, object]:
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
        "metrics": judgement.metrics,
        "baseline": judgement.baseline,
        "champion": judgement.champion,
        "leaderboard": leaderboard,
        "warnings": list(warnings),
    }
