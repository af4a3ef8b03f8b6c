"""The attempts so far: which Job is whose, how each ended, what that cost, and whether there is a result."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from modelyard_api.conditions import Reason, TrainingCondition
from modelyard_api.pod_contract import TrainResult
from modelyard_api.resource_status import Attempt
from modelyard_api.timestamps import to_timestamp
from modelyard_api.training_job import Policy

from modelyard_operator.conditions import find
from modelyard_operator.pods import facts
from modelyard_operator.pods.facts import Child
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


def stored(observed: Observed) -> Attempts:
    """As they were written down: after training nothing about them changes."""
    status = observed.status
    return Attempts(tuple(status.attempts), status.retries, status.disruptions, status.running_seconds)


def observe(observed: Observed, now: datetime) -> Attempts:
    """Bring what is stored up to date with the Jobs that are seen. Only the newest attempt can be unfinished."""
    if observed.spec is None:
        return stored(observed)
    records = _with_unrecorded(observed)
    status = observed.status
    attempts = Attempts(records, status.retries, status.disruptions, float(status.running_seconds), newest=records[-1] if records else None)
    if attempts.newest is None or attempts.newest.outcome != "Running":
        return _within_deadline(attempts, observed, now)
    child = observed.attempts.get(attempts.newest.number)
    if child is None:
        return _failed(attempts, failure.lost(f"{observed.name}-{attempts.newest.number}"), "Lost", observed, now)
    if facts.is_failed(child.job):
        return _ended_badly(attempts, failure.classify(child), child, observed, now)
    if facts.is_complete(child.job):
        return _ended_well(attempts, child, observed, now)
    return _within_deadline(_unfinished(attempts, child, observed, now), observed, now)


def _with_unrecorded(observed: Observed) -> tuple[Attempt, ...]:
    """What is stored, and the Jobs that were made but not written down (the operator died in between)."""
    recorded = {attempt.number: attempt for attempt in observed.status.attempts}
    seen = {
        number: Attempt(number=number, job_uid=child.uid, outcome="Running")
        for number, child in observed.attempts.items()
        if number > max(recorded, default=0)
    }
    return tuple(each for _, each in sorted((recorded | seen).items()))[-_KEPT:]


def _unfinished(attempts: Attempts, child: Child, observed: Observed, now: datetime) -> Attempts:
    seconds = facts.seconds_run(child, now)
    if was_suspended(observed):  # counted when it was suspended
        return replace(attempts, current=child)
    if observed.valid_spec.policy.suspend:
        return replace(attempts, current=child, running_seconds=attempts.running_seconds + seconds)
    return replace(attempts, current=child, current_seconds=seconds)


def _ended_well(attempts: Attempts, child: Child, observed: Observed, now: datetime) -> Attempts:
    result = facts.result_of(child) or observed.registry.result
    if result is None and observed.registry.problem:
        return replace(attempts, result_awaited=True)
    if result is None:
        return _ended_badly(attempts, failure.without_result(child), child, observed, now)
    ended = replace(attempts, running_seconds=attempts.running_seconds + _seconds(child, observed, now), result=result)
    return _close(ended, "Succeeded", now, exit_code=0)


def _ended_badly(attempts: Attempts, why: Failure, child: Child, observed: Observed, now: datetime) -> Attempts:
    ended = replace(attempts, running_seconds=attempts.running_seconds + _seconds(child, observed, now))
    outcome = "Disrupted" if why.fault is Fault.DISRUPTION else "Failed"
    return _failed(ended, why, outcome, observed, now)


def _seconds(child: Child, observed: Observed, now: datetime) -> float:
    return 0.0 if was_suspended(observed) else facts.seconds_run(child, now)


def _failed(attempts: Attempts, why: Failure, outcome: str, observed: Observed, now: datetime) -> Attempts:
    """Write it down, and decide whether there is another attempt: that is decided once, here."""
    attempts = _close(attempts, outcome, now, exit_code=why.exit_code, reason=why.reason or "", message=why.message)
    policy = observed.valid_spec.policy
    if why.fault is Fault.INPUT:
        return replace(attempts, over=why, over_reason=why.reason)
    if why.fault is Fault.DISRUPTION:
        return _disrupted(attempts, why, policy)
    if attempts.retries < policy.retries:
        return _within_deadline(replace(attempts, retries=attempts.retries + 1), observed, now)
    return replace(attempts, over=_given_up(why, policy), over_reason=why.reason or Reason.RETRIES_EXHAUSTED)


def _disrupted(attempts: Attempts, why: Failure, policy: Policy) -> Attempts:
    if attempts.disruptions < policy.max_disruptions:
        return replace(attempts, disruptions=attempts.disruptions + 1)
    message = f"disrupted more often than policy.maxDisruptions ({policy.max_disruptions}) allows; the last time {why.message}"
    return replace(attempts, over=replace(why, message=message), over_reason=Reason.DISRUPTIONS_EXHAUSTED)


def _given_up(why: Failure, policy: Policy) -> Failure:
    attempts = "1 attempt" if policy.retries == 0 else f"{policy.retries + 1} attempts"
    return replace(why, message=f"failed after {attempts} (policy.retries: {policy.retries}): {why.message}")


def _within_deadline(attempts: Attempts, observed: Observed, now: datetime) -> Attempts:
    deadline = observed.valid_spec.policy.deadline_seconds
    if deadline is None or attempts.total_seconds < deadline or attempts.over:
        return attempts
    why = Failure(Fault.INPUT, Reason.DEADLINE_EXCEEDED, f"ran {attempts.total_seconds:.0f} s of policy.deadlineSeconds {deadline}")
    stopped = replace(attempts, running_seconds=attempts.total_seconds, current_seconds=0.0, over=why, over_reason=why.reason)
    is_running = attempts.newest is not None and attempts.newest.outcome == "Running"
    return _close(stopped, "Stopped", now, reason=Reason.DEADLINE_EXCEEDED, message=why.message) if is_running else stopped


def _close(attempts: Attempts, outcome: str, now: datetime, **said: object) -> Attempts:
    """The newest attempt with its end."""
    assert attempts.newest is not None
    ended = Attempt.model_validate(attempts.newest.model_dump() | {"outcome": outcome, "finished_at": to_timestamp(now)} | said)
    return replace(attempts, records=(*attempts.records[:-1], ended), newest=ended)


def was_suspended(observed: Observed) -> bool:
    """Whether status says so, which it does once the running time up to then was counted."""
    suspended = find(observed.status.conditions, TrainingCondition.SUSPENDED)
    return suspended is not None and suspended.status == "True"


def last_of(records: Iterable[Attempt]) -> int:
    """Number of the newest attempt; 0: there is none."""
    return max((attempt.number for attempt in records), default=0)
