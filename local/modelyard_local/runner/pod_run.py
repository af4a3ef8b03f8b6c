"""One pod's process over its restarts: starting it, and what became of it."""

import os
import shutil
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from pathlib import Path

from modelyard_operator.kube.interface import Object

from modelyard_local import lifeline
from modelyard_local.runner import pod_inputs, pods
from modelyard_local.runner.pod_inputs import environment, termination_path
from modelyard_local.runner.pod_status import CRASH_LOOP, Container, Disruption, Ended, Running, Waiting
from modelyard_local.runner.probes import Probing

_DEFAULT_GRACE_SECONDS = 30
_FIRST_BACKOFF_SECONDS, _LAST_BACKOFF_SECONDS = 10, 300
_FORGIVEN_AFTER = timedelta(minutes=10)  # a container that ran that long starts over with the shortest delay
_MESSAGE_BYTES = 4096  # as the kubelet: the end of what was written
_START_FAILED = 128
_LONGEST_LOG, _KEPT_OF_LOG = 32 * 2**20, 8 * 2**20


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
    stop_requested: datetime | None = None
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
    if process.stop_requested is None:
        return Step.ASK_TO_END
    return Step.KILL if now >= process.stop_requested + grace(pod) else Step.NOTHING


def _was_started(pod: Object) -> bool:
    status = pods.container_status(pod)
    return bool(status.get("restartCount")) or any(key in status.get("state", {}) for key in ("running", "terminated"))


@dataclass(frozen=True)
class Place:
    """What a process gets of the machine."""

    port: int  # 0: none
    gpus: tuple[str, ...]


@dataclass
class PodRun:
    """Changed by the kubelet's thread alone."""

    folder: Path
    container: Container = field(default_factory=Container)
    child: lifeline.Child | None = None
    port: int = 0
    probing: Probing | None = None
    disruption: Disruption | None = None
    stop_requested: datetime | None = None
    not_before: datetime | None = None
    killed_for: str = ""
    failed_start: str = ""
    restarts_in_a_row: int = 0

    def process(self) -> Process:
        """The facts for the next step."""
        code = self.child.poll() if self.child else _START_FAILED if self.failed_start else None
        return Process(
            is_known=True,
            is_running=self.child is not None and code is None,
            is_over=self.container.is_over,
            exit_code=code,
            is_condemned=bool(self.probing and self.probing.health.condemned_by),
            stop_requested=self.stop_requested,
            not_before=self.not_before,
        )

    def start(self, pod: Object, lookup: pod_inputs.Lookup, place: Place, now: datetime) -> None:
        """Make folders and files and start the command. Raises ConfigMissing, or OSError where the disk doesn't take the files."""
        container, namespace = pod["spec"]["containers"][0], pod["metadata"]["namespace"]
        pod_inputs.make_folders(self.folder)
        pod_inputs.write_mounts(pod, self.folder, lookup)
        given = pod_inputs.variables(container, namespace, lookup)
        termination_path(self.folder).write_bytes(b"")
        variables = environment(pod, self.folder, given, port=place.port, gpus=place.gpus)
        self._reset(now)
        self.port = place.port
        try:
            self.child = lifeline.start(
                container["command"], environment=variables, folder=pod_inputs.scratch(self.folder), log=self.folder / "log"
            )
        except OSError as error:
            self.failed_start = f"{container['command'][0]} can't be started: {error.strerror or error}"

    def wait(self, reason: str, message: str, until: datetime) -> None:
        """It can't be started now."""
        self.container = replace(self.container, state=Waiting(reason, message), unschedulable="")
        self.not_before = until

    def end(self, now: datetime) -> None:
        """For good. What never ran is over too."""
        state = self._ended(now) if self.child or self.failed_start else self.container.state
        self.container = replace(self.container, state=state, is_over=True, is_ready=False, is_started=False)

    def start_later(self, pod: Object, now: datetime) -> timedelta:
        """Note how it ended and for how long it isn't started again."""
        ended = self._ended(now)
        if ended.started and is_forgiven(now - ended.started):
            self.restarts_in_a_row = 0
        delay = restart_delay(self.restarts_in_a_row)
        self.restarts_in_a_row += 1
        state = Waiting(CRASH_LOOP, f"back-off {delay.seconds}s restarting failed {called(pod)}") if delay else ended
        self.container = Container(state, ended, self.container.restarts)
        self.child, self.failed_start, self.port, self.probing = None, "", 0, None
        self.not_before = now + delay
        return delay

    def bound_log(self) -> None:
        """Keep the end of a log that has become long. Whoever writes it appends, so nothing of what comes after is lost."""
        log = self.folder / "log"
        if log.stat().st_size > _LONGEST_LOG:
            with log.open("r+b") as stream:
                stream.seek(-_KEPT_OF_LOG, os.SEEK_END)
                kept = stream.read()
                stream.truncate(0)
            with log.open("ab") as stream:
                stream.write(kept)

    def remove_folder(self) -> None:
        """With its log."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _reset(self, now: datetime) -> None:
        before = self.container
        self.container = Container(Running(now), before.last, before.restarts + (1 if before.last else 0))
        self.child, self.failed_start, self.killed_for, self.stop_requested, self.not_before = None, "", "", None, None

    def _ended(self, now: datetime) -> Ended:
        started = self.container.state.started if isinstance(self.container.state, Running) else None
        if self.failed_start:
            return Ended(_START_FAILED, "StartError", now, started, self.failed_start)
        code = self.child.poll() if self.child else None
        code = _START_FAILED if code is None else code
        reason = self.killed_for or ("Error" if code else "Completed")
        return Ended(code, reason, now, started, _last_words(termination_path(self.folder)))


def called(pod: Object) -> str:
    """As the kubelet calls a container in its messages."""
    metadata, name = pod["metadata"], pod["spec"]["containers"][0]["name"]
    return f"container={name} pod={metadata['name']}_{metadata['namespace']}({metadata['uid']})"


def _last_words(file: Path) -> str:
    try:
        return file.read_bytes()[-_MESSAGE_BYTES:].decode(errors="replace")
    except OSError:
        return ""
