"""What a policy decides. A policy is a function from what is observed to a Decision, or None: then the next one is tried."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from modelyard_api.conditions import Condition, Reason, TrainingCondition
from modelyard_api.resource_status import PromotionRecord, TrainingOutcome
from modelyard_api.timestamps import from_timestamp

from modelyard_operator.conditions import ConditionUpdate
from modelyard_operator.kube.interface import Object
from modelyard_operator.plan import RegistryAction

SOON = 1.0  # seconds; the status that is written first wakes us anyhow
PENDING_SECONDS = 10.0  # Events are not watched
PROGRESS_SECONDS = 10.0
_LONGEST_WAIT = 60.0


@dataclass(frozen=True)
class Decision:
    """Where the TrainingJob stands and what is done about it. The first update is the one that a Problem would replace."""

    updates: tuple[ConditionUpdate, ...]
    create: tuple[Object, ...] = ()
    registry: tuple[RegistryAction, ...] = ()
    promotion: PromotionRecord | None = None  # None: there is neither an intent nor a promotion
    outcome: TrainingOutcome | None = None
    finished: bool = False  # it is over
    delete: bool = False  # its time to live is over, too
    requeue_after: float | None = None


RunUrl = Callable[[str, str], str]  # experiment and run to the address of the run's page

Given = TypeVar("Given")
Policy = Callable[[Given], Decision | None]


def first(policies: Iterable[Policy[Given]], given: Given) -> Decision:
    """The answer of the first policy that has one; the last one of a chain always has."""
    return next(decision for policy in policies if (decision := policy(given)) is not None)


def running(reason: Reason, message: str) -> ConditionUpdate:
    """A pod trains."""
    return ConditionUpdate(TrainingCondition.RUNNING, "True", reason, message)


def not_running(reason: Reason, message: str) -> ConditionUpdate:
    """No pod trains (now)."""
    return ConditionUpdate(TrainingCondition.RUNNING, "False", reason, message)


def failed(reason: Reason, message: str) -> Decision:
    """It is over, without a model."""
    update = ConditionUpdate(TrainingCondition.FAILED, "True", reason, message)
    return Decision((update, not_running(reason, message)), finished=True)


def growing_wait(since: Condition | None, now: datetime) -> float:
    """Seconds until the next try of something that doesn't answer: as long as it hasn't answered already, 5 to 60."""
    waited = (now - from_timestamp(since.last_transition_time)) if since else timedelta(0)
    return min(_LONGEST_WAIT, max(5.0, waited.total_seconds()))
