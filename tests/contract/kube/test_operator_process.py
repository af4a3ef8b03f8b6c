"""The whole operator against a real API server and on one machine: it starts, works, restarts without a write, and survives outages."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from modelyard_operator.configuration import Configuration, from_environment
from modelyard_operator.deployment.model_deployments import ModelDeploymentReconciler
from modelyard_operator.kube.client import Timeouts, connect
from modelyard_operator.kube.interface import DEPLOYMENT, JOB, MODEL_DEPLOYMENT, TRAINING_JOB, Kube
from modelyard_operator.kube.lease import LeaseTiming
from modelyard_operator.operator_process import Connections, OperatorProcess
from modelyard_operator.plan import EnsureModel, RegisterVersion
from modelyard_operator.training.training_jobs import TrainingJobReconciler

from dev.cluster import apiserver
from tests.contract.kube.eventually import eventually
from tests.contract.kube.interruptible_proxy import interruptible
from tests.contract.kube.objects import job, training_job
from tests.contract.kube.places import Place
from tests.contract.kube.registry_in_memory import RegistryInMemory

Object = dict[str, Any]
TIMING = LeaseTiming(duration=3, renew_deadline=2, retry_period=0.2)


def configuration(namespace: str, identity: str = "first") -> Configuration:
    environment = {
        "MODELYARD_IMAGE_JOBS": "jobs:test",
        "MODELYARD_IMAGE_SERVING": "serving:test",
        "MODELYARD_IMAGE_MONITORING": "monitoring:test",
        "MLFLOW_TRACKING_URI": "http://mlflow.test",
        "MODELYARD_WATCH_NAMESPACES": namespace,
        "MODELYARD_LEASE_NAMESPACE": namespace,
        "MODELYARD_ALIAS_POLL_SECONDS": "0.2",
        "POD_NAME": identity,
    }
    return from_environment(environment)


Connect = Callable[[Timeouts], Kube]


class Running:
    """An operator in this process, on a port of its own."""

    def __init__(self, connect_to: Connect, namespace: str, registry: RegistryInMemory, identity: str = "first") -> None:
        self.lost = threading.Event()
        chosen = configuration(namespace, identity)
        self.process = OperatorProcess(
            replace(chosen, http_port=0),
            Connections(connect_to(Timeouts(2, 5)), connect_to(Timeouts(0.5, 0.5, attempts=1)), registry),
            [TrainingJobReconciler(chosen.images, chosen.run_url), ModelDeploymentReconciler(chosen.images)],
            on_lost=self.lost.set,
            timing=TIMING,
        )
        self._thread = threading.Thread(target=self.process.run)
        self._thread.start()

    def stop(self) -> None:
        self.process.stop()
        self._thread.join(30)
        assert not self._thread.is_alive()

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.process.health.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


Start = Callable[..., Running]


def through(kubeconfig: Path) -> Connect:
    return lambda timeouts: connect(kubeconfig, timeouts=timeouts)


@pytest.fixture
def registry() -> RegistryInMemory:
    return RegistryInMemory()


@contextmanager
def starter(connect_to: Connect, namespace: str, registry: RegistryInMemory) -> Iterator[Start]:
    running: list[Running] = []

    def start(identity: str = "first") -> Running:
        running.append(Running(connect_to, namespace, registry, identity))
        return running[-1]

    try:
        yield start
    finally:
        for each in running:
            each.stop()


@pytest.fixture
def start(place: Place, namespace: str, registry: RegistryInMemory) -> Iterator[Start]:
    with starter(place.connect, namespace, registry) as start:
        yield start


def model_deployment(kube: Kube, namespace: str) -> Object:
    return kube.create(
        {
            "apiVersion": "modelyard.io/v1alpha1",
            "kind": "ModelDeployment",
            "metadata": {"namespace": namespace, "name": "flights"},
            "spec": {"model": {"name": "flights", "alias": "champion"}, "monitoring": {"window": {"rows": 5000}}},
        }
    )


def register(registry: RegistryInMemory, namespace: str, versions: int = 1) -> None:
    registry.ensure_model(EnsureModel(namespace, "flights"))
    for number in range(versions):
        action = RegisterVersion(f"{namespace}.flights", f"m-{number}", f"run-{number}", f"uid-{number}", namespace, "d" * 64, "test")
        registry.register_version(action)
    registry.moved[f"{namespace}.flights", "champion"] = "1"


def jobs(kube: Kube, namespace: str) -> list[str]:
    return [item["metadata"]["name"] for item in kube.list_page(JOB, namespace=namespace).items]


def status(kube: Kube, kind: Any, namespace: str, name: str) -> Object:
    return dict(kube.get(kind, namespace, name).get("status") or {})


def settled(kube: Kube, namespace: str) -> bool:
    deployments = kube.list_page(DEPLOYMENT, namespace=namespace).items
    observed = [
        status(kube, kind, namespace, name).get("observedGeneration")
        for kind, name in ((TRAINING_JOB, "penguins"), (MODEL_DEPLOYMENT, "flights"))
    ]
    return bool(jobs(kube, namespace) and deployments and all(observed))


def quiet(place: Place, namespace: str, operator: Running) -> int:
    """Number of writes after there was none for two seconds and the queue was empty."""
    while True:
        before = len(place.writes(namespace))
        time.sleep(2)
        if len(place.writes(namespace)) == before and "modelyard_queue_depth 0.0" in operator.get("/metrics")[1]:
            return before


def test_a_restart_with_nothing_to_do_writes_nothing(
    place: Place, kube: Kube, namespace: str, registry: RegistryInMemory, start: Start
) -> None:
    register(registry, namespace)
    training_job(kube, namespace)
    model_deployment(kube, namespace)
    first = start("first")
    eventually(lambda: settled(kube, namespace))
    before = quiet(place, namespace, first)
    first.stop()
    second = start("second")
    eventually(lambda: 'modelyard_reconcile_total{kind="ModelDeployment"}' in second.get("/metrics")[1])
    quiet(place, namespace, second)
    assert place.writes(namespace)[before:] == []


def test_a_moved_alias_is_followed(kube: Kube, namespace: str, registry: RegistryInMemory, start: Start) -> None:
    register(registry, namespace, versions=2)
    model_deployment(kube, namespace)
    start()
    eventually(lambda: len(kube.list_page(DEPLOYMENT, namespace=namespace).items) == 1)
    registry.moved[f"{namespace}.flights", "champion"] = "2"
    eventually(lambda: len(kube.list_page(DEPLOYMENT, namespace=namespace).items) == 2)


def test_a_registry_that_is_away_is_told_in_status_and_work_goes_on_when_it_is_back(
    kube: Kube, namespace: str, registry: RegistryInMemory, start: Start
) -> None:
    registry.away = True
    training_job(kube, namespace)
    start()
    eventually(lambda: "connection refused" in json.dumps(status(kube, TRAINING_JOB, namespace, "penguins")))
    assert jobs(kube, namespace) == []
    registry.away = False
    eventually(lambda: jobs(kube, namespace), seconds=60)


def test_a_taken_name_is_told_in_status_and_work_goes_on_when_it_is_free(
    kube: Kube, namespace: str, registry: RegistryInMemory, start: Start
) -> None:
    taken = kube.create(job(namespace, "penguins-1"))
    training_job(kube, namespace)
    start()
    eventually(lambda: "NameConflict" in json.dumps(status(kube, TRAINING_JOB, namespace, "penguins")))
    kube.delete(JOB, namespace, "penguins-1", taken["metadata"]["uid"])
    eventually(lambda: "NameConflict" not in json.dumps(status(kube, TRAINING_JOB, namespace, "penguins")), seconds=60)
    assert kube.get(JOB, namespace, "penguins-1")["metadata"]["uid"] != taken["metadata"]["uid"]


def test_one_of_two_works_and_the_other_takes_over(kube: Kube, namespace: str, start: Start) -> None:
    first = start("first")
    assert first.process.elector.wait_leading(20)
    second = start("second")
    eventually(lambda: second.get("/readyz")[0] == 200)
    training_job(kube, namespace)
    eventually(lambda: jobs(kube, namespace))
    assert not second.process.elector.leading
    first.stop()
    assert second.process.elector.wait_leading(10)
    training_job(kube, namespace, "more")
    eventually(lambda: len(jobs(kube, namespace)) == 2)


@pytest.mark.parametrize("place", ["api-server"], indirect=True)
def test_a_leader_that_loses_the_api_server_stops_within_its_lease_and_what_came_meanwhile_is_done_by_the_next(
    api_server: apiserver.ApiServer, kube: Kube, namespace: str, registry: RegistryInMemory, start: Start, tmp_path: Path
) -> None:
    with (
        interruptible(api_server.kubeconfig, tmp_path) as (proxy, kubeconfig),
        starter(through(kubeconfig), namespace, registry) as start_behind,
    ):
        first = start_behind("first")
        assert first.process.elector.wait_leading(20)
        proxy.cut()
        training_job(kube, namespace)
        assert first.lost.wait(TIMING.renew_deadline + 1)
        assert not first.process.elector.leading
        start("second")
        eventually(lambda: jobs(kube, namespace) == ["penguins-1"])
        proxy.restore()


@pytest.mark.parametrize("place", ["api-server"], indirect=True)
def test_health_tells_alive_from_ready(
    api_server: apiserver.ApiServer, namespace: str, registry: RegistryInMemory, start: Start, tmp_path: Path
) -> None:
    healthy = start()
    eventually(lambda: healthy.get("/readyz")[0] == 200)
    assert healthy.get("/healthz")[0] == 200
    assert healthy.get("/anything")[0] == 404
    assert "modelyard_leader" in healthy.get("/metrics")[1]
    with (
        interruptible(api_server.kubeconfig, tmp_path) as (proxy, kubeconfig),
        starter(through(kubeconfig), namespace, registry) as start_behind,
    ):
        proxy.cut()
        blind = start_behind("blind")
        eventually(lambda: blind.get("/healthz")[0] == 200)
        assert blind.get("/readyz") == (503, "the mirrors are not whole yet\n")
