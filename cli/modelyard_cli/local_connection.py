"""The platform on this machine: the store is read and written directly, servers are reached where they said they listen."""

import getpass
import os
import sqlite3
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from modelyard_local import keys, lifecycle, state
from modelyard_local.home import Addresses, Home
from modelyard_local.store import LocalStore
from modelyard_operator.kube.interface import POD, NotFound, Object, Unreachable
from modelyard_operator.kube.responses import error_of

from modelyard_cli import clock, platform_objects
from modelyard_cli.connection import UP, MlflowServer
from modelyard_cli.errors import NotReachable

_ANSWER_WITHIN_SECONDS = 60
_LOOK_EVERY_SECONDS = 0.2
_PIECE = 1 << 16


class LocalConnection:
    """Implements ``Connection``."""

    is_local = True
    name = "the platform on this machine"

    def __init__(self, home: Home, namespace: str) -> None:
        self.home = home
        self.namespace = namespace or "default"

    @cached_property
    def kube(self) -> LocalStore:
        """See ``Connection``."""
        return LocalStore(self.home.store)

    def require_running(self) -> None:
        """See ``Connection``."""
        if not self.is_running:
            raise NotReachable(f"the platform on this machine is not running; {UP}")

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return lifecycle.holder(self.home.lock) is not None

    def apply(self, body: Object, *, dry_run: bool, force: bool) -> Object:  # noqa: ARG002  # nobody else's fields here
        """See ``Connection``."""
        return self._tried(body) if dry_run else self.kube.apply(body)

    def _tried(self, body: Object) -> Object:
        """What would come of it, found out on a copy of the store."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / self.home.store.name
            with closing(sqlite3.connect(self.home.store)) as source, closing(sqlite3.connect(path)) as copy:
                source.backup(copy)
            store = LocalStore(path)
            try:
                return store.apply(body)
            finally:
                store.close()

    def log(self, namespace: str, pod: str, *, tail: int | None, follow: bool) -> Iterator[bytes]:
        """See ``Connection``."""
        path = self.home.pod_log(namespace, pod)
        if not path.exists():
            return
        with path.open("rb") as file:
            yield from file if tail is None else deque(file, maxlen=tail)
            while follow:
                has_ended = self._has_ended(namespace, pod)  # looked at first: what it wrote before it ended is there then
                yield from iter(lambda: file.read(_PIECE), b"")
                if has_ended:
                    return
                clock.pause(_LOOK_EVERY_SECONDS)

    def _has_ended(self, namespace: str, pod: str) -> bool:
        try:
            phase = self.kube.get(POD, namespace, pod).get("status", {}).get("phase")
        except NotFound:
            return True
        return phase in ("Succeeded", "Failed")

    def ask(self, namespace: str, service: str, path: str, body: bytes, content_type: str, request_id: str = "") -> bytes:
        """See ``Connection``."""
        headers = {"content-type": content_type} | ({"x-request-id": request_id} if request_id else {})
        return self._answer("POST", self.page(namespace, service, path), headers, body)

    def look(self, namespace: str, service: str, path: str) -> bytes:
        """See ``Connection``."""
        return self._answer("GET", self.page(namespace, service, path), {}, b"")

    def _answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> bytes:
        import httpx  # noqa: PLC0415  # a tenth of a second

        self.require_running()
        try:
            with httpx.Client(trust_env=False, timeout=_ANSWER_WITHIN_SECONDS) as client:
                answer = client.request(method, url, content=body, headers=headers)
        except httpx.TransportError as error:
            raise Unreachable(f"{url}: {error or type(error).__name__}") from error
        if answer.is_success:
            return answer.content
        raise error_of(f"{method} {url}", answer.status_code, answer.content, answer.headers)

    def page(self, namespace: str, service: str, path: str) -> str:
        """See ``Connection``."""
        return f"{self._addresses.service_url(namespace, service)}{path}"

    def mlflow(self) -> MlflowServer:
        """See ``Connection``."""
        return MlflowServer(self._addresses.mlflow_url)

    def s3(self, namespace: str, endpoint: str) -> Any:
        """See ``Connection``."""
        return platform_objects.s3(self.kube, namespace, endpoint)

    def uploads(self) -> Any:
        """A client that may write to the bucket of data files."""
        found = keys.read(self.home)
        if found is None:
            raise NotReachable(f"the platform on this machine has never been up; {UP}")
        return platform_objects.s3_client(self._addresses.s3_url, found.s3_access_key, found.s3_secret_key)

    def user(self) -> str:
        """See ``Connection``."""
        try:
            return getpass.getuser()
        except (KeyError, OSError):  # a container's user that has a number and no name
            return f"user {os.getuid()}"

    def platform_version(self) -> str:
        """See ``Connection``."""
        found = state.read(self.home)
        return found.version if found and self.is_running else ""

    @property
    def _addresses(self) -> Addresses:
        found = self.home.read_addresses()
        if found is None:
            raise NotReachable(f"the platform on this machine has never been up; {UP}")
        return found
