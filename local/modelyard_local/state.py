"""What the platform process says of itself and of its parts, for ``up``, ``doctor`` and whoever else asks."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version

from pydantic import BaseModel, ConfigDict, ValidationError

from modelyard_local import disk
from modelyard_local.home import Addresses, Home

_LOG = logging.getLogger(__name__)


class PartPhase(StrEnum):
    """Of one part."""

    WAITING = "Waiting"  # for another part
    STARTING = "Starting"
    READY = "Ready"
    NOT_ANSWERING = "NotAnswering"
    RESTARTING = "Restarting"
    FAILED = "Failed"
    STOPPED = "Stopped"


class PlatformPhase(StrEnum):
    """Of the whole."""

    STARTING = "Starting"
    READY = "Ready"
    DEGRADED = "Degraded"  # was ready; a part isn't at the moment
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    FAILED = "Failed"  # could not start, or could not go on; ``message`` says why


class PartState(BaseModel):
    """One server, the operator or the runner."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str  # for people
    phase: PartPhase = PartPhase.WAITING
    since: datetime
    usually_seconds: float = 0  # from its start to ready, on an idle laptop
    message: str = ""
    restarts: int = 0
    pid: int = 0  # 0: a thread of the platform process, or not running
    log: str = ""


class PlatformState(BaseModel):
    """Written whole at every change."""

    model_config = ConfigDict(frozen=True)

    version: str  # of Modelyard
    pid: int
    started: datetime
    phase: PlatformPhase = PlatformPhase.STARTING
    message: str = ""
    notes: tuple[str, ...] = ()  # what is not as usual: another port, little space
    addresses: Addresses | None = None
    stop_seconds: float = 75  # how long an end in order may take: the grace of the pods that run, and a little
    operator_url: str = ""  # /healthz, /readyz and /metrics
    parts: tuple[PartState, ...] = ()


def read(home: Home) -> PlatformState | None:
    """None if nothing was ever written there (or by something else)."""
    try:
        return PlatformState.model_validate_json(home.state.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def write(home: Home, state: PlatformState) -> None:
    """For readers at any moment."""
    disk.write(home.state, state.model_dump_json(indent=2) + "\n")


def own_version() -> str:
    """Of the Modelyard that runs this code."""
    try:
        return version("modelyard")
    except PackageNotFoundError:
        return "unknown"


_WORKING = (PlatformPhase.READY, PlatformPhase.DEGRADED)


class Report:
    """Safe to use from several threads. What can't be written (a full disk) is in the log, and written at the next change."""

    def __init__(self, home: Home, first: PlatformState, on_change: Callable[[PlatformState], None] = lambda _: None) -> None:
        self._home = home
        self._on_change = on_change
        self._lock = threading.RLock()
        self._written: PlatformState | None = None
        self._parts: Callable[[], Sequence[PartState]] = tuple
        self.now = first
        self.refresh()

    def follow(self, parts: Callable[[], Sequence[PartState]]) -> None:
        """Ask these for their states from now on."""
        self._parts = parts
        self.refresh()

    def say(self, **changed: object) -> None:
        """Change fields of the platform's state."""
        with self._lock:
            self.now = self.now.model_copy(update=changed)
            self.refresh()

    def refresh(self) -> None:
        """Write what is the case now, if it differs from what was written."""
        with self._lock:
            parts = tuple(self._parts()) or self.now.parts
            self.now = self.now.model_copy(update={"parts": parts, "phase": overall(self.now.phase, parts)})
            if self.now == self._written:
                return
            try:
                write(self._home, self.now)
            except OSError as error:
                _LOG.warning("%s could not be written: %s", self._home.state, error)
                return
            self._written = self.now
        self._on_change(self.now)


def overall(phase: PlatformPhase, parts: Sequence[PartState]) -> PlatformPhase:
    """A platform that has been ready is degraded while a part isn't; other phases are for the platform process to say."""
    if phase not in _WORKING:
        return phase
    return PlatformPhase.READY if all(part.phase is PartPhase.READY for part in parts) else PlatformPhase.DEGRADED
