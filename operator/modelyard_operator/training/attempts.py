"""The attempts so far: which Job is whose, how each ended, what that cost, and whether there is a result."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from modelyard_api.conditions import Reason, TrainingCondition
from modelyard_api.pod_contract import TrainResult
from modelyard_api.status import Attempt
from modelyard_api.training_job import Policy

from modelyard_operator.conditions import find
from modelyard_operator.pods import facts
from modelyard_operator.pods.facts import Child
from modelyard_operator.timestamps import to_timestamp
from modelyard_operator.training import failure
from modelyard_operator.training.failure import Failure, Fault
from modelyard_operator.training.observed import Observed

_KEPT = 10


@dataclass(frozen=True)
class Attempts:
    """Counters as status keeps them, and what the newest attempt means for the TrainingJob."""

    records: tuple[Attempt, ...] = ()
    retries: int = 0
    disruptions: int = 0
    running_seconds: float = 0.0  # of what has ended, or was stopped by suspension
    current_seconds: float = 0.0  # of what runs now
    current: Child | None = None  # the Job that hasn't ended
    over: Failure | None = None  # the failure after which nothing is tried any more
    over_reason: Reason | None = None
    result: TrainResult | None = None
    result_awaited: bool = False  # the Job is complete, its result is being looked for
    newest: Attempt | None = field(default=None)

    @property
    def total_seconds(self) -> float:
        """All running time."""
        return self.running_seconds + self.current_seconds


def observe(observed: Observed, now: datetime) -> Attempts:
    """Bring what is stored up to date with the Jobs that are seen. Only the newest attempt can be unfinished."""
    records = _with_unrecorded(observed)
    status = observed.status
    story = Attempts(records, status.retries, status.disruptions, float(status.running_seconds), newest=records[-1] if records else None)
    if story.newest is None or story.newest.outcome != "Running":
        return _within_deadline(story, observed, now)
    child = observed.attempts.get(story.newest.number)
    if child is None:
        return _failed(story, failure.lost(f"{observed.name}-{story.newest.number}"), "Lost", observed, now)
    if facts.is_failed(child.job):
        return _ended_badly(story, failure.classify(child), child, observed, now)
    if facts.is_complete(child.job):
        return _ended_well(story, child, observed, now)
    return _within_deadline(_unfinished(story, child, observed, now), observed, now)


def _with_unrecorded(observed: Observed) -> tuple[Attempt, ...]:
    """What is stored, and the Jobs that were made but not written down (the operator died in between)."""
    stored = {attempt.number: attempt for attempt in observed.status.attempts}
    seen = {
        number: Attempt(number=number, job_uid=child.uid, outcome="Running")
        for number, child in observed.attempts.items()
        if number > max(stored, default=0)
    }
    return tuple(each for _, each in sorted((stored | seen).items()))[-_KEPT:]


def _unfinished(story: Attempts, child: Child, observed: Observed, now: datetime) -> Attempts:
    seconds = facts.seconds_run(child, now)
    if was_suspended(observed):  # counted when it was suspended
        return replace(story, current=child)
    if observed.valid_spec.policy.suspend:
        return replace(story, current=child, running_seconds=story.running_seconds + seconds)
    return replace(story, current=child, current_seconds=seconds)


def _ended_well(story: Attempts, child: Child, observed: Observed, now: datetime) -> Attempts:
    result = facts.result_of(child) or observed.registry.result
    if result is None and observed.registry.problem:
        return replace(story, result_awaited=True)
    if result is None:
        return _ended_badly(story, failure.without_result(child), child, observed, now)
    ended = replace(story, running_seconds=story.running_seconds + _seconds(child, observed, now), result=result)
    return _close(ended, "Succeeded", now, exit_code=0)


def _ended_badly(story: Attempts, why: Failure, child: Child, observed: Observed, now: datetime) -> Attempts:
    ended = replace(story, running_seconds=story.running_seconds + _seconds(child, observed, now))
    outcome = "Disrupted" if why.fault is Fault.DISRUPTION else "Failed"
    return _failed(ended, why, outcome, observed, now)


def _seconds(child: Child, observed: Observed, now: datetime) -> float:
    return 0.0 if was_suspended(observed) else facts.seconds_run(child, now)


def _failed(story: Attempts, why: Failure, outcome: str, observed: Observed, now: datetime) -> Attempts:
    """Write it down, and decide whether there is another attempt: that is decided once, here."""
    story = _close(story, outcome, now, exit_code=why.exit_code, reason=why.reason or "", message=why.message)
    policy = observed.valid_spec.policy
    if why.fault is Fault.INPUT:
        return replace(story, over=why, over_reason=why.reason)
    if why.fault is Fault.DISRUPTION:
        return _disrupted(story, why, policy)
    if story.retries < policy.retries:
        return _within_deadline(replace(story, retries=story.retries + 1), observed, now)
    return replace(story, over=_given_up(why, policy), over_reason=why.reason or Reason.RETRIES_EXHAUSTED)


def _disrupted(story: Attempts, why: Failure, policy: Policy) -> Attempts:
    if story.disruptions < policy.max_disruptions:
        return replace(story, disruptions=story.disruptions + 1)
    message = f"disrupted more often than policy.maxDisruptions ({policy.max_disruptions}) allows; the last time {why.message}"
    return replace(story, over=replace(why, message=message), over_reason=Reason.DISRUPTIONS_EXHAUSTED)


def _given_up(why: Failure, policy: Policy) -> Failure:
    attempts = "1 attempt" if policy.retries == 0 else f"{policy.retries + 1} attempts"
    return replace(why, message=f"failed after {attempts} (policy.retries: {policy.retries}): {why.message}")


def _within_deadline(story: Attempts, observed: Observed, now: datetime) -> Attempts:
    deadline = observed.valid_spec.policy.deadline_seconds
    if deadline is None or story.total_seconds < deadline or story.over:
        return story
    why = Failure(Fault.INPUT, Reason.DEADLINE_EXCEEDED, f"ran {story.total_seconds:.0f} s of policy.deadlineSeconds {deadline}")
    stopped = replace(story, running_seconds=story.total_seconds, current_seconds=0.0, over=why, over_reason=why.reason)
    is_running = story.newest is not None and story.newest.outcome == "Running"
    return _close(stopped, "Stopped", now, reason=Reason.DEADLINE_EXCEEDED, message=why.message) if is_running else stopped


def _close(story: Attempts, outcome: str, now: datetime, **said: object) -> Attempts:
    """The newest attempt with its end."""
    assert story.newest is not None
    ended = Attempt.model_validate(story.newest.model_dump() | {"outcome": outcome, "finished_at": to_timestamp(now)} | said)
    return replace(story, records=(*story.records[:-1], ended), newest=ended)


def was_suspended(observed: Observed) -> bool:
    """Whether status says so, which it does once the running time up to then was counted."""
    suspended = find(observed.status.conditions, TrainingCondition.SUSPENDED)
    return suspended is not None and suspended.status == "True"


def last_of(records: Iterable[Attempt]) -> int:
    """Number of the newest attempt; 0: there is none."""
    return max((attempt.number for attempt in records), default=0)
