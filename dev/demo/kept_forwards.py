"""Port-forwards that outlive the demo, and their end."""

import json
import os
import signal
from pathlib import Path

from dev.demo.rows_in_s3 import FOLDER
from dev.platform.forwarding import free_port, start_forward

_KEPT = FOLDER / "forwards.json"


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
