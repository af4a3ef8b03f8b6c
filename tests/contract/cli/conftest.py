"""The `modelyard` command, about a store on this machine and about a real kube-apiserver."""

import io
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest
from kubernetes import client, config
from modelyard_cli.__main__ import main
from modelyard_local import keys, lifecycle
from modelyard_local.home import Addresses, Home
from modelyard_local.store import LocalStore
from modelyard_operator.kube.client import connect
from modelyard_operator.kube.interface import Kube

from dev.cluster import apiserver

Object = dict[str, Any]
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Command:
    """Runs it with the options that lead to one place."""

    options: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(self, *arguments: str, cwd: Path | None = None) -> subprocess.Popen[str]:
        """Without waiting for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "modelyard_cli", *arguments, *self.options],
            env={**os.environ, **self.environment},
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, stdin: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """To its end, whatever it is; in this process, which saves the start of one (``tests/local`` has those)."""
        out, err = io.TextIOWrapper(io.BytesIO()), io.TextIOWrapper(io.BytesIO())  # logs are written as bytes
        code: object = 0
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name, value in self.environment.items():
                patch.setenv(name, value)
            if cwd:
                patch.chdir(cwd)
            patch.setattr(sys, "argv", ["modelyard", *arguments, *self.options])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
            try:
                main()
            except SystemExit as ended:
                code = ended.code
        said, complained = (_text(stream) for stream in (out, err))
        return subprocess.CompletedProcess(arguments, code if isinstance(code, int) else int(bool(code)), said, complained)

    def __call__(self, *arguments: str, stdin: str = "", cwd: Path | None = None) -> str:
        """What it printed on stdout; it has to succeed."""
        finished = self.run(*arguments, stdin=stdin, cwd=cwd)
        assert finished.returncode == 0, f"{arguments}: {finished.returncode}\n{finished.stdout}{finished.stderr}"
        return finished.stdout


class OwnProcess(Command):
    """The same in a process of its own: the Kubernetes client reads KUBECONFIG once, when it is imported."""

    def run(self, *arguments: str, stdin: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """To its end, whatever it is."""
        with self.start(*arguments, cwd=cwd) as process:
            try:
                out, err = process.communicate(stdin, timeout=60)
            except BaseException:
                process.kill()
                raise
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


class Place(Protocol):
    """Where resources are."""

    kube: Kube
    namespace: str
    modelyard: Command


@dataclass(frozen=True)
class Machine:
    """A home whose platform counts as running, because its lock is held; nothing acts on the store but the test."""

    home: Home
    kube: LocalStore
    modelyard: Command
    namespace: str = "default"


@dataclass(frozen=True)
class Cluster:
    """A namespace of a real kube-apiserver; no controller runs there but the test."""

    kubeconfig: Path
    kube: Kube
    modelyard: Command
    namespace: str


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    home = Home(tmp_path / "home")
    home.make()
    addresses = Addresses(mlflow_url="http://127.0.0.1:1", s3_url="http://127.0.0.1:1", gateway_url="http://127.0.0.1:1")
    set_addresses(home, addresses)
    keys.read_or_make(home)
    held = lifecycle.acquire(home.lock)
    assert held is not None
    store = LocalStore(home.store)
    clean = {"MODELYARD_HOME": str(home.folder), "KUBECONFIG": str(tmp_path / "none"), "HOME": str(tmp_path)}
    yield Machine(home, store, Command((), clean))
    store.close()
    held.close()


@pytest.fixture
def cluster(api_server: apiserver.ApiServer, tmp_path: Path) -> Cluster:
    namespace = f"cli-{next(_numbers)}"
    client.CoreV1Api(config.new_client_from_config(str(api_server.kubeconfig))).create_namespace({"metadata": {"name": namespace}})
    environment = {"MODELYARD_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}
    command = Command(("--kubeconfig", str(api_server.kubeconfig), "-n", namespace), environment)
    return Cluster(api_server.kubeconfig, connect(api_server.kubeconfig), command, namespace)


@pytest.fixture(params=["machine", "cluster"])
def place(request: pytest.FixtureRequest) -> Place:
    """Each of both."""
    found: Place = request.getfixturevalue(request.param)
    return found


def set_addresses(home: Home, addresses: Addresses) -> None:
    """What a platform writes when it starts."""
    home.addresses.write_text(addresses.model_dump_json())


def training_job(name: str = "flights", **metadata: Any) -> Object:
    return {
        "apiVersion": "modelyard.io/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": name, **metadata},
        "spec": {"objective": {"target": "late"}, "data": {"source": {"uri": "s3://datasets/flights.csv"}}},
    }


def model_deployment(name: str = "flights", replicas: int = 1) -> Object:
    return {
        "apiVersion": "modelyard.io/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"name": name},
        "spec": {"model": {"name": name, "alias": "champion"}, "replicas": replicas},
    }


def condition(name: str, status: str, reason: str, message: str = "") -> Object:
    return {
        "type": name,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
        "observedGeneration": 1,
    }


def apply(place: Place, *bodies: Object, options: tuple[str, ...] = ()) -> str:
    """Through standard input."""
    return place.modelyard("apply", "-f", "-", *options, stdin="\n---\n".join(json.dumps(body) for body in bodies))
