"""Events: every step of the story once, from the difference between the status that is stored and the one that will be."""

from collections.abc import Iterator

from modelyard_api.conditions import Condition, Reason, TrainingCondition
from modelyard_api.status import Attempt, TrainingJobStatus

from modelyard_operator.conditions import find
from modelyard_operator.plan import Notice

# Passing moments, and what another Event tells already.
_QUIET = frozenset({Reason.PENDING, Reason.PODS_PENDING, Reason.FINISHED, Reason.PODS_READY, Reason.ALIAS_MOVING, Reason.CRITERIA_HELD})
_GOOD = frozenset(
    {
        Reason.SUSPENDED,
        Reason.RESUMED,
        Reason.RESTARTING,
        Reason.APPROVAL_PENDING,
        Reason.APPROVED,
        Reason.CHAMPION_CHANGED,
        Reason.COMPARING,
    }
)


def between(stored: TrainingJobStatus, new: TrainingJobStatus) -> tuple[Notice, ...]:
    """In the order in which things happened; the same sentence is said once."""
    return tuple(dict.fromkeys([*_attempts(stored, new), *_conditions(stored, new)]))


def _attempts(stored: TrainingJobStatus, new: TrainingJobStatus) -> Iterator[Notice]:
    before = {attempt.number: attempt for attempt in stored.attempts}
    for attempt in new.attempts:
        known = before.get(attempt.number)
        if known is None and attempt.number > max(before, default=0):
            yield Notice("Normal", "AttemptStarted", f"attempt {attempt.number} was started")
        if attempt.outcome not in {"Running", "Succeeded"} and (known is None or known.outcome == "Running"):
            yield Notice("Warning", f"Attempt{attempt.outcome}", _ending(attempt))


def _ending(attempt: Attempt) -> str:
    reason = f" ({attempt.reason})" if attempt.reason else ""
    return f"attempt {attempt.number}{reason}: {attempt.message}"


def _conditions(stored: TrainingJobStatus, new: TrainingJobStatus) -> Iterator[Notice]:
    for condition in reversed(new.conditions):
        known = find(stored.conditions, condition.type)
        if known is None or (known.status, known.reason) != (condition.status, condition.reason):
            yield from _condition(condition)


def _condition(condition: Condition) -> Iterator[Notice]:
    if (condition.status == "True" and condition.type in {TrainingCondition.COMPLETE, TrainingCondition.REGISTERED}) or (
        condition.status == "True" and condition.reason == Reason.ALIAS_MOVED
    ):
        yield Notice("Normal", condition.type, condition.message)
    elif condition.reason not in _QUIET:
        yield Notice("Normal" if condition.reason in _GOOD else "Warning", condition.reason, condition.message)
