"""What to do next about a pod and its process."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from modelyard_operator.kube.interface import Object

from modelyard_local.runner import pods

_DEFAULT_GRACE_SECONDS = 30
_FIRST_BACKOFF_SECONDS, _LAST_BACKOFF_SECONDS = 10, 300
_FORGIVEN_AFTER = timedelta(minutes=10)  # a container that ran that long starts over with the shortest delay


class Step(Enum):
    """One at a time; the next one is decided when it is done."""

    NOTHING = auto()
    START = auto()
    WATCH = auto()  # it runs: probes, memory
    ASK_TO_END = auto()
    KILL = auto()
    START_LATER = auto()  # it ended, and is started again after a while
    RECORD_END = auto()  # for good
    RECORD_LOSS = auto()  # its process went down with an earlier runner
    RELEASE = auto()  # the object may go


@dataclass(frozen=True)
class Process:
    """What this runner knows of a pod's process."""

    is_known: bool = False  # this runner has looked after the pod before
    is_running: bool = False
    is_over: bool = False  # it ended for good, and the pod's status is about to say so
    exit_code: int | None = None  # of a process that ended and whose end isn't dealt with yet
    is_condemned: bool = False  # a probe wants it restarted
    asked: datetime | None = None  # when it was asked to end
    not_before: datetime | None = None  # when it may be started (again)


def next_step(pod: Object, process: Process, now: datetime) -> Step:
    """For a pod as it is in the store."""
    if pods.is_terminal(pod) or process.is_over:
        return Step.RELEASE if pods.is_terminal(pod) and pods.is_deleting(pod) else Step.NOTHING
    if not process.is_known and _was_started(pod):
        return Step.RECORD_LOSS
    return _of_running(pod, process, now) if process.is_running else _of_idle(pod, process, now)


def grace(pod: Object) -> timedelta:
    """Time that it gets to end by itself."""
    return timedelta(seconds=pod["spec"].get("terminationGracePeriodSeconds", _DEFAULT_GRACE_SECONDS))


def restart_delay(restarts_in_a_row: int) -> timedelta:
    """None before the first restart, then 10 s, doubled each time up to 5 minutes."""
    if not restarts_in_a_row:
        return timedelta()
    return timedelta(seconds=min(_FIRST_BACKOFF_SECONDS * 2 ** min(restarts_in_a_row - 1, 10), _LAST_BACKOFF_SECONDS))


def is_forgiven(ran: timedelta) -> bool:
    """Whether a container that ran that long counts as having worked."""
    return ran >= _FORGIVEN_AFTER


def _of_idle(pod: Object, process: Process, now: datetime) -> Step:
    if pods.is_deleting(pod):
        return Step.RECORD_END
    if process.exit_code is not None:
        return Step.START_LATER if pod["spec"].get("restartPolicy", "Always") == "Always" else Step.RECORD_END
    return Step.NOTHING if process.not_before and now < process.not_before else Step.START


def _of_running(pod: Object, process: Process, now: datetime) -> Step:
    if not pods.is_deleting(pod) and not process.is_condemned:
        return Step.WATCH
    if process.asked is None:
        return Step.ASK_TO_END
    return Step.KILL if now >= process.asked + grace(pod) else Step.NOTHING


def _was_started(pod: Object) -> bool:
    status = pods.container_status(pod)
    return bool(status.get("restartCount")) or any(key in status.get("state", {}) for key in ("running", "terminated"))
