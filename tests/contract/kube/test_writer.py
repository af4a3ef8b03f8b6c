"""Plans against a real API server and a store on this machine: once, in order, never onto somebody else's object."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from modelyard_api.conditions import Reason
from modelyard_api.resource_status import TrainingJobStatus
from modelyard_operator.kube.interface import EVENT, JOB, KINDS, SERVICE, TRAINING_JOB, Conflict, Kind, Kube, NotFound
from modelyard_operator.kube.writer import NotLeading, PlanError, Writer, WriterContext
from modelyard_operator.ownership import controller_uid
from modelyard_operator.plan import Deletion, EnsureModel, Event, Plan, Suspension

from tests.contract.kube.objects import job, owned, service, training_job
from tests.contract.kube.registry_in_memory import RegistryInMemory

Object = dict[str, Any]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class LiveView:
    """A view that is never stale; what isn't labelled as ours is not in it, as with the mirrors."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        found = self.fresh(kind, namespace, name)
        ours = found and found["metadata"].get("labels", {}).get("app.kubernetes.io/managed-by") == "modelyard"
        return found if ours else None

    def fresh(self, kind: Kind, namespace: str, name: str) -> Object | None:
        try:
            return self._kube.get(kind, namespace, name)
        except NotFound:
            return None

    def children(self, kind: Kind, owner_uid: str) -> Sequence[Object]:
        raise NotImplementedError

    def labelled(self, kind: Kind, namespace: str, label: str, value: str) -> Sequence[Object]:
        raise NotImplementedError

    def pod_events(self, namespace: str, pod_uid: str) -> Sequence[Object]:
        raise NotImplementedError


class Scene:
    def __init__(self, kube: Kube, namespace: str) -> None:
        self.kube = kube
        self.namespace = namespace
        self.registry = RegistryInMemory()
        self.writes: list[tuple[str, str]] = []
        self.leading = True
        self.owner = training_job(kube, namespace)
        context = WriterContext(lambda: self.leading, "test", lambda: NOW, lambda verb, kind: self.writes.append((verb, kind)))
        self._writer = Writer(kube, self.registry, context)

    def run(self, plan: Plan) -> None:
        self._writer.run(plan, self.kube.get(TRAINING_JOB, self.namespace, "penguins"), LiveView(self.kube))

    def get(self, kind: Kind, name: str) -> Object:
        return self.kube.get(kind, self.namespace, name)


@pytest.fixture
def scene(kube: Kube, namespace: str) -> Scene:
    return Scene(kube, namespace)


def status(state: str) -> Object:
    return TrainingJobStatus(observed_generation=1, state=state).to_wire()


def test_the_same_plan_twice_writes_once(scene: Scene) -> None:
    plan = Plan(
        create=(owned(job(scene.namespace, "penguins-1"), scene.owner),),
        apply=(owned(service(scene.namespace, "penguins"), scene.owner),),
        status=status("Running"),
        events=(Event("Normal", "Started", "it started"),),
    )
    scene.run(plan)
    assert scene.writes == [("create", "Job"), ("create", "Service"), ("status", "TrainingJob"), ("create", "Event")]
    scene.writes.clear()
    scene.run(plan)
    assert scene.writes == []
    assert controller_uid(scene.get(JOB, "penguins-1")) == scene.owner["metadata"]["uid"]


def test_a_changed_manifest_is_applied_and_what_it_no_longer_says_goes(scene: Scene) -> None:
    first = owned(service(scene.namespace, "penguins"), scene.owner)
    first["spec"]["ports"][0]["appProtocol"] = "http"
    scene.run(Plan(apply=(first,)))
    second = owned(service(scene.namespace, "penguins"), scene.owner)
    second["spec"]["ports"][0]["targetPort"] = 9090
    scene.run(Plan(apply=(second,)))
    [port] = scene.get(SERVICE, "penguins")["spec"]["ports"]
    assert port["targetPort"] == 9090
    assert "appProtocol" not in port


def test_a_foreign_change_is_undone_once_and_defaults_are_not_taken_for_one(scene: Scene) -> None:
    plan = Plan(apply=(owned(service(scene.namespace, "penguins"), scene.owner),))
    scene.run(plan)
    found = scene.get(SERVICE, "penguins")
    scene.kube.update(SERVICE, {**found, "spec": {**found["spec"], "selector": {"app": "other"}}})
    scene.writes.clear()
    for _ in range(2):
        scene.run(plan)
    assert scene.writes == [("apply", "Service")]
    assert scene.get(SERVICE, "penguins")["spec"]["selector"] == {"app": "penguins"}


@pytest.mark.parametrize("step", ["create", "apply"])
def test_a_name_that_is_taken_is_a_conflict_and_nothing_is_adopted(scene: Scene, step: str) -> None:
    scene.kube.create(service(scene.namespace, "penguins"))
    body = owned(service(scene.namespace, "penguins"), scene.owner)
    plan = Plan(**{step: (body,)}, status=status("Running"))
    with pytest.raises(PlanError) as caught:
        scene.run(plan)
    assert caught.value.problem.reason == Reason.NAME_CONFLICT
    assert f"Service {scene.namespace}/penguins exists and belongs to nobody we know" in caught.value.problem.message
    assert controller_uid(scene.get(SERVICE, "penguins")) == ""
    assert "status" not in scene.get(TRAINING_JOB, "penguins")


def test_what_an_earlier_try_created_is_taken_for_done(scene: Scene) -> None:
    body = owned(job(scene.namespace, "penguins-1"), scene.owner)
    del body["metadata"]["labels"]  # so that the view doesn't show it, as a mirror that lags behind
    scene.run(Plan(create=(body,)))
    scene.run(Plan(create=(body,)))
    assert scene.writes == [("create", "Job"), ("create", "Job")]


def test_what_the_server_refuses_is_told_in_its_words(scene: Scene) -> None:
    body = owned(job(scene.namespace, "penguins-1"), scene.owner)
    body["spec"]["completions"] = -1
    with pytest.raises(PlanError, match=r"refused Job .*spec\.completions"):
        scene.run(Plan(create=(body,)))


def test_suspending_and_deleting_happen_only_where_something_changes(scene: Scene) -> None:
    body = owned(job(scene.namespace, "penguins-1"), scene.owner)
    scene.run(Plan(create=(body,)))
    scene.writes.clear()
    scene.run(Plan(suspend=(Suspension(scene.namespace, "penguins-1", True),)))
    assert scene.writes == []
    uid = scene.get(JOB, "penguins-1")["metadata"]["uid"]
    scene.run(
        Plan(suspend=(Suspension(scene.namespace, "penguins-1", False),), delete=(Deletion(JOB, scene.namespace, "penguins-1", uid),))
    )
    assert scene.writes == [("suspend", "Job"), ("delete", "Job")]


def test_a_status_onto_an_old_version_is_a_conflict(scene: Scene) -> None:
    old = scene.get(TRAINING_JOB, "penguins")
    scene.run(Plan(status=status("Pending")))
    with pytest.raises(Conflict):
        scene._writer.run(Plan(status=status("Running")), old, LiveView(scene.kube))


def test_a_long_message_with_letters_of_several_bytes_is_cut_to_what_an_event_holds(scene: Scene) -> None:
    scene.run(Plan(status=status("Failed"), events=(Event("Warning", "Long", "ü" * 2000),)))
    uid = scene.owner["metadata"]["uid"]
    [event] = scene.kube.pod_events(scene.namespace, uid)
    assert len(event["note"].encode()) <= 1024
    assert (event["reason"], event["type"], event["regarding"]["uid"]) == ("Long", "Warning", uid)


def test_an_event_that_repeats_itself_is_one_event(scene: Scene) -> None:
    for state in ("Running", "Pending"):
        scene.run(Plan(status=status(state), events=(Event("Normal", "Same", "the same words"),)))
    assert len(scene.kube.list_page(EVENT, namespace=scene.namespace).items) == 1


def test_the_intent_is_in_status_before_the_registry_is_target(scene: Scene) -> None:
    scene.registry.away = True
    with pytest.raises(PlanError, match="connection refused") as caught:
        scene.run(Plan(status=status("Promoting"), registry=(EnsureModel("ml", "penguins"),)))
    assert caught.value.problem.reason == Reason.REGISTRY_UNAVAILABLE
    assert scene.get(TRAINING_JOB, "penguins")["status"]["state"] == "Promoting"


def test_who_does_not_lead_writes_nothing(scene: Scene) -> None:
    scene.leading = False
    body = owned(job(scene.namespace, "penguins-1"), scene.owner)
    for plan in (Plan(create=(body,)), Plan(status=status("Running")), Plan(registry=(EnsureModel("ml", "penguins"),))):
        with pytest.raises(NotLeading):
            scene.run(plan)
    assert scene.kube.list_page(KINDS["Job"], namespace=scene.namespace).items == []
    assert scene.registry.models == {}
