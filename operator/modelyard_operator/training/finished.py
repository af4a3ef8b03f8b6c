"""What still happens once it is over: a promotion by hand is written down, and the time to live runs out.

An approval in doubt is no case of this file: as long as it stands and isn't carried out, the TrainingJob isn't over.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from modelyard_api.conditions import Reason, TrainingCondition
from modelyard_api.timestamps import from_timestamp

from modelyard_operator.conditions import find, unchanged
from modelyard_operator.plan import SignVersion
from modelyard_operator.training import approval
from modelyard_operator.training.decision import Decision
from modelyard_operator.training.observed import Observed
from modelyard_operator.training.promotion import is_open, outside_gates

_ENDS = frozenset({Reason.CRITERIA_NOT_MET, Reason.COMPARISON_INCONCLUSIVE, Reason.COMPARISON_FAILED})


def decide(observed: Observed, now: datetime) -> Decision:
    """Conditions stay as they are, unless somebody promoted the model after all."""
    kept = unchanged(observed.status.conditions)
    record = observed.status.promotion
    decision = Decision(kept, promotion=None if is_open(record) else record, finished=True)
    decision = _signed_after_upgrade(decision, observed)
    version = _promoted_by_hand(observed)
    if version:
        update, by_hand = outside_gates(observed, version, now)
        others = tuple(one for one in kept if one.type != TrainingCondition.PROMOTED)
        decision = replace(decision, updates=(update, *others), promotion=by_hand)
    return with_time_to_live(decision, observed, now)


def _signed_after_upgrade(decision: Decision, observed: Observed) -> Decision:
    """What an operator registered that made no evidence is signed once; the digest in status says that it was."""
    result, version, digest = observed.status.result, observed.registry.version, observed.registry.digest
    if result is None or version is None or version.version != result.model_version or not digest:
        return decision
    if version.evidence:
        return replace(decision, outcome=result.model_copy(update={"digest": version.evidence.digest}))
    accepted = f"TrainingJob {observed.name}, registered before there was evidence"
    action = SignVersion(version.name, version.version, observed.namespace, observed.uid, digest, accepted)
    return replace(decision, registry=(action,))


def is_approval_withdrawn(observed: Observed) -> bool:
    """Whether conditions tell of an approval in doubt that is gone before the model was promoted."""
    promoted = find(observed.status.conditions, TrainingCondition.PROMOTED)
    return awaits_hand(observed) and (promoted is None or promoted.reason not in _ENDS)


def awaits_hand(observed: Observed) -> bool:
    """Whether the model was judged and not promoted, so that somebody might still do it by hand."""
    return observed.status.result is not None and not approval.is_promoted(observed.status)


def _promoted_by_hand(observed: Observed) -> str:
    """The version at the alias, if it is of this TrainingJob's run."""
    result, run, facts = observed.status.result, observed.status.mlflow, observed.registry
    if observed.spec is None or result is None or not facts.champion or not awaits_hand(observed):
        return ""
    is_ours = facts.champion == result.model_version or bool(run and run.run_id and facts.champion_run == run.run_id)
    return facts.champion if is_ours else ""


def with_time_to_live(decision: Decision, observed: Observed, now: datetime) -> Decision:
    """Counted from its end, or from a promotion that came later: that should be seen as long."""
    seconds, status = observed.spec.policy.ttl_seconds_after_finished if observed.spec else None, observed.status
    if seconds is None or status.completion_time is None:
        return decision
    promoted_at = status.promotion.at if status.promotion else None
    end = max(from_timestamp(moment) for moment in (status.completion_time, promoted_at) if moment)
    left = (end + timedelta(seconds=seconds) - now).total_seconds()
    return replace(decision, delete=True) if left <= 0 else replace(decision, requeue_after=left)
