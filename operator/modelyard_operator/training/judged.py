"""A judged model: what the policies after training are given, and what to say while something is left to do, or when it falls short."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from modelyard_api import rendering
from modelyard_api.conditions import Reason, TrainingCondition
from modelyard_api.pod_contract import TrainResult
from modelyard_api.resource_status import TrainingOutcome
from modelyard_api.verdicts import CriterionState

from modelyard_operator.conditions import ConditionUpdate, find
from modelyard_operator.pod_template import Images
from modelyard_operator.training import approval, criteria
from modelyard_operator.training.decision import Decision, growing_wait, not_running
from modelyard_operator.training.observed import Observed

_SHOWN_METRICS = 4


def outcome_of(observed: Observed, result: TrainResult) -> TrainingOutcome:
    """The judged result. Raises UnusableResult."""
    return TrainingOutcome(
        model_id=result.model_id,
        digest=result.digest,
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


@dataclass(frozen=True)
class JudgedModel:
    """What the policies after training are given; ``outcome`` is against the newest champion that it was compared with."""

    observed: Observed
    outcome: TrainingOutcome
    images: Images
    now: datetime

    @property
    def basis(self) -> Reason:
        """On what it is registered and promoted."""
        return Reason.APPROVED if criteria.shortfall(self.outcome.verdict) else Reason.CRITERIA_HELD

    @property
    def basis_text(self) -> str:
        """The same in words."""
        if self.basis is Reason.APPROVED:
            return f"approved by {approval.approver(self.observed.resource)} although the test rows can't decide every criterion"
        return "all criteria hold"

    def waiting(self, condition: TrainingCondition, reason: Reason, message: str, **what: Any) -> Decision:
        """Something is left to do: ``condition`` is False for now."""
        update = ConditionUpdate(condition, "False", reason, message)
        registered = _registered(self)
        others = (registered,) if registered and condition is not TrainingCondition.REGISTERED else ()
        return Decision((update, *others, *trained(self.outcome)), outcome=self.outcome, **what)

    def short(self, reason: Reason, message: str) -> Decision:
        """It is over, and the champion stays."""
        registered = _registered(self)
        not_registered = ConditionUpdate(TrainingCondition.REGISTERED, "False", reason, message)
        promoted = ConditionUpdate(TrainingCondition.PROMOTED, "False", reason, message)
        updates = (promoted, registered or not_registered, *trained(self.outcome))
        return Decision(updates, outcome=self.outcome, finished=True)


def falling_short(judged: JudgedModel) -> Decision | None:
    """A criterion was missed, or could not be decided and nobody has approved the model all the same."""
    observed, outcome = judged.observed, judged.outcome
    reason = criteria.shortfall(outcome.verdict)
    if reason is None or approval.is_in_doubt(observed.resource, outcome):
        return None
    message = verdict_text(outcome)
    if reason is Reason.COMPARISON_INCONCLUSIVE:
        message += f"; to promote it all the same: {approval.commands(observed.name, observed.namespace, outcome.model_id)}"
    return judged.short(reason, message)


def registry_unavailable(judged: JudgedModel) -> Decision | None:
    """Tried again, later and later; an intent stays."""
    observed = judged.observed
    if not observed.registry.problem:
        return None
    condition = TrainingCondition.PROMOTED if judged.outcome.model_version else TrainingCondition.REGISTERED
    wait = growing_wait(find(observed.status.conditions, condition), judged.now)
    decision = judged.waiting(condition, observed.registry.problem_reason, observed.registry.problem, requeue_after=wait)
    return replace(decision, promotion=observed.status.promotion)


def _registered(judged: JudgedModel) -> ConditionUpdate | None:
    """Registered=True as soon as there is a version."""
    version = judged.outcome.model_version
    if not version:
        return None
    message = f"registered as {judged.observed.registered_name} version {version}"
    return ConditionUpdate(TrainingCondition.REGISTERED, "True", judged.basis, message)
