"""A runner over a real store, in a home of its own; its pods are small Python scripts."""

import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from modelyard_local.home import Home
from modelyard_local.kinds import ALL_KINDS
from modelyard_local.runner.runner import Runner, utc_now
from modelyard_local.store import LocalStore
from modelyard_operator.kube.interface import POD, Conflict, NotFound

Object = dict[str, Any]
CHANGE_TRIES = 5
Found = TypeVar("Found")
NAMESPACE = "ml"


class Platform:
    """A store and, while it is started, a runner."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = utc_now) -> None:
        self.home = Home(folder)
        self.home.make()
        self.store = LocalStore(self.home.store, now)
        self.runner: Runner | None = None
        self._now = now

    def start(self, gpus: Sequence[str] = ()) -> None:
        self.runner = Runner(self.store, self.home, gpus=gpus, now=self._now)
        self.runner.start()

    def stop(self) -> None:
        if self.runner:
            self.runner.stop()
            self.runner = None

    def get(self, kind: str, name: str) -> Object | None:
        try:
            return self.store.get(ALL_KINDS[kind], NAMESPACE, name)
        except NotFound:
            return None

    def delete(self, kind: str, name: str) -> None:
        found = self.get(kind, name)
        assert found is not None
        self.store.delete(ALL_KINDS[kind], NAMESPACE, name, found["metadata"]["uid"])

    def change(self, kind: str, name: str, edit: Callable[[Object], None]) -> None:
        """Once more where the runner wrote a status meanwhile."""
        for _ in range(CHANGE_TRIES):
            found = self.get(kind, name)
            assert found is not None
            edit(found["spec"])
            with suppress(Conflict):
                self.store.update(ALL_KINDS[kind], found)
                return
        raise AssertionError(f"{kind} {name} changes all the time")

    def pods(self, **labels: str) -> list[Object]:
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        return self.store.list_page(POD, namespace=NAMESPACE, selector=selector).items

    def log(self, pod: Object) -> str:
        file = self.home.pod_log(NAMESPACE, pod["metadata"]["name"])
        return file.read_text() if file.exists() else ""


def eventually(look: Callable[[], Found], seconds: float = 15) -> Found:
    """What ``look`` finds, as soon as it is something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
    return found


def python(script: str) -> list[str]:
    """A pod's command."""
    return [sys.executable, "-c", textwrap.dedent(script)]


def template(name: str, command: list[str], restart_policy: str, **container: Any) -> Object:
    """A pod template."""
    pod = {"restartPolicy": restart_policy, "terminationGracePeriodSeconds": 5}
    return {"metadata": {"labels": {"app": name}}, "spec": {**pod, "containers": [{"name": "main", "command": command, **container}]}}


def job(name: str, script: str, *, container: Object | None = None, **spec: Any) -> Object:
    pod = template(name, python(script), "Never", **(container or {}))
    return _object("batch/v1", "Job", name, {"completionMode": "Indexed", "backoffLimit": 0, **spec, "template": pod})


def _object(api_version: str, kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


def service(name: str, **selector: str) -> Object:
    port = {"name": "http", "port": 80, "targetPort": "http"}
    return _object("v1", "Service", name, {"selector": selector, "ports": [port]})


def deployment(name: str, script: str, *, replicas: int = 1, **container: Any) -> Object:
    port = {"ports": [{"name": "http", "containerPort": 8080}]}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}}
    return _object("apps/v1", "Deployment", name, {**spec, "template": template(name, python(script), "Always", **port, **container)})


@contextmanager
def running(folder: Path, now: Callable[[], datetime] = utc_now, gpus: Sequence[str] = ()) -> Iterator[Platform]:
    platform = Platform(folder, now)
    platform.start(gpus)
    try:
        yield platform
    finally:
        platform.stop()
        platform.store.close()


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    with running(tmp_path / "home") as started:
        yield started
