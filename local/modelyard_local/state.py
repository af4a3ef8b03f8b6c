"""What the platform process says of itself and of its parts, for ``up``, ``doctor`` and whoever else asks."""

from datetime import datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version

from pydantic import BaseModel, ConfigDict, ValidationError

from modelyard_local import files
from modelyard_local.home import Addresses, Home


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
    files.write(home.state, state.model_dump_json(indent=2) + "\n")


def own_version() -> str:
    """Of the Modelyard that runs this code."""
    try:
        return version("modelyard")
    except PackageNotFoundError:
        return "unknown"
