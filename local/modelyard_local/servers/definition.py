"""What it takes to run one server."""

import os
import shutil
import sys
import sysconfig
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

INSTALL = 'pip install "modelyard[local]"'
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV")
_PROBE_SECONDS = 5.0


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


def answers(url: str) -> bool:
    """Whether a GET gives 200, directly and not through a proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_PROBE_SECONDS) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError, OSError):
        return False
