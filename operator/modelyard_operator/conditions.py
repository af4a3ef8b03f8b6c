"""Conditions from what was found: the time of transition is kept while the status stays the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from modelyard_api.conditions import Condition, ConditionStatus, Reason
from modelyard_api.rendering import sentence
from modelyard_api.timestamps import to_timestamp

_MESSAGE_LIMIT = 4096


@dataclass(frozen=True)
class ConditionUpdate:
    """What one condition should say now."""

    type: str
    status: ConditionStatus
    reason: Reason
    message: str  # becomes a sentence: with a capital and a full stop


def to_conditions(previous: Sequence[Condition], updates: Iterable[ConditionUpdate], generation: int, now: datetime) -> list[Condition]:
    """One condition per update, in their order; a type that nothing was found about is dropped."""
    return [_condition(find(previous, update.type), update, generation, now) for update in updates]


def find(conditions: Iterable[Condition], condition_type: str) -> Condition | None:
    """The condition of that type."""
    return next((condition for condition in conditions if condition.type == condition_type), None)


def unchanged(conditions: Iterable[Condition]) -> tuple[ConditionUpdate, ...]:
    """Conditions as they are, whichever version of the operator wrote them: a reason may be none that this one knows."""
    return tuple(ConditionUpdate(one.type, one.status, cast(Reason, one.reason), one.message) for one in conditions)


def _condition(previous: Condition | None, update: ConditionUpdate, generation: int, now: datetime) -> Condition:
    unchanged = previous is not None and previous.status == update.status
    return Condition(
        type=update.type,
        status=update.status,
        reason=update.reason,
        message=_cut(sentence(update.message)),
        last_transition_time=previous.last_transition_time if previous and unchanged else to_timestamp(now),
        observed_generation=generation,
    )


def _cut(message: str) -> str:
    return message if len(message) <= _MESSAGE_LIMIT else message[: _MESSAGE_LIMIT - 1] + "…"
