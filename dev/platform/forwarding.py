"""Port-forwards to services, on loopback; those of the demo outlive it."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.demo.flights import FOLDER
from dev.platform.kubectl import command, wait_until

_KEPT = FOLDER / "forwards.json"


def free_port(preferred: int) -> int:
    """``preferred`` if nothing listens there, else any free port."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            number: int = probe.getsockname()[1]
            return number
    raise OSError("no free port on 127.0.0.1")


def start_forward(namespace: str, service: str, remote: int, local: int, log: Path) -> subprocess.Popen[bytes]:
    """A port-forward that outlives the caller; ready when this returns."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command("port-forward", "-n", namespace, f"service/{service}", f"{local}:{remote}", "--address", "127.0.0.1"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    wait_until(f"port-forward to {service}", 30, lambda: _listens(local) or process.poll() is not None)
    if process.poll() is not None:
        raise OSError(f"port-forward to service {service} in {namespace} ended: {log.read_text()[-500:]}")
    return process


@contextmanager
def forwarded(namespace: str, service: str, remote: int, log: Path) -> Iterator[str]:
    """``http://127.0.0.1:<port>`` of a service, for as long as the block runs."""
    port = free_port(0)
    process = start_forward(namespace, service, remote, port, log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def keep_forward(namespace: str, service: str, remote: int, preferred: int) -> str:
    """``http://127.0.0.1:<port>`` of a service, until ``stop_forwards``; ``preferred`` is the port if it is free."""
    local = free_port(preferred)
    process = start_forward(namespace, service, remote, local, FOLDER / f"{service}.log")
    pids = json.loads(_KEPT.read_text()) if _KEPT.exists() else []
    _KEPT.write_text(json.dumps([*pids, process.pid]))
    return f"http://127.0.0.1:{local}"


def stop_forwards() -> None:
    """Stop the port-forwards of an earlier run, by id, if they still are ours."""
    if not _KEPT.exists():
        return
    for pid in json.loads(_KEPT.read_text()):
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists() and b"port-forward" in command.read_bytes():
            os.kill(pid, signal.SIGTERM)
    _KEPT.unlink()
