"""A namespace with the operator, scripted pods and a ModelDeployment; and its three parts, each of this release or the next."""

import contextlib
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config
from modelyard_operator.kube.client import ApiServer
from modelyard_operator.kube.interface import TRAINING_JOB, Kind

from dev.cluster import apiserver
from tests.contract.deployment.scripted_cluster import ScriptedCluster
from tests.contract.kube.eventually import eventually
from tests.contract.training.conftest import log_in_as_pod
from tests.contract.training.operator_under_test import Operator
from tests.contract.training.scripted_pods import GOOD, ScriptedPods, train
from tests.contract.training.upgrade import next_release
from tests.contract.training.upgrade.next_release import NextTrainResult, Release
from tests.servers.mlflow_server import MlflowServer

PATIENCE = 120.0  # seconds; a step takes one or two on an idle machine
MODEL = "flights"
_IMAGES = ("JOBS", "SERVING", "MONITORING")
PARTS = ("definitions", "operator", "images")
_BETTER_THAN_TRIVIAL = [{"metric": "f1_macro", "betterThan": "baseline"}]


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Release, Release]:
    """This one and the next."""
    return next_release.this_release(), next_release.make(tmp_path_factory.mktemp("next"))


class Installation:
    """What an upgrade changes, part by part: ``installed`` has the number of each part's release, 0 or 1."""

    def __init__(self, operator: Operator, definitions: client.CustomObjectsApi, releases: tuple[Release, Release], namespace: str) -> None:
        self.installed = dict.fromkeys(PARTS, 0)
        self._operator, self._api, self._releases, self._namespace = operator, definitions, releases, namespace

    def change(self, parts: Sequence[str], number: int) -> None:
        """Returns when it works; the operator is ended in order and started anew, as its Deployment does it."""
        self.installed |= dict.fromkeys(parts, number)
        release, changed = self._releases[number], dict[str, str]()
        if "definitions" in parts:
            self._define(release)
            eventually(lambda: self._knows("checkpoints") == bool(number), PATIENCE)
        if "operator" in parts:
            changed["PYTHONPATH"] = release.python_path
        if "images" in parts:
            changed |= {f"MODELYARD_IMAGE_{name}": f"registry.test/{name.lower()}:{number}" for name in _IMAGES}
        if changed:
            self._operator.stop()
            self._operator.start(**changed)

    def _define(self, release: Release) -> None:
        where = ("apiextensions.k8s.io", "v1", "customresourcedefinitions")
        for name, wanted in release.definitions.items():
            present = self._api.get_cluster_custom_object(*where, name)
            metadata = {**wanted["metadata"], "resourceVersion": present["metadata"]["resourceVersion"]}
            self._api.replace_cluster_custom_object(*where, name, {**wanted, "metadata": metadata})

    def _knows(self, field: str) -> bool:
        where = ("modelyard.io", "v1alpha1", self._namespace, "trainingjobs")
        try:
            self._api.create_namespaced_custom_object(
                *where, training_job("asks", **{field: "1h"}), dry_run="All", field_validation="Strict"
            )
        except client.ApiException as error:
            if error.status != 400:
                raise
            return False
        return True


def training_job(name: str, model: str = MODEL, **spec: Any) -> dict[str, Any]:
    """One that promotes the model whenever it is better than a trivial one."""
    asked: dict[str, Any] = {
        "objective": {"target": "delayed", "require": _BETTER_THAN_TRIVIAL},
        "data": {"source": {"uri": "s3://datasets/flights.csv"}},
        "promotion": {"model": model},
    }
    return {"apiVersion": "modelyard.io/v1alpha1", "kind": "TrainingJob", "metadata": {"name": name}, "spec": asked | spec}


class Team:
    """One namespace and what people do there."""

    def __init__(self, kube: ApiServer, namespace: str, pods: ScriptedPods, mlflow: MlflowServer) -> None:
        self.namespace, self.pods = namespace, pods
        self.deployment = ScriptedCluster(kube, namespace)
        self._kube, self._mlflow = kube, mlflow

    def apply(self, name: str, model: str = MODEL, **spec: Any) -> None:
        body = training_job(name, model, **spec)
        self._kube.create({**body, "metadata": {"name": name, "namespace": self.namespace}})

    def start(self, name: str, **spec: Any) -> None:
        """Returns when its pod runs."""
        self.apply(name, **spec)
        self.runs(name)

    def runs(self, name: str) -> None:
        """Its Job is made, and its pod runs."""
        eventually(lambda: f"{name}-1" in self.job_names(), PATIENCE)
        self.pods.run(f"{name}-1")
        eventually(lambda: self.state(name) == "Running", PATIENCE)

    def finish(self, name: str) -> None:
        """Its pod ends with an answer of its image's release; returns when the model is promoted."""
        job = self._kube.get(TRAINING_JOB, self.namespace, name)
        result = train(self.namespace, job["metadata"]["uid"], self._mlflow.url, evidence=GOOD[:1], model=job["spec"]["promotion"]["model"])
        image = self.pods.job(f"{name}-1")["spec"]["template"]["spec"]["containers"][0]["image"]
        is_next = image.endswith(":1")
        self.pods.succeed(f"{name}-1", NextTrainResult(**dict(result)) if is_next else result)
        eventually(lambda: self.state(name) == "Promoted", PATIENCE)

    def job_names(self) -> list[str]:
        return [job["metadata"]["name"] for job in self.pods.jobs()]

    def status(self, name: str) -> dict[str, Any]:
        return dict(self._kube.get(TRAINING_JOB, self.namespace, name).get("status") or {})

    def state(self, name: str) -> str:
        return str(self.status(name).get("state", ""))

    def reason(self, name: str, condition_type: str) -> str:
        found = [one for one in self.status(name).get("conditions", []) if one["type"] == condition_type]
        return str(found[0]["reason"]) if found else ""

    def names(self, kind: Kind) -> list[str]:
        return self.deployment.names(kind)


@pytest.fixture
def team(api_server: apiserver.ApiServer, kube: ApiServer, mlflow: MlflowServer, monkeypatch: pytest.MonkeyPatch) -> Team:
    """Its pods use MLflow with the rights of their namespace."""
    namespace = f"upgrade-{secrets.token_hex(3)}"
    core = client.CoreV1Api(config.new_client_from_config(str(api_server.kubeconfig)))
    core.create_namespace({"metadata": {"name": namespace}})
    log_in_as_pod(mlflow, namespace, monkeypatch)
    return Team(kube, namespace, ScriptedPods(api_server.kubeconfig, namespace), mlflow)


@pytest.fixture
def installation(
    api_server: apiserver.ApiServer, team: Team, mlflow: MlflowServer, releases: tuple[Release, Release], tmp_path: Path
) -> Iterator[Installation]:
    """All of this release; the definitions are this release's again afterwards."""
    operator = Operator(tmp_path, api_server.kubeconfig, team.namespace, mlflow.login())
    definitions = client.CustomObjectsApi(config.new_client_from_config(str(api_server.kubeconfig)))
    installation = Installation(operator, definitions, releases, team.namespace)
    with contextlib.ExitStack() as afterwards:
        afterwards.callback(lambda: installation.change(["definitions"], 0))
        afterwards.callback(operator.stop)
        installation.change(["images"], 0)
        yield installation
