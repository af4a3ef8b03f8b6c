"""Conditions from what was found: the time of transition is kept while the status stays the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelyard_api.conditions import Condition, ConditionStatus, Reason

from modelyard_operator.timestamps import to_timestamp

_MESSAGE_LIMIT = 4096


@dataclass(frozen=True)
class Finding:
    """What one condition should say now."""

    type: str
    status: ConditionStatus
    reason: Reason
    message: str  # a sentence


def to_conditions(previous: Sequence[Condition], findings: Iterable[Finding], generation: int, now: datetime) -> list[Condition]:
    """One condition per finding, in their order; a type that nothing was found about is dropped."""
    return [_condition(find(previous, finding.type), finding, generation, now) for finding in findings]


def find(conditions: Iterable[Condition], condition_type: str) -> Condition | None:
    """The condition of that type."""
    return next((condition for condition in conditions if condition.type == condition_type), None)


def _condition(previous: Condition | None, finding: Finding, generation: int, now: datetime) -> Condition:
    unchanged = previous is not None and previous.status == finding.status
    return Condition(
        type=finding.type,
        status=finding.status,
        reason=finding.reason,
        message=_cut(finding.message),
        last_transition_time=previous.last_transition_time if previous and unchanged else to_timestamp(now),
        observed_generation=generation,
    )


def _cut(message: str) -> str:
    return message if len(message) <= _MESSAGE_LIMIT else message[: _MESSAGE_LIMIT - 1] + "…"
