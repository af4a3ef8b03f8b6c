"""The platform part of the chart for some namespaces: the operator works with a Role in each, and asks for nothing in the cluster."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client, config, dynamic
from modelyard_operator.kube.client import connect
from modelyard_operator.kube.interface import DEPLOYMENT, MODEL_DEPLOYMENT, TRAINING_JOB

from dev.cluster.apiserver import ApiServer
from tests.contract.kube.eventually import eventually
from tests.contract.kube.objects import training_job
from tests.contract.kube.registry_in_memory import RegistryInMemory
from tests.contract.kube.test_operator_process import jobs, model_deployment, register, starter, status, through
from tests.golden.chart.test_chart import OWN_SERVERS, rendered


def roles(namespace: str) -> list[dict[str, Any]]:
    """What the chart gives to the operator, which runs in the same namespace here."""
    values = ["parts={platform}", "operator.scope=Namespaces", *OWN_SERVERS, f"namespaces={{{namespace}}}"]
    return [each for each in rendered(*values, namespace=namespace) if each["kind"] in ("ServiceAccount", "Role", "RoleBinding")]


@pytest.fixture
def kubeconfig(api_server: ApiServer, namespace: str, tmp_path: Path) -> Path:
    """Of the operator's own ServiceAccount."""
    admin = config.new_client_from_config(str(api_server.kubeconfig))
    api = dynamic.DynamicClient(admin)
    for each in roles(namespace):
        each["metadata"].setdefault("namespace", namespace)
        api.resources.get(api_version=each["apiVersion"], kind=each["kind"]).create(each, namespace=each["metadata"]["namespace"])
    request = {"spec": {"expirationSeconds": 3600, "audiences": ["https://kubernetes.default.svc"]}}
    token = client.CoreV1Api(admin).create_namespaced_service_account_token("modelyard-operator", namespace, request).status.token
    document = yaml.safe_load(api_server.kubeconfig.read_text())
    for user in document["users"]:
        user["user"] = {"token": token}
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return path


def asked(server: ApiServer, namespace: str) -> Iterator[dict[str, Any]]:
    """Every request of that ServiceAccount."""
    assert server.audit_log is not None
    for line in server.audit_log.read_text().splitlines():
        event = json.loads(line)
        if event["user"].get("username") == f"system:serviceaccount:{namespace}:modelyard-operator":
            yield event


def test_no_role_in_the_cluster() -> None:
    values = ["parts={platform}", "operator.scope=Namespaces", *OWN_SERVERS]
    kinds = {each["kind"] for each in rendered(*values)}
    assert kinds & {"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "ValidatingAdmissionPolicy"} == set()
    only_cluster = {each["kind"] for each in rendered("parts={cluster}")}
    assert only_cluster == {"ClusterRole", "CustomResourceDefinition", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}


def test_it_trains_and_serves_with_a_role_in_the_namespace(api_server: ApiServer, kubeconfig: Path, namespace: str) -> None:
    registry, admin = RegistryInMemory(), connect(api_server.kubeconfig)
    register(registry, namespace)
    with starter(through(kubeconfig), namespace, registry) as start:
        start()
        training_job(admin, namespace)
        model_deployment(admin, namespace)
        eventually(lambda: jobs(admin, namespace) == ["penguins-1"])
        eventually(lambda: admin.get(DEPLOYMENT, namespace, "flights-v1"))
        eventually(lambda: status(admin, TRAINING_JOB, namespace, "penguins").get("state"))
        eventually(lambda: status(admin, MODEL_DEPLOYMENT, namespace, "flights").get("state"))
    events = list(asked(api_server, namespace))
    refused = [(event["verb"], event["requestURI"]) for event in events if event["responseStatus"]["code"] == 403]
    in_the_cluster = {
        event["requestURI"] for event in events if "resource" in event.get("objectRef", {}) and not event["objectRef"].get("namespace")
    }
    assert events
    assert refused == []
    assert in_the_cluster == set()
