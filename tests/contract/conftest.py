"""A real kube-apiserver with our CRDs for all contract tests, and a namespace for each."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from kubernetes import client, config
from modelyard_operator.kube.client import ApiServer, connect

from dev.cluster import apiserver

ROOT = Path(__file__).parents[2]
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apiserver.ApiServer]:
    """etcd and kube-apiserver with an audit log; the CRDs are served."""
    with apiserver.running_apiserver(tmp_path_factory.mktemp("apiserver"), audit_log=True) as server:
        extensions = client.CustomObjectsApi(config.new_client_from_config(str(server.kubeconfig)))
        for path in sorted((ROOT / "manifests/crds").glob("*.yaml")):
            definition = yaml.safe_load(path.read_text())
            extensions.create_cluster_custom_object("apiextensions.k8s.io", "v1", "customresourcedefinitions", definition)
            _wait_until_served(extensions, definition["spec"]["names"]["plural"])
        yield server


@pytest.fixture(scope="session")
def kube(api_server: apiserver.ApiServer) -> ApiServer:
    return connect(api_server.kubeconfig)


@pytest.fixture
def namespace(api_server: apiserver.ApiServer) -> str:
    """A namespace of the test's own."""
    name = f"test-{next(_numbers)}"
    core = client.CoreV1Api(config.new_client_from_config(str(api_server.kubeconfig)))
    core.create_namespace({"metadata": {"name": name}})
    return name


def _wait_until_served(api: client.CustomObjectsApi, plural: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            api.list_namespaced_custom_object("modelyard.io", "v1alpha1", "default", plural)
            return
        except client.ApiException:
            assert time.monotonic() < deadline, f"{plural} not served"
            time.sleep(0.1)
