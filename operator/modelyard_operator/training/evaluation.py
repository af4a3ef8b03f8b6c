"""From the pod's result to the verdict: what status keeps of it, and what it looks like against a later champion."""

from modelyard_api import rendering
from modelyard_api.conditions import Reason, TrainingCondition
from modelyard_api.pod_contract import TrainResult
from modelyard_api.status import TrainingOutcome
from modelyard_api.verdicts import CriterionState

from modelyard_operator.conditions import ConditionUpdate
from modelyard_operator.training import criteria
from modelyard_operator.training.decision import not_running
from modelyard_operator.training.observed import Observed

_SHOWN_METRICS = 4


def outcome_of(observed: Observed, result: TrainResult) -> TrainingOutcome:
    """The judged result. Raises UnusableResult."""
    return TrainingOutcome(
        model_id=result.model_id,
        champion_version=result.champion_version,
        metrics=result.metrics,
        verdict=criteria.judge(observed.valid_spec.objective, result),
        anchor_version=result.anchor_version,
        test_uses=result.test_uses,
    )


def rejudged(observed: Observed, outcome: TrainingOutcome, comparison: TrainResult) -> TrainingOutcome:
    """The same model against the champion of now. Raises UnusableResult."""
    verdict = criteria.judge(observed.valid_spec.objective, comparison)
    opponents = {"champion_version": comparison.champion_version, "anchor_version": comparison.anchor_version}
    return outcome.model_copy(update={"verdict": verdict, **opponents})


def trained(outcome: TrainingOutcome) -> tuple[ConditionUpdate, ...]:
    """What is true from the moment that there is a result."""
    measured = ", ".join(f"{metric.name} {metric.value:.4g}" for metric in outcome.metrics[:_SHOWN_METRICS])
    message = f"trained model {outcome.model_id}; on the test split: {measured or 'nothing was measured'}"
    complete = ConditionUpdate(TrainingCondition.COMPLETE, "True", Reason.ALL_PODS_SUCCEEDED, message)
    return (complete, not_running(Reason.FINISHED, "training has ended"))


def verdict_text(outcome: TrainingOutcome, *, all_of_them: bool = False) -> str:
    """The criteria that don't hold (or all), each with its numbers."""
    return rendering.describe_verdicts([one for one in outcome.verdict if all_of_them or one.state is not CriterionState.HELD])
