"""CustomResourceDefinitions that are newer than the operator, on a real API server: what runs ends well, what isn't started waits."""

from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client, config

from dev.cluster import apiserver
from tests.contract.kube.eventually import eventually
from tests.contract.training.conftest import PATIENCE, Room
from tests.contract.training.scripted_pods import train

NAME = "trainingjobs.modelyard.io"
NEWER: dict[str, Any] = {"type": "object", "properties": {"every": {"type": "string"}}}


def set_field(crds: client.ApiextensionsV1Api, field: str, schema: dict[str, Any] | None) -> None:
    """Adds the field to ``spec``, or with None takes it away."""
    path = f"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/{field}"
    change = {"op": "remove", "path": path} if schema is None else {"op": "add", "path": path, "value": schema}
    crds.patch_custom_resource_definition(NAME, [change])


@pytest.fixture
def newer_definitions(api_server: apiserver.ApiServer, room: Room) -> Iterator[None]:
    crds = client.ApiextensionsV1Api(config.new_client_from_config(str(api_server.kubeconfig)))
    set_field(crds, "checkpoints", NEWER)
    yield
    set_field(crds, "checkpoints", None)


def edit(room: Room, api_server: apiserver.ApiServer, checkpoints: dict[str, Any] | None) -> None:
    """As ``kubectl patch`` does; the API server may take a moment to know the field."""
    custom = client.CustomObjectsApi(config.new_client_from_config(str(api_server.kubeconfig)))
    where = ("modelyard.io", "v1alpha1", room.namespace, "trainingjobs", "penguins")

    def has_it() -> bool:
        body = {"spec": {"checkpoints": checkpoints}}
        patched = custom.patch_namespaced_custom_object(*where, body)
        return patched["spec"].get("checkpoints") == checkpoints

    eventually(has_it, PATIENCE)


@pytest.mark.usefixtures("newer_definitions")
def test_what_is_not_started_waits_until_it_can_be_read(room: Room, api_server: apiserver.ApiServer) -> None:
    room.apply(policy={"suspend": True})
    edit(room, api_server, {"every": "1h"})
    room.operator.start()
    eventually(lambda: room.condition("Running") == ("False", "OperatorTooOld"), PATIENCE)
    assert room.pods.jobs() == []
    edit(room, api_server, None)  # as if the operator had been upgraded
    eventually(lambda: room.condition("Running") == ("False", "Suspended"), PATIENCE)


@pytest.mark.usefixtures("newer_definitions")
def test_what_runs_is_trained_judged_and_promoted(room: Room, api_server: apiserver.ApiServer) -> None:
    uid = room.apply()
    room.operator.start()
    eventually(room.pods.jobs, PATIENCE)
    room.pods.run("penguins-1")
    eventually(lambda: room.state() == "Running", PATIENCE)
    edit(room, api_server, {"every": "1h"})
    room.pods.succeed("penguins-1", train(room.namespace, uid, room.mlflow.url))
    eventually(lambda: room.state() == "Promoted", PATIENCE)
    assert room.condition("Failed") == ("", "")
