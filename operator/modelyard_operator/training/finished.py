"""What still happens once it is over: a promotion by hand is written down, and the time to live runs out."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from modelyard_api.conditions import Reason, TrainingCondition

from modelyard_operator.conditions import Finding
from modelyard_operator.timestamps import from_timestamp
from modelyard_operator.training.decision import Decision
from modelyard_operator.training.observed import Observed
from modelyard_operator.training.promotion import outside_gates


def decide(observed: Observed, now: datetime) -> Decision:
    """Conditions stay as they are, unless somebody promoted the model after all."""
    kept = tuple(Finding(one.type, one.status, cast(Reason, one.reason), one.message) for one in observed.status.conditions)
    decision = Decision(kept, promotion=observed.status.promotion, finished=True)
    version = _promoted_by_hand(observed)
    if version:
        finding, record = outside_gates(observed, version, now)
        others = tuple(one for one in kept if one.type != TrainingCondition.PROMOTED)
        decision = replace(decision, findings=(finding, *others), promotion=record)
    return _with_time_to_live(decision, observed, now)


def awaits_hand(observed: Observed) -> bool:
    """Whether the model was judged and not promoted, so that somebody might still do it by hand."""
    promoted = any(one.type == TrainingCondition.PROMOTED and one.status == "True" for one in observed.status.conditions)
    return observed.status.result is not None and not promoted


def _promoted_by_hand(observed: Observed) -> str:
    """The version at the alias, if it is of this TrainingJob's run."""
    result, run, facts = observed.status.result, observed.status.mlflow, observed.registry
    if observed.spec is None or result is None or not facts.champion or not awaits_hand(observed):
        return ""
    is_ours = facts.champion == result.model_version or bool(run and run.run_id and facts.champion_run == run.run_id)
    return facts.champion if is_ours else ""


def _with_time_to_live(decision: Decision, observed: Observed, now: datetime) -> Decision:
    seconds = observed.spec.policy.ttl_seconds_after_finished if observed.spec else None
    if seconds is None or observed.status.completion_time is None:
        return decision
    left = (from_timestamp(observed.status.completion_time) + timedelta(seconds=seconds) - now).total_seconds()
    return replace(decision, delete=True) if left <= 0 else replace(decision, requeue_after=left)
