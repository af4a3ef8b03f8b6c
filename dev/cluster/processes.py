"""Long-running processes that outlive the command that started them, each known by a small record.

A record names the process by its id, its start time and the machine's boot, so an id that the kernel has given to
another program since is never taken for ours, nor killed.
"""

import hashlib
import json
import os
import signal
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dev.cluster import locations
from dev.cluster.certificates import KeyPair
from dev.cluster.commands import ClusterError

_LOG_BYTES_BEFORE_ROTATION = 20_000_000


@dataclass(frozen=True)
class ProcessRecord:
    """Who was started: `started` is in clock ticks since `boot`, `fingerprint` tells a changed command or configuration."""

    pid: int
    started: int
    boot: str
    fingerprint: str


def ensure_running(name: str, command: Sequence[str], configuration: str = "") -> bool:
    """Start `name` unless it runs already with the same command and configuration; true if it was (re)started."""
    fingerprint = hashlib.sha256("\0".join([*command, configuration]).encode()).hexdigest()
    record = _read(name)
    if record and is_alive(record):
        if record.fingerprint == fingerprint:
            return False
        stop(name)
    pid = _spawn(name, command)
    started = _start_ticks(pid)
    if started is None:
        raise ClusterError(f"{name} ended at once:\n{end_of_log(name)}")
    record = ProcessRecord(pid, started, _boot(), fingerprint)
    _record_file(name).write_text(json.dumps(asdict(record)))
    return True


def runs(name: str) -> bool:
    """Whether the recorded process `name` is alive."""
    record = _read(name)
    return record is not None and is_alive(record)


def is_alive(record: ProcessRecord) -> bool:
    """Whether the very process of `record` (not a later one with its id) is alive."""
    return record.boot == _boot() and _start_ticks(record.pid) == record.started


def stop(name: str, grace_seconds: float = 10) -> None:
    """End `name` by its process id: politely, then after `grace_seconds` by force; nothing happens if it doesn't run."""
    record = _read(name)
    if record and is_alive(record):
        _end(record, grace_seconds)
    _record_file(name).unlink(missing_ok=True)


def recorded() -> list[str]:
    """Names of all processes with a record, alive or not."""
    return sorted(file.stem for file in _folder().glob("*.json"))


def log_file(name: str) -> Path:
    """Where `name` writes its output."""
    return locations.cluster() / "logs" / f"{name}.log"


def end_of_log(name: str, lines: int = 15) -> str:
    """The last lines of the log of `name`, for an error message."""
    file = log_file(name)
    text = file.read_text(errors="replace").splitlines()[-lines:] if file.exists() else ["(no log)"]
    return "\n".join([f"  end of {file}:", *("  " + line for line in text)])


def _end(record: ProcessRecord, grace_seconds: float) -> None:
    os.kill(record.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while is_alive(record):
        if time.monotonic() > deadline:
            os.kill(record.pid, signal.SIGKILL)
            deadline = float("inf")
        time.sleep(0.05)


def _spawn(name: str, command: Sequence[str]) -> int:
    """Start `command` in a session of its own, so that a Ctrl-C in the terminal doesn't reach it."""
    log = log_file(name)
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LOG_BYTES_BEFORE_ROTATION:
        log.replace(log.with_suffix(".log.1"))
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), append, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    try:
        return os.posix_spawnp(command[0], list(command), os.environ, file_actions=actions, setsid=True)
    except FileNotFoundError as error:
        raise ClusterError(f"{name} can't be started, program not found: {command[0]}") from error


def _start_ticks(pid: int) -> int | None:
    """Start time of the process, or None if there is none, or only its zombie."""
    while True:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
            threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
        except (FileNotFoundError, ProcessLookupError):
            return None
        state, *fields = stat.rpartition(")")[2].split()  # the name before may hold spaces and brackets
        if state not in "ZX":
            return int(fields[18])
        if threads <= 1:
            return None
        time.sleep(0.01)  # the last threads of a killed process still hold its ports


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _folder() -> Path:
    folder = locations.cluster() / "processes"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _record_file(name: str) -> Path:
    return _folder() / f"{name}.json"


def _read(name: str) -> ProcessRecord | None:
    try:
        return ProcessRecord(**json.loads(_record_file(name).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


class Probe:
    """Trusts one certificate authority and signs in with one client certificate; uses no proxy."""

    def __init__(self, ca: Path, client: KeyPair) -> None:
        """Read `ca` (PEM file) and the certificate and key of `client`."""
        context = ssl.create_default_context(cafile=str(ca))
        context.load_cert_chain(client.certificate, client.key)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))

    def is_ok(self, url: str) -> bool:
        """Whether `url` responds with 200 within five seconds."""
        try:
            with self._opener.open(url, timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False
