"""Where a trained model stands: its judged outcome, and what to say while something is left to do, or when it falls short."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from modelyard_api.conditions import Reason, TrainingCondition
from modelyard_api.status import TrainingOutcome

from modelyard_operator.conditions import ConditionUpdate, find
from modelyard_operator.pod_template import Images
from modelyard_operator.training import approval, criteria, evaluation
from modelyard_operator.training.decision import Decision, growing_wait
from modelyard_operator.training.observed import Observed


@dataclass(frozen=True)
class Standing:
    """What the policies after training are asked about; ``outcome`` is against the newest champion that it was compared with."""

    observed: Observed
    outcome: TrainingOutcome
    images: Images
    now: datetime

    @property
    def basis(self) -> Reason:
        """On what it is registered and promoted."""
        return Reason.APPROVED if approval.names_model(self.observed.resource, self.outcome) else Reason.CRITERIA_HELD

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
        return Decision((update, *others, *evaluation.trained(self.outcome)), outcome=self.outcome, **what)

    def short(self, reason: Reason, message: str) -> Decision:
        """It is over, and the champion stays."""
        registered = _registered(self)
        not_registered = ConditionUpdate(TrainingCondition.REGISTERED, "False", reason, message)
        promoted = ConditionUpdate(TrainingCondition.PROMOTED, "False", reason, message)
        updates = (promoted, registered or not_registered, *evaluation.trained(self.outcome))
        return Decision(updates, outcome=self.outcome, finished=True)


def falling_short(standing: Standing) -> Decision | None:
    """A criterion was missed, or could not be decided and nobody has approved the model all the same."""
    observed, outcome = standing.observed, standing.outcome
    reason = criteria.shortfall(outcome.verdict)
    if reason is None or approval.is_in_doubt(observed.resource, outcome):
        return None
    message = evaluation.verdict_text(outcome)
    if reason is Reason.COMPARISON_INCONCLUSIVE:
        message += f"; to promote it all the same: {approval.commands(observed.name, observed.namespace, outcome.model_id)}"
    return standing.short(reason, message)


def registry_unavailable(standing: Standing) -> Decision | None:
    """Asked again, later and later; an intent stays."""
    observed = standing.observed
    if not observed.registry.problem:
        return None
    condition = TrainingCondition.PROMOTED if standing.outcome.model_version else TrainingCondition.REGISTERED
    wait = growing_wait(find(observed.status.conditions, condition), standing.now)
    decision = standing.waiting(condition, Reason.REGISTRY_UNAVAILABLE, observed.registry.problem, requeue_after=wait)
    return replace(decision, promotion=observed.status.promotion)


def _registered(standing: Standing) -> ConditionUpdate | None:
    """Registered=True as soon as there is a version."""
    version = standing.outcome.model_version
    if not version:
        return None
    message = f"registered as {standing.observed.registered_name} version {version}"
    return ConditionUpdate(TrainingCondition.REGISTERED, "True", standing.basis, message)
