"""The real operator process, started and killed as often as a test wants."""

import secrets
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from modelyard_local.preparation import free_ports

from tests.servers.process import Server, clean_environment

_READY_WITHIN_SECONDS = 60.0


class Operator:
    """``python -m modelyard_operator`` for one namespace, with the Lease in that namespace."""

    def __init__(self, directory: Path, kubeconfig: Path, namespace: str, login: Mapping[str, str]) -> None:
        self.starts = 0
        self._directory = directory
        self._port = free_ports(1)[0]
        self._process: Server | None = None
        keys = directory / "evidence"
        keys.mkdir()
        (keys / "1").write_text(secrets.token_hex(32))
        self._environment = clean_environment(
            MODELYARD_EVIDENCE_KEYS=str(keys),
            KUBECONFIG=str(kubeconfig),
            MODELYARD_IMAGE_JOBS="registry.test/jobs:1",
            MODELYARD_IMAGE_SERVING="registry.test/serving:1",
            MODELYARD_IMAGE_MONITORING="registry.test/monitoring:1",
            MODELYARD_WATCH_NAMESPACES=namespace,
            MODELYARD_LEASE_NAMESPACE=namespace,
            MODELYARD_HTTP_PORT=str(self._port),
            MODELYARD_ALIAS_POLL_SECONDS="1",
            POD_NAME="operator-0",  # a container that is restarted keeps its pod's name
            PYTHONWARNINGS="ignore",
            **login,
        )

    def start(self, **changed: str) -> None:
        """Returns when it is ready; ``changed`` are variables of its environment, from now on."""
        self.starts += 1
        self._environment |= changed
        log = self._directory / f"operator-{self.starts}.log"
        self._process = Server([sys.executable, "-m", "modelyard_operator"], log, self._environment, self._directory)
        self._process.wait_until(self._is_ready, _READY_WITHIN_SECONDS)

    def kill(self) -> None:
        """SIGKILL: it has no chance to finish anything."""
        assert self._process is not None
        self._process.kill()

    def stop(self) -> None:
        """SIGTERM."""
        if self._process is not None:
            self._process.stop()

    def has_reconciled(self, kind: str) -> bool:
        """Whether this process has looked at a resource of that kind, to the end."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        return f'modelyard_reconcile_duration_seconds_count{{kind="{kind}"}}' in text

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
