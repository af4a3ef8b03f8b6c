"""Approval is a right of its own: what the API server lets whom annotate, by the policy of the chart."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kubernetes import client, config, dynamic
from modelyard_api import labels

from dev.cluster.apiserver import ApiServer
from tests.golden.chart.test_chart import DEVELOPMENT, rendered

MODEL, FILES = "m-1", "3@" + "d" * 64
KINDS: dict[str, dict[str, Any]] = {
    "TrainingJob": {"objective": {"target": "species"}, "data": {"source": {"uri": "s3://datasets/penguins.csv"}}},
    "ModelDeployment": {"model": {"name": "penguins", "alias": "champion"}},
}
WHAT = {
    "TrainingJob": ({labels.APPROVE_ANNOTATION: MODEL}, labels.APPROVED_BY_ANNOTATION),
    "ModelDeployment": ({labels.ACCEPT_ANNOTATION: FILES}, labels.ACCEPTED_BY_ANNOTATION),
}
CREATED_BY = "modelyard.io/created-by"


class Person:
    """A user of the cluster, with the roles that the chart makes."""

    def __init__(self, server: ApiServer, name: str, namespace: str) -> None:
        self.name, self._namespace = name, namespace
        self._api = dynamic.DynamicClient(config.new_client_from_config(str(server.kubeconfig)))
        self._api.client.set_default_header("Impersonate-User", name)

    def _of(self, kind: str) -> Any:
        return self._api.resources.get(api_version="modelyard.io/v1alpha1", kind=kind)

    def make(self, kind: str, name: str, more: dict[str, Any] | None = None, **annotations: str) -> None:
        body = {
            "apiVersion": "modelyard.io/v1alpha1",
            "kind": kind,
            "metadata": {"name": name, "annotations": annotations},
            "spec": KINDS[kind] | (more or {}),
        }
        self._of(kind).create(body, namespace=self._namespace)

    def annotate(self, kind: str, name: str, annotations: dict[str, str | None], **spec: Any) -> None:
        body = {"metadata": {"annotations": annotations}, "spec": spec}
        self._of(kind).patch(body, name=name, namespace=self._namespace, content_type="application/merge-patch+json")


@pytest.fixture(scope="module", params=[False, True], ids=["one person", "two people"])
def two_people(request: pytest.FixtureRequest, api_server: ApiServer) -> Iterator[bool]:
    """The policy is in force; whether another person has to approve."""
    api = dynamic.DynamicClient(config.new_client_from_config(str(api_server.kubeconfig)))
    objects = [
        each
        for each in rendered(*DEVELOPMENT, f"approvals.byAnotherPerson={str(request.param).lower()}")
        if each["metadata"].get("labels", {}).get("app.kubernetes.io/component") == "people"
    ]
    for each in objects:
        api.resources.get(api_version=each["apiVersion"], kind=each["kind"]).create(each)
    _wait_until(lambda: not _takes(api_server, {} if request.param else {labels.APPROVE_ANNOTATION: "m"}))
    yield request.param
    for each in objects:
        api.resources.get(api_version=each["apiVersion"], kind=each["kind"]).delete(name=each["metadata"]["name"])
    _wait_until(lambda: _takes(api_server, {labels.APPROVE_ANNOTATION: "m"}))  # other tests know of no policy


def _takes(server: ApiServer, annotations: dict[str, str]) -> bool:
    """Whether an administrator may make a TrainingJob with them, which only these policies can refuse."""
    admin = Person(server, "system:admin", "default")
    admin._api.client.set_default_header("Impersonate-Group", "system:masters")
    metadata = {"generateName": "probe-", "annotations": annotations}
    body = {"apiVersion": "modelyard.io/v1alpha1", "kind": "TrainingJob", "metadata": metadata, "spec": KINDS["TrainingJob"]}
    try:
        admin._of("TrainingJob").create(body, namespace="default", dry_run="All")
    except client.ApiException:
        return False
    return True


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "the API server doesn't know of the change yet"
        time.sleep(0.2)


@pytest.fixture
def people(two_people: bool, api_server: ApiServer, namespace: str) -> dict[str, Person]:
    rbac = client.RbacAuthorizationV1Api(config.new_client_from_config(str(api_server.kubeconfig)))
    roles = {"eve": ("edit",), "alice": ("edit", "approve"), "bob": ("approve",)}
    for person, given in roles.items():
        for role in given:
            body = {
                "metadata": {"generateName": "test-"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"modelyard-{role}"},
                "subjects": [{"kind": "User", "name": person, "apiGroup": "rbac.authorization.k8s.io"}],
            }
            rbac.create_namespaced_role_binding(namespace, body)
    return {person: Person(api_server, person, namespace) for person in roles}


def said(kind: str, by: str) -> dict[str, str | None]:
    what, whose = WHAT[kind]
    return {**what, whose: by}


@pytest.mark.parametrize("kind", KINDS)
def test_who_approves_has_the_right_and_does_it_in_their_own_name(people: dict[str, Person], kind: str, two_people: bool) -> None:
    eve, bob = people["eve"], people["bob"]
    eve.make(kind, "penguins", **{CREATED_BY: "eve"})
    eve.annotate(kind, "penguins", {"team": "birds"})  # what is no approval is for everybody who may edit
    with pytest.raises(client.ApiException, match="user eve may not approve: that needs the verb approve"):
        eve.annotate(kind, "penguins", said(kind, "eve"))
    with pytest.raises(client.ApiException, match=f"set annotation {WHAT[kind][1]} to bob"):
        bob.annotate(kind, "penguins", said(kind, "alice"))
    with pytest.raises(client.ApiException, match=f"set annotation {WHAT[kind][1]} to bob"):
        bob.annotate(kind, "penguins", dict(WHAT[kind][0]))
    bob.annotate(kind, "penguins", said(kind, "bob"))
    with pytest.raises(client.ApiException, match="user eve may not approve"):
        eve.annotate(kind, "penguins", {WHAT[kind][1]: "eve"})
    eve.annotate(kind, "penguins", {"team": "fish"})  # with an approval on it as well
    with pytest.raises(client.ApiException, match="user eve may not approve"):
        eve.annotate(kind, "penguins", dict.fromkeys(said(kind, ""), None))
    bob.annotate(kind, "penguins", dict.fromkeys(said(kind, ""), None))


def test_nothing_is_approved_before_it_was_trained(people: dict[str, Person]) -> None:
    with pytest.raises(client.ApiException, match="nothing can be approved before it was trained"):
        people["alice"].make("TrainingJob", "unseen", **{**said("TrainingJob", "alice"), CREATED_BY: "alice"})  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_two_people(people: dict[str, Person], two_people: bool, kind: str) -> None:
    alice, bob = people["alice"], people["bob"]
    if not two_people:
        alice.make(kind, "penguins")
        alice.annotate(kind, "penguins", said(kind, "alice"))
        return
    with pytest.raises(client.ApiException, match=f"set annotation {CREATED_BY} to alice"):
        alice.make(kind, "penguins")
    with pytest.raises(client.ApiException, match=f"set annotation {CREATED_BY} to alice"):
        alice.make(kind, "penguins", **{CREATED_BY: "bob"})
    alice.make(kind, "penguins", **{CREATED_BY: "alice"})
    with pytest.raises(client.ApiException, match=r"alice made it, and here another person approves"):
        alice.annotate(kind, "penguins", said(kind, "alice"))
    with pytest.raises(client.ApiException, match="can't be changed"):
        alice.annotate(kind, "penguins", {CREATED_BY: "carol"})
    bob.annotate(kind, "penguins", said(kind, "bob"))


def test_no_team_takes_a_priority_of_kubernetes_itself(people: dict[str, Person]) -> None:
    eve = people["eve"]
    with pytest.raises(client.ApiException, match=r"spec.workers.priorityClassName: system-node-critical is for Kubernetes itself"):
        eve.make("TrainingJob", "urgent", {"workers": {"priorityClassName": "system-node-critical"}}, **{CREATED_BY: "eve"})
    eve.make("TrainingJob", "urgent", {"workers": {"priorityClassName": "research"}}, **{CREATED_BY: "eve"})
