"""How a Deployment's pods come and go."""

from datetime import datetime

from modelyard_local.runner.decision import Decision
from modelyard_local.runner.deployment_controller import decide_deployment
from modelyard_operator.deployment.observed import Workload

from tests.unit.local_runner.objects import NOW, Object, condition, deleting, deployment, ended, later, ready, stored


class World:
    """One Deployment and its pods, with the decisions carried out."""

    def __init__(self, body: Object) -> None:
        self.body = body
        self.pods: list[Object] = []
        self.made = 0

    def step(self, now: datetime = NOW) -> Decision:
        decision = decide_deployment(self.body, self.pods, now)
        self.body = {**self.body, "status": decision.status}
        gone = {pod["metadata"]["name"] for pod in decision.delete}
        self.pods = [deleting(pod) if pod["metadata"]["name"] in gone else pod for pod in self.pods]
        for pod in decision.create:
            self.made += 1
            self.pods.append(stored(pod, self.made, phase="Pending"))
        return decision

    def all_ready(self) -> None:
        self.pods = [ready(pod) for pod in self.pods if "deletionTimestamp" not in pod["metadata"]]

    def change(self, newer: Object) -> None:
        self.body = {**self.body, "spec": newer["spec"], "metadata": {**self.body["metadata"], "generation": 2}}

    @property
    def progressing(self) -> Object:
        return condition(self.body, "Progressing") or {}

    @property
    def workload(self) -> Workload:
        """As the operator reads it."""
        return Workload("7", self.body, None, tuple(self.pods))


def _rolled_out(replicas: int = 2) -> World:
    world = World(deployment(replicas))
    world.step()
    world.all_ready()
    world.step()
    assert world.workload.is_complete
    return world


def test_a_new_deployment_gets_all_its_pods_at_once() -> None:
    world = World(deployment(2))
    assert len(world.step().create) == 2
    assert (world.progressing["status"], world.progressing["reason"]) == ("True", "NewReplicaSetCreated")
    world.step()
    assert world.workload.is_rolling
    assert world.body["status"]["unavailableReplicas"] == 2
    world.all_ready()
    assert world.step() == Decision(status=world.body["status"])
    assert world.workload.is_complete
    assert not world.workload.is_rolling
    assert (condition(world.body, "Available") or {})["status"] == "True"


def test_nothing_is_written_when_nothing_changes() -> None:
    world = _rolled_out()
    before = world.body["status"]
    world.step(later(1000))
    assert world.body["status"] == before


def test_a_rolling_update_never_has_fewer_ready_pods_than_wanted() -> None:
    world = _rolled_out()
    old = {pod["metadata"]["name"] for pod in world.pods}
    world.change(deployment(2, command="y"))
    for _ in range(10):
        world.step()
        living = [pod for pod in world.pods if "deletionTimestamp" not in pod["metadata"]]
        assert len(living) <= 3
        assert sum(pod["status"]["phase"] == "Running" for pod in living) >= 2
        world.all_ready()
    world.step()
    assert not {pod["metadata"]["name"] for pod in world.pods} & old
    assert world.workload.is_complete


def test_an_old_pod_that_is_not_ready_goes_first() -> None:
    world = _rolled_out()
    world.pods[0] = {**world.pods[0], "status": {"phase": "Running"}}
    broken = world.pods[0]["metadata"]["name"]
    world.change(deployment(2, command="y"))
    world.step()
    world.pods = [ready(pod) if pod["status"]["phase"] == "Pending" else pod for pod in world.pods]
    assert [pod["metadata"]["name"] for pod in world.step().delete] == [broken]


def test_a_rollout_that_stands_still_is_stalled_and_recovers() -> None:
    world = World(deployment(1))
    world.step()
    world.step()
    world.step(later(59))
    assert not world.workload.is_stalled
    world.step(later(61))
    assert (world.progressing["status"], world.progressing["reason"]) == ("False", "ProgressDeadlineExceeded")
    assert world.workload.is_stalled
    world.all_ready()
    world.step(later(62))
    assert world.progressing["reason"] == "NewReplicaSetAvailable"


def test_pods_lost_after_a_rollout_stall_nothing() -> None:
    world = _rolled_out(1)
    world.pods = [ended(world.pods[0], 137)]
    decision = world.step(later(1000))
    assert [pod["status"]["phase"] for pod in decision.delete] == ["Failed"]
    assert len(decision.create) == 1
    world.step(later(2000))
    assert not world.workload.is_stalled
    assert not world.workload.is_rolling


def test_scaling_down_keeps_what_is_ready() -> None:
    world = _rolled_out(3)
    world.pods[1] = {**world.pods[1], "status": {"phase": "Running"}}
    unready = world.pods[1]["metadata"]["name"]
    world.change(deployment(2))
    assert [pod["metadata"]["name"] for pod in world.step().delete] == [unready]


def test_the_spec_that_was_seen_is_said() -> None:
    world = _rolled_out()
    world.change(deployment(0))
    assert len(world.step().delete) == 2
    assert world.body["status"]["observedGeneration"] == 2
