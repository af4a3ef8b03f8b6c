"""A real Alertmanager (Debian's package prometheus-alertmanager) on a free loopback port, alone and without a cluster."""

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard_local.preparation import free_ports

from tests.servers.process import Server, clean_environment, running

_PROGRAM = "prometheus-alertmanager"
_READY_WITHIN_SECONDS = 30.0
_CONFIG = """
route: {receiver: nobody, group_wait: 0s, group_interval: 1s}
receivers: [{name: nobody}]
"""


@dataclass(frozen=True)
class AlertmanagerServer:
    """A running server."""

    url: str
    process: Server

    def firing(self) -> list[dict[str, Any]]:
        """The alerts that are active now, as the v2 API gives them."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts?active=true", timeout=5) as answer:
            alerts: list[dict[str, Any]] = json.load(answer)
            return alerts


@contextmanager
def running_alertmanager(directory: Path, *, port: int = 0) -> Iterator[AlertmanagerServer]:
    """Alertmanager with its files in ``directory`` (it keeps silences there, no alerts)."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "alertmanager.yml").write_text(_CONFIG)
    port = port or free_ports(1)[0]
    url = f"http://127.0.0.1:{port}"
    command = [
        *(_program(), f"--config.file={directory / 'alertmanager.yml'}", f"--storage.path={directory / 'data'}"),
        *(f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="),
    ]
    log = directory / "alertmanager.log"
    with running(command, log, lambda: _ready(url), seconds=_READY_WITHIN_SECONDS, environment=clean_environment()) as process:
        yield AlertmanagerServer(url, process)


def _program() -> str:
    found = shutil.which(_PROGRAM)
    assert found, f"{_PROGRAM} is not installed: apt-get install {_PROGRAM}"
    return found


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
