"""What `modelyard doctor` knows of a machine, and what it says of it. Nothing here judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from modelyard_local.state import PlatformState


@dataclass(frozen=True)
class Requirement:
    """A package that is needed for local use and isn't as needed."""

    package: str
    wanted: str  # such as ">=2,<3"; empty: any version
    installed: str  # empty: none


@dataclass(frozen=True)
class Software:
    """Python and what is installed for it."""

    python: tuple[int, int, int]
    python_wanted: str  # such as ">=3.11"
    versions: Mapping[str, str]  # of the main parts
    unmet: Sequence[Requirement]
    import_errors: Mapping[str, str]  # module -> what happened
    programs: Mapping[str, str]  # name -> what is wrong with it; empty: it runs


@dataclass(frozen=True)
class Machine:
    """Hardware, and how full it is."""

    free_disk: int  # bytes
    memory: int
    free_memory: int
    gpus: Sequence[str] = ()  # as the driver names them
    has_driver: bool = False
    driver_error: str = ""
    torch_cuda: str = ""  # the CUDA version that PyTorch was built for; empty: built without
    is_apple_silicon: bool = False


@dataclass(frozen=True)
class Folder:
    """The home."""

    path: Path
    write_error: str = ""  # empty: files can be made there
    file_system: str = ""  # empty: not known
    newest_change_seconds_ahead: float = 0  # of the clock


@dataclass(frozen=True)
class Port:
    """One that the next start would use."""

    title: str
    option: str
    number: int
    holder: str = ""  # empty: it is free
    was_used: bool = False  # links to it are in use


@dataclass(frozen=True)
class Platform:
    """The one of this home."""

    pid: int | None = None  # of whoever holds the lock; None: nobody
    said: PlatformState | None = None
    version: str = ""  # of this command
    silent: Sequence[str] = ()  # titles of parts that didn't answer just now


@dataclass(frozen=True)
class Cluster:
    """Of the kubeconfig."""

    context: str
    error: str = ""  # empty: the API server responds
    has_resources: bool = False
    operator_version: str = ""  # empty: no operator


@dataclass(frozen=True)
class Facts:
    """All of them."""

    software: Software
    machine: Machine
    folder: Folder
    platform: Platform
    ports: Sequence[Port] = field(default_factory=tuple)
    cluster: Cluster | None = None  # None: no kubeconfig


class Level(StrEnum):
    """PROBLEM: the platform can't start or work. HINT: good to know."""

    OK = "ok"
    HINT = "hint"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One row of the table."""

    check: str
    level: Level
    what: str
    fix: str = ""


def ok(check: str, what: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Level.OK, what)


def hint(check: str, what: str, fix: str = "") -> Finding:
    """Works, but."""
    return Finding(check, Level.HINT, what, fix)


def problem(check: str, what: str, fix: str) -> Finding:
    """Has to be mended."""
    return Finding(check, Level.PROBLEM, what, fix)
