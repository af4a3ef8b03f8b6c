"""Logs and predictions of a cluster come through its API server alone."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from kubernetes import client, config
from modelyard_api import labels
from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, POD

from tests.contract.cli.conftest import Cluster, apply, condition, model_deployment, training_job
from tests.contract.cli.kubelet import Kubelet, running_kubelet
from tests.contract.kube.objects import job, service

LOG = b"one\ntwo \xe2\x9c\x93\nthree without an end"


@pytest.fixture
def kubelet(cluster: Cluster, tmp_path: Path) -> Iterator[Kubelet]:
    """The node that it is of takes the pods of these tests."""
    core = client.CoreV1Api(config.new_client_from_config(str(cluster.kubeconfig)))
    with running_kubelet(tmp_path, LOG) as running:
        core.create_node({"metadata": {"name": cluster.namespace}})
        address = {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}]}
        status = {**address, "daemonEndpoints": {"kubeletEndpoint": {"Port": running.port}}}
        core.patch_node_status(cluster.namespace, {"status": status})
        try:
            yield running
        finally:
            core.delete_node(cluster.namespace)


def attempt(cluster: Cluster, number: int) -> None:
    own = {labels.TRAINING_JOB_LABEL: "flights", labels.COMPONENT_LABEL: "training", labels.ATTEMPT_LABEL: str(number)}
    metadata = {"namespace": cluster.namespace, "name": f"flights-{number}", "labels": own}
    spec = {**job("", "")["spec"]["template"]["spec"], "nodeName": cluster.namespace}
    made = cluster.kube.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    cluster.kube.replace_status(POD, {**made, "status": {"phase": "Running"}})


def test_logs_come_from_the_node_of_the_newest_attempt(cluster: Cluster, kubelet: Kubelet) -> None:
    apply(cluster, training_job())
    attempt(cluster, 1)
    attempt(cluster, 2)
    for options in ((), ("-f",), ("--tail", "7")):
        assert cluster.modelyard("logs", "tj/flights", *options).encode() == LOG
    plain, followed, tailed = (parse_qs(urlsplit(path).query) for path in kubelet.asked)
    assert all(urlsplit(path).path == f"/containerLogs/{cluster.namespace}/flights-2/main" for path in kubelet.asked)
    assert "follow" not in plain
    assert followed["follow"] == ["true"]
    assert tailed["tailLines"] == ["7"]


def test_a_node_that_does_not_answer(cluster: Cluster) -> None:
    apply(cluster, training_job())
    attempt(cluster, 1)
    ended = cluster.modelyard.run("logs", "tj/flights")
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr


def test_predictions_are_asked_of_the_service(cluster: Cluster) -> None:
    """This service has no pods, which only the API server's proxy for services says in these words."""
    apply(cluster, model_deployment())
    cluster.kube.create(service(cluster.namespace, "flights"))
    found = cluster.kube.get(MODEL_DEPLOYMENT, cluster.namespace, "flights")
    cluster.kube.replace_status(MODEL_DEPLOYMENT, {**found, "status": {"conditions": [condition("Available", "True", "Ready")]}})
    ended = cluster.modelyard.run("predict", "flights", '{"a": 1}')
    assert ended.returncode == 1
    assert 'no endpoints available for service "flights"' in ended.stderr
