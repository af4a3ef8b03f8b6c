"""What came out, told twice: in short for the operator, whole as ``result.json`` on the run."""

from dataclasses import dataclass
from typing import Protocol

from modelyard_api.pod_contract import MetricValue, TrainResult

from modelyard_jobs.fitting import FittedModel
from modelyard_jobs.judging import Judgement

FILE = "result.json"
_MOST_METRICS, _MOST_WARNINGS, _LONGEST_WARNING = 16, 5, 256


class RunIds(Protocol):
    """A run by its ids."""

    @property
    def run_id(self) -> str: ...  # noqa: D102

    @property
    def experiment_id(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Told:
    """What the operator has to know beside metrics and evidence."""

    model_id: str
    digest: str
    champion_version: str  # empty: there was none
    resolved: dict[str, str]
    warnings: tuple[str, ...]


def result(run: RunIds, told: Told, judgement: Judgement) -> TrainResult:
    """The termination message, before it is shortened."""
    return TrainResult(
        run_id=run.run_id,
        experiment_id=run.experiment_id,
        model_id=told.model_id,
        digest=told.digest,
        champion_version=told.champion_version,
        metrics=[MetricValue(name=name, value=value) for name, value in list(judgement.metrics.items())[:_MOST_METRICS]],
        evidence=judgement.evidence,
        resolved=told.resolved,
        warnings=[text[:_LONGEST_WARNING] for text in told.warnings[:_MOST_WARNINGS]],
    )


def run_metrics(judgement: Judgement) -> dict[str, float]:
    """Metrics for the run: the model's on the test split, and its opponents'."""
    named = {"test": judgement.metrics, "baseline": judgement.baseline, "champion": judgement.champion}
    return {f"{prefix}_{name}": value for prefix, values in named.items() for name, value in values.items()}


def document(short: TrainResult, judgement: Judgement, fitted: FittedModel | None) -> dict[str, object]:
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
    }
