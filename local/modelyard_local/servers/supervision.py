"""What it takes to run one server, and what keeps it running: started, waited for, looked at, and started again with growing pauses when it ended or stopped answering."""

import contextlib
import logging
import os
import shutil
import sys
import sysconfig
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from modelyard_operator.kube.pacing import Backoff

from modelyard_local import disk, lifeline
from modelyard_local.state import PartPhase, PartState

INSTALL = 'pip install "modelyard[local]"'
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV")
_PROBE_SECONDS = 5.0
_LOG = logging.getLogger(__name__)


class ProgramMissing(Exception):
    """An executable is not installed; the message says how to get it."""


@dataclass(frozen=True)
class Server:
    """Started by ``supervision``; its log grows with every start."""

    name: str
    title: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path  # working directory, and what it keeps
    log: Path
    is_ready: Callable[[], bool]  # may raise nothing
    usually_seconds: float
    grace_seconds: float
    leftovers: Sequence[Path] = ()  # files outside of the home to remove once it has ended


def find_program(name: str) -> str:
    """Beside this Python, else among its scripts, else on PATH. Raises ProgramMissing."""
    for folder in (Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))):
        if os.access(folder / name, os.X_OK):
            return str(folder / name)
    found = shutil.which(name)
    if found is None:
        raise ProgramMissing(f"the program {name} is not installed: {INSTALL}")
    return found


def clean_environment(home: Path, **extra: str) -> dict[str, str]:
    """From scratch: nobody's AWS, MLflow, Traefik or proxy settings, and no configuration from the user's home."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "HOME": str(home), "XDG_CONFIG_HOME": str(home), **extra}


def responds_at(url: str) -> bool:
    """Whether a GET gives 200, directly and not through a proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_PROBE_SECONDS) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError, OSError):
        return False


@dataclass(frozen=True)
class Timing:
    """In seconds."""

    start_within: float = 180  # a cold disk and a busy machine; usually 10
    look_while_starting: float = 0.1
    look_for_end: float = 0.25
    probe_every: float = 5
    silent_until_restart: float = 90
    calm_after: float = 60  # after that long without trouble the next pause is short again
    first_pause: float = 0.5
    longest_pause: float = 30


class Supervision:
    """A thread for a server. ``on_change`` is called from it after every change of ``state``."""

    def __init__(
        self,
        server: Server,
        on_change: Callable[[], None] = lambda: None,
        timing: Timing | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._on_change = on_change
        self._timing = timing or Timing()
        self._now = now
        self._clock = clock
        self._stop = threading.Event()
        self._backoff = Backoff(first=self._timing.first_pause, longest=self._timing.longest_pause)
        self.state = PartState(
            name=server.name, title=server.title, since=now(), usually_seconds=server.usually_seconds, log=str(server.log)
        )
        self._thread = threading.Thread(target=self._run, name=f"supervise-{server.name}", daemon=True)

    def start(self) -> None:
        """Begin. If its very first start fails, that is final: ``state`` is FAILED and says why."""
        self._thread.start()

    def stop(self) -> None:
        """End the server; returns when nothing of it is left."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        was_ready = False
        while not self._stop.is_set():
            child, trouble = None, ""
            offset = disk.rotate(self._server.log)
            try:
                child = lifeline.start(
                    self._server.command, environment=self._server.environment, folder=self._server.folder, log=self._server.log
                )
                trouble = self._wait_ready(child)
                if not trouble and not self._stop.is_set():
                    was_ready = True
                    trouble = self._watch(child)
            except OSError as error:
                trouble = f"could not be started: {error}"
            finally:
                self._end(child)
            if self._stop.is_set():
                break
            said = disk.end_of(self._server.log, offset)
            if not was_ready:
                return self._is(PartPhase.FAILED, f"{trouble}; the end of {self._server.log}:\n{said}" if said else trouble)
            self._pause(trouble, said)
        self._is(PartPhase.STOPPED)
        return None

    def _wait_ready(self, child: lifeline.Child) -> str:
        """Empty when it is ready, else what went wrong."""
        self._is(PartPhase.STARTING, self.state.message, child.pid)
        deadline = self._clock() + self._timing.start_within
        while not self._stop.is_set():
            code = child.poll()
            if code is not None:
                return f"ended with exit code {code}"
            if self._server.is_ready():
                self._is(PartPhase.READY, pid=child.pid)
                return ""
            if self._clock() > deadline:
                return f"was not ready in {self._timing.start_within:.0f} s"
            self._stop.wait(self._timing.look_while_starting)
        return ""

    def _watch(self, child: lifeline.Child) -> str:
        """Until it ends, or has been silent for too long; says which."""
        ready_since = heard = looked = self._clock()
        while not self._stop.wait(self._timing.look_for_end):
            code = child.poll()
            if code is not None:
                return f"ended unexpectedly with exit code {code}"
            if self._clock() - looked < self._timing.probe_every:
                continue
            is_ready = self._server.is_ready()
            looked = self._clock()
            heard = looked if is_ready else heard
            if looked - heard > self._timing.silent_until_restart:
                return f"did not answer for {looked - heard:.0f} s"
            self._show(is_ready, child.pid)
            if looked - ready_since > self._timing.calm_after:
                self._backoff.reset()
        return ""

    def _show(self, is_ready: bool, pid: int) -> None:
        phase = PartPhase.READY if is_ready else PartPhase.NOT_ANSWERING
        if phase is not self.state.phase:
            self._is(phase, "" if is_ready else "its process runs but does not answer", pid)

    def _end(self, child: lifeline.Child | None) -> None:
        if child is not None:
            child.stop(self._server.grace_seconds)
        for leftover in self._server.leftovers:
            with contextlib.suppress(OSError):
                leftover.unlink(missing_ok=True)

    def _pause(self, trouble: str, said: str) -> None:
        seconds = self._backoff.next()
        _LOG.warning("%s %s; starting it again in %.1f s; its log ended with:\n%s", self._server.title, trouble, seconds, said)
        self.state = self.state.model_copy(update={"restarts": self.state.restarts + 1})
        self._is(PartPhase.RESTARTING, trouble)
        self._stop.wait(seconds)

    def _is(self, phase: PartPhase, message: str = "", pid: int = 0) -> None:
        changed = {"phase": phase, "message": message, "pid": pid, "since": self._now()}
        self.state = self.state.model_copy(update=changed)
        _LOG.info("%s: %s%s", self._server.title, phase, f", {message}" if message else "")
        self._on_change()
