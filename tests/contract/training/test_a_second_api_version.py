"""A second version of the API with the same schema, as a later release may bring it: either is applied, and the operator knows one resource."""

import copy
from collections.abc import Iterator

import pytest
from kubernetes import client, config
from modelyard_operator.kube.interface import TRAINING_JOB

from dev.cluster import apiserver
from tests.contract.kube.eventually import eventually
from tests.contract.training.conftest import PATIENCE, Room
from tests.contract.training.scripted_pods import train
from tests.contract.training.test_newer_definitions import NAME

VERSION = "v1alpha2"


@pytest.fixture
def served(api_server: apiserver.ApiServer) -> Iterator[client.CustomObjectsApi]:
    """Beside the one that is stored."""
    api = config.new_client_from_config(str(api_server.kubeconfig))
    crds, custom = client.ApiextensionsV1Api(api), client.CustomObjectsApi(api)
    first = api.sanitize_for_serialization(crds.read_custom_resource_definition(NAME))["spec"]["versions"][0]
    second = {**copy.deepcopy(first), "name": VERSION, "storage": False}
    crds.patch_custom_resource_definition(NAME, [{"op": "add", "path": "/spec/versions/-", "value": second}])
    eventually(lambda: _is_served(custom), PATIENCE)
    yield custom
    crds.patch_custom_resource_definition(NAME, [{"op": "remove", "path": "/spec/versions/1"}])


def _is_served(custom: client.CustomObjectsApi) -> bool:
    try:
        custom.list_namespaced_custom_object("modelyard.io", VERSION, "default", "trainingjobs")
    except client.ApiException:
        return False
    return True


def test_a_training_job_of_the_second_version_is_trained_and_promoted(room: Room, served: client.CustomObjectsApi) -> None:
    spec = {"objective": {"target": "species"}, "data": {"source": {"uri": "s3://datasets/penguins.csv"}}}
    body = {"apiVersion": f"modelyard.io/{VERSION}", "kind": "TrainingJob", "metadata": {"name": "penguins"}, "spec": spec}
    where = ("modelyard.io", VERSION, room.namespace, "trainingjobs")
    uid = served.create_namespaced_custom_object(*where, body)["metadata"]["uid"]
    room.operator.start()
    eventually(room.pods.jobs, PATIENCE)
    room.pods.run("penguins-1")
    room.pods.succeed("penguins-1", train(room.namespace, uid, room.mlflow.url))
    eventually(lambda: room.state() == "Promoted", PATIENCE)
    as_second = served.get_namespaced_custom_object(*where, "penguins")
    assert as_second["apiVersion"] == f"modelyard.io/{VERSION}"
    assert as_second["status"] == room.kube.get(TRAINING_JOB, room.namespace, "penguins")["status"]
