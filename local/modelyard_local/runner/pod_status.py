"""What is said about a pod: its status, and Events as the kubelet writes them, one per thing that is said however often it happens."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from modelyard_api.timestamps import to_timestamp
from modelyard_operator.kube.interface import AlreadyExists, Kube, KubeError, Object
from modelyard_operator.kube.writer import event_object
from modelyard_operator.plan import Event

from modelyard_local.runner.decision import with_condition

CRASH_LOOP = "CrashLoopBackOff"
_ADDRESS = "127.0.0.1"
_LOG = logging.getLogger(__name__)
_CONTROLLER = "modelyard-runner"


@dataclass(frozen=True)
class Waiting:
    """Not running yet, or not again."""

    reason: str = "ContainerCreating"
    message: str = ""

    def to_wire(self) -> Object:
        """As ``containerStatuses[].state`` says it."""
        return {"waiting": {"reason": self.reason, **({"message": self.message} if self.message else {})}}


@dataclass(frozen=True)
class Running:
    """Since when."""

    started: datetime

    def to_wire(self) -> Object:
        """As ``containerStatuses[].state`` says it."""
        return {"running": {"startedAt": to_timestamp(self.started)}}


@dataclass(frozen=True)
class Ended:
    """How, and its last words."""

    exit_code: int
    reason: str  # Completed, Error, OOMKilled, StartError, ContainerStatusUnknown
    finished: datetime
    started: datetime | None = None
    message: str = ""

    def to_wire(self) -> Object:
        """As ``containerStatuses[].state`` says it."""
        started = {"startedAt": to_timestamp(self.started)} if self.started else {}
        words = {"message": self.message} if self.message else {}
        finished = {"finishedAt": to_timestamp(self.finished)}
        return {"terminated": {"exitCode": self.exit_code, "reason": self.reason, **words, **started, **finished}}


@dataclass(frozen=True)
class Container:
    """The one container of a pod."""

    state: Waiting | Running | Ended = field(default_factory=Waiting)
    last: Ended | None = None
    restarts: int = 0
    is_started: bool = False
    is_ready: bool = False
    is_over: bool = False  # it won't be started again
    unschedulable: str = ""  # why no place was found for it

    @property
    def phase(self) -> str:
        """Of its pod."""
        if self.is_over:
            return "Succeeded" if isinstance(self.state, Ended) and self.state.exit_code == 0 else "Failed"
        return "Running" if isinstance(self.state, Running) or self.last else "Pending"


@dataclass(frozen=True)
class Disruption:
    """The pod was taken away, through no fault of its own."""

    message: str

    def condition(self) -> Object:
        """``DisruptionTarget``, as a node writes it that shuts down."""
        return {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet", "message": self.message}


def pod_status(pod: Object, container: Container, now: datetime, disruption: Disruption | None = None) -> Object:
    """The whole status."""
    before = pod.get("status", {})
    conditions = list(before.get("conditions") or ())
    for wanted in _conditions(container, disruption):
        conditions = with_condition(conditions, wanted, now)
    if container.unschedulable:
        return {"phase": "Pending", "conditions": conditions}
    status = {
        "phase": container.phase,
        "conditions": conditions,
        "hostIP": _ADDRESS,
        "podIP": _ADDRESS,
        "startTime": before.get("startTime") or to_timestamp(now),
        "containerStatuses": [_container_status(pod, container)],
    }
    return status | ({"reason": "Terminated", "message": disruption.message} if disruption else {})


def _conditions(container: Container, disruption: Disruption | None) -> list[Object]:
    if container.unschedulable:
        words = {"reason": "Unschedulable", "message": container.unschedulable}
        return [{"type": "PodScheduled", "status": "False", **words}]
    ready: Object = {"status": "True"} if container.is_ready else {"status": "False", **_why_unready(container)}
    return [
        {"type": "PodScheduled", "status": "True"},
        {"type": "Initialized", "status": "True"},
        {"type": "ContainersReady", **ready},
        {"type": "Ready", **ready},
        *([disruption.condition()] if disruption else []),
    ]


def _why_unready(container: Container) -> Object:
    if container.phase == "Succeeded":
        return {"reason": "PodCompleted"}
    return {"reason": "PodFailed"} if container.phase == "Failed" else {"reason": "ContainersNotReady"}


def _container_status(pod: Object, container: Container) -> Object:
    spec = pod["spec"]["containers"][0]
    return {
        "name": spec["name"],
        "image": spec.get("image", ""),
        "imageID": "",
        "ready": container.is_ready,
        "started": container.is_started,
        "restartCount": container.restarts,
        "state": container.state.to_wire(),
        "lastState": container.last.to_wire() if container.last else {},
    }


class PodEvents:
    """Best effort: an Event that can't be written never stops the work."""

    def __init__(self, kube: Kube, now: Callable[[], datetime]) -> None:
        self._kube = kube
        self._now = now

    def warn(self, subject: Object, reason: str, note: str) -> None:
        """Something is wrong with ``subject``."""
        self._tell(subject, "Warning", reason, note)

    def mention(self, subject: Object, reason: str, note: str) -> None:
        """Something ordinary happened."""
        self._tell(subject, "Normal", reason, note)

    def _tell(self, subject: Object, kind: Literal["Normal", "Warning"], reason: str, note: str) -> None:
        try:
            said = Event(kind, reason, note)
            self._kube.create(event_object(said, subject, _CONTROLLER, self._now(), controller=_CONTROLLER, action="Run"))
        except AlreadyExists:
            return
        except KubeError as error:
            _LOG.warning("event %s was not recorded: %s", reason, error)
