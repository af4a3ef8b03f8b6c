"""Start the platform process, find out by its lock whether one runs, and end it."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import psutil

from modelyard_local import disk, state
from modelyard_local.home import VARIABLE, Home
from modelyard_local.preparation import RequestedPorts
from modelyard_local.servers.supervision import clean_environment
from modelyard_local.state import PlatformPhase, PlatformState

_TRIES_SECONDS = 2.0  # a command that only looks holds it for a moment
_LOOK_SECONDS = 0.1
_REMAINS_WITHIN_SECONDS = 10.0
_MADE_BY_US = ("addresses.json", "data", "logs", "platform.lock", "pods", "routes", "secrets.json", "state.json")


def acquire(path: Path, clock: Callable[[], float] = time.monotonic, pause: Callable[[float], None] = time.sleep) -> IO[str] | None:
    """Keep what is returned open as long as the process lives; None if another has it. The file says whose it is."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
    deadline = clock() + _TRIES_SECONDS
    while not _try(file):
        if clock() > deadline:
            file.close()
            return None
        pause(0.05)
    file.seek(0)
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def holder(path: Path) -> int | None:
    """The process id of who holds it; 0 while it is just being taken; None if nobody does."""
    try:
        with path.open("r", encoding="utf-8") as file:
            if _try(file, fcntl.LOCK_SH):
                return None
            text = file.read().strip()
            return int(text) if text.isdigit() else 0
    except FileNotFoundError:
        return None


def _try(file: IO[str], how: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class NotStarted(Exception):
    """The platform process ended before it was ready; the message says why."""


def log_file(home: Home) -> Path:
    """Of the platform process: its own lines and the operator's, as JSON."""
    return home.logs / "platform.log"


def running(home: Home) -> PlatformState | None:
    """What the process that holds the home says of itself; None if none does. At its very start it is a platform that starts."""
    pid = holder(home.lock)
    if pid is None:
        return None
    said = state.read(home)
    if said is not None and said.pid == pid:
        return said
    return PlatformState(version=state.own_version(), pid=pid, started=_started(pid))


def environment(home: Home) -> dict[str, str]:
    """Of the platform process: the operator's MLflow client reads log-ins and proxies from it, and the user's are not for ours."""
    return clean_environment(Path.home(), **{VARIABLE: str(home.folder), "OMP_NUM_THREADS": "1"})


def launch(home: Home, requested: RequestedPorts) -> "subprocess.Popen[bytes]":
    """The platform process, detached: it survives this process and its terminal."""
    home.make()
    log = log_file(home)
    disk.rotate(log)
    ports = [f"--port-{name}={port}" for name, port in vars(requested).items() if port]
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "modelyard_local.platform_process", *ports],
            cwd=home.folder,
            env=environment(home),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def follow_start(home: Home, process: "subprocess.Popen[bytes]") -> Iterator[PlatformState]:
    """The states of a platform process that was just launched, the last of them ready. Raises NotStarted."""
    offset = _size(log_file(home))
    yield from _until_ready(home, process.pid, process.poll)
    code = process.poll()
    if code is not None:
        end = disk.end_of(log_file(home), offset)
        raise NotStarted(f"the platform process ended with exit code {code}; the end of {log_file(home)}:\n{end}")


def follow_running(home: Home, pid: int) -> Iterator[PlatformState]:
    """The same of one that another command launched."""
    yield from _until_ready(home, pid, lambda: None if holder(home.lock) == pid else 1)
    if holder(home.lock) != pid:
        raise NotStarted("it ended before it was ready; start it again")


def _until_ready(home: Home, pid: int, ended: Callable[[], int | None]) -> Iterator[PlatformState]:
    """Stops also when the process has ended."""
    while True:
        has_ended = ended() is not None  # looked at first: what it said last is there then
        said = state.read(home)
        if said is not None and said.pid == pid:
            yield said
            if said.phase in (PlatformPhase.READY, PlatformPhase.DEGRADED):
                return
            if said.phase is PlatformPhase.FAILED:
                raise NotStarted(said.message)
        if has_ended:
            return
        time.sleep(_LOOK_SECONDS)


def stop(home: Home, on_wait: Callable[[PlatformState], None] = lambda _: None) -> bool:
    """End it and whatever it started; False if it had to be killed. Nothing of the state is removed."""
    said = running(home)
    if said is None or said.pid == 0:
        return True
    everything = _family(said.pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(said.pid, signal.SIGTERM)
    began = time.monotonic()
    while holder(home.lock) == said.pid and time.monotonic() < began + said.stop_seconds:
        said = running(home) or said
        on_wait(said)
        everything |= _family(said.pid)
        time.sleep(_LOOK_SECONDS)
    ended_by_itself = holder(home.lock) != said.pid
    if not ended_by_itself:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(said.pid, signal.SIGKILL)
    _end_remains(everything)
    return ended_by_itself


def delete_everything(home: Home) -> list[Path]:
    """All that a platform ever put into its home; what else is there stays, and is returned. Only after ``stop``."""
    if not home.folder.exists():
        return []
    for path in [home.folder / name for name in _MADE_BY_US] + list(home.folder.glob("store.sqlite*")):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    left = sorted(home.folder.iterdir())
    if not left:
        home.folder.rmdir()
    return left


def _family(pid: int) -> set[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return {process, *process.children(recursive=True)}
    except psutil.Error:
        return set()


def _end_remains(processes: set[psutil.Process]) -> None:
    """Children end with their parent; here nothing is left to chance. A process id that was given to another program is not ours."""
    _, alive = psutil.wait_procs(processes, timeout=_REMAINS_WITHIN_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=_REMAINS_WITHIN_SECONDS)


def _started(pid: int) -> datetime:
    try:
        return datetime.fromtimestamp(psutil.Process(pid).create_time(), UTC)
    except psutil.Error:
        return datetime.fromtimestamp(0, UTC)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
