"""A real MLflow behind a gate, a namespace whose pods are scripted, and the real operator."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config
from modelyard_operator.kube.client import ApiServer
from modelyard_operator.kube.interface import TRAINING_JOB

from dev.cluster import apiserver
from tests.contract.training.operator_under_test import Operator
from tests.contract.training.registry_gate import Gate, open_gate
from tests.contract.training.scripted_pods import ScriptedPods
from tests.servers.mlflow_server import MlflowServer, running_mlflow

PATIENCE = 240.0  # seconds; a step takes one or two on an idle machine


@pytest.fixture(scope="package")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    with running_mlflow(tmp_path_factory.mktemp("mlflow"), auth=True) as server:
        yield server


@pytest.fixture
def gate(mlflow: MlflowServer) -> Iterator[Gate]:
    with open_gate(mlflow.url) as gate:
        yield gate


@dataclass
class Room:
    """One namespace and everything that a test does in it."""

    namespace: str
    kube: ApiServer
    pods: ScriptedPods
    operator: Operator
    mlflow: MlflowServer
    gate: Gate

    def apply(self, **spec: Any) -> str:
        """The minimal TrainingJob; its UID."""
        minimal = {"objective": {"target": "species"}, "data": {"source": {"uri": "s3://datasets/penguins.csv"}}}
        metadata = {"name": "penguins", "namespace": self.namespace}
        body = {"apiVersion": "modelyard.io/v1alpha1", "kind": "TrainingJob", "metadata": metadata, "spec": minimal | spec}
        return str(self.kube.create(body)["metadata"]["uid"])

    def status(self) -> dict[str, Any]:
        return dict(self.kube.get(TRAINING_JOB, self.namespace, "penguins").get("status") or {})

    def state(self) -> str:
        return str(self.status().get("state", ""))

    def condition(self, condition_type: str) -> tuple[str, str]:
        """Status and reason."""
        found = [one for one in self.status().get("conditions", []) if one["type"] == condition_type]
        return (found[0]["status"], found[0]["reason"]) if found else ("", "")


@pytest.fixture
def room(
    api_server: apiserver.ApiServer,
    kube: ApiServer,
    mlflow: MlflowServer,
    gate: Gate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Room]:
    """Pods have to satisfy Pod Security "restricted", and use MLflow with the rights of their namespace."""
    namespace = f"training-{secrets.token_hex(3)}"
    core = client.CoreV1Api(config.new_client_from_config(str(api_server.kubeconfig)))
    enforced = {"pod-security.kubernetes.io/enforce": "restricted"}
    core.create_namespace({"metadata": {"name": namespace, "labels": enforced}})
    log_in_as_pod(mlflow, namespace, monkeypatch)
    operator = Operator(tmp_path, api_server.kubeconfig, namespace, mlflow.login() | {"MLFLOW_TRACKING_URI": gate.url})
    try:
        yield Room(namespace, kube, ScriptedPods(api_server.kubeconfig, namespace), operator, mlflow, gate)
    finally:
        operator.stop()


def log_in_as_pod(mlflow: MlflowServer, namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the namespace's user, as the chart does, and lets this process be it."""
    password = secrets.token_urlsafe(16)
    mlflow.create_user(f"modelyard-{namespace}", password)
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", f"modelyard-{namespace}")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password)
