"""Which version answers while versions come and go."""

from datetime import timedelta

import pytest
from modelyard_operator.deployment.rollout import DRAIN

from tests.unit.deployment_operator.builders import World, order_of, serving_world, world


def _roles(made: World) -> list[tuple[str, str]]:
    return [(v["version"], v["role"]) for v in made.status["versions"]]


def test_first_version_gets_its_pods_and_the_stable_service_at_once() -> None:
    made = world(replicas=2)
    made.reconcile()
    assert made.deployments == ["flights-v1"]
    assert made.services == ["flights"]
    assert made.answers == "1"
    assert made.status.get("version") == ""
    assert made.status["history"] == []


def test_first_version_counts_as_answering_once_a_pod_is_ready() -> None:
    made = world(replicas=2)
    made.reconcile()
    made.make_ready("1", pods=1)
    made.settle()
    assert made.status["version"] == "1"
    assert made.status["history"] == [
        {"alias": "champion", "from": "", "to": "1", "at": "2026-01-31T12:00:00Z", "by": "unknown", "why": "alias champion is at version 1"}
    ]


def test_new_version_starts_next_to_the_old_one_which_goes_on_answering() -> None:
    made = serving_world()
    made.registry.move("champion", "2")
    made.settle()
    assert made.deployments == ["flights-v1", "flights-v2"]
    assert made.services == ["flights", "flights-v1", "flights-v2"]
    assert made.answers == "1"
    assert order_of(made.deployment("2")["spec"]["template"]["spec"])["version"] == "2"
    assert order_of(made.deployment("1")["spec"]["template"]["spec"])["version"] == "1"


def test_not_all_pods_ready_is_not_enough_to_switch() -> None:
    made = serving_world(replicas=3)
    made.registry.move("champion", "2")
    made.settle()
    made.make_ready("2", pods=2)
    made.settle()
    assert made.answers == "1"


def test_stable_service_moves_when_all_pods_are_ready_and_the_old_version_drains_before_it_goes() -> None:
    made = serving_world(replicas=2)
    made.registry.move("champion", "2")
    made.settle()
    made.wait(60)
    made.make_ready("2")
    plan = made.settle()
    assert made.answers == "2"
    assert made.deployments == ["flights-v1", "flights-v2"]
    assert _roles(made) == [("2", "Stable"), ("1", "Retiring")]
    assert plan.requeue_after == DRAIN.total_seconds()
    made.wait(DRAIN.total_seconds() - 1)
    made.settle()
    assert made.deployments == ["flights-v1", "flights-v2"]
    made.wait(1)
    made.settle()
    assert made.deployments == ["flights-v2"]
    assert made.services == ["flights"]
    assert [(r["from"], r["to"], r["at"]) for r in made.status["history"]] == [
        ("", "1", "2026-01-31T12:00:00Z"),
        ("1", "2", "2026-01-31T12:01:00Z"),
    ]


def test_draining_pods_keep_the_manifest_they_have() -> None:
    made = serving_world()
    made.registry.move("champion", "2")
    made.settle()
    made.make_ready("2")
    made.settle()
    old = made.deployment("1")["spec"]
    made.edit(resources={"requests": {"cpu": "2"}})
    made.settle()
    assert made.deployment("1")["spec"] == old
    assert made.deployment("2")["spec"] != old


def test_broken_serving_version_is_replaced_as_soon_as_one_new_pod_is_ready() -> None:
    made = serving_world(replicas=3)
    made.make_ready("1", pods=0)
    made.registry.move("champion", "2")
    made.settle()
    made.make_ready("2", pods=1)
    made.settle()
    assert made.answers == "2"


def test_alias_moved_on_during_a_rollout_drops_the_version_in_between() -> None:
    made = serving_world()
    made.registry.move("champion", "2")
    made.settle()
    made.registry.move("champion", "3")
    made.wait(DRAIN.total_seconds())
    made.settle()
    assert made.deployments == ["flights-v1", "flights-v3"]
    assert made.answers == "1"


def test_alias_moved_back_during_draining_switches_back_without_new_pods() -> None:
    made = serving_world()
    made.registry.move("champion", "2")
    made.settle()
    made.make_ready("2")
    made.settle()
    uid = made.deployment("1")["metadata"]["uid"]
    made.registry.move("champion", "1")
    made.wait(5)
    made.settle()
    assert made.answers == "1"
    assert made.deployment("1")["metadata"]["uid"] == uid
    assert [r["to"] for r in made.status["history"]] == ["1", "2", "1"]


def test_stale_mirror_of_the_stable_service_adds_nothing_to_the_history() -> None:
    made = serving_world()
    before = made.objects["Service", "flights"]
    made.registry.move("champion", "2")
    made.settle()
    made.wait(30)
    made.make_ready("2")
    made.settle()
    after = made.objects["Service", "flights"]
    made.objects["Service", "flights"] = before
    made.make_ready("2", pods=0)
    made.reconcile()
    assert [r["to"] for r in made.status["history"]] == ["1", "2"]
    made.objects["Service", "flights"] = after
    made.settle()
    assert [r["to"] for r in made.status["history"]] == ["1", "2"]


def test_switch_whose_status_was_never_written_is_recorded_after_a_restart() -> None:
    made = serving_world()
    made.registry.move("champion", "2")
    made.settle()
    status = made.status
    made.wait(30)
    made.make_ready("2")
    made.settle()
    made.owner = {**made.owner, "status": status}
    made.wait(5)
    made.settle()
    assert [(r["to"], r["at"]) for r in made.status["history"]][-1] == ("2", "2026-01-31T12:00:30Z")


def test_mirror_that_does_not_show_the_stable_service_yet_never_moves_it_to_pods_that_are_not_ready() -> None:
    made = serving_world()
    made.registry.move("champion", "2")
    made.hidden.add(("Service", "flights"))
    made.settle()
    assert made.answers == "1"


def test_deleted_stable_service_comes_back_with_the_version_that_answered() -> None:
    made = serving_world()
    made.registry.move("champion", "2")
    made.settle()
    del made.objects["Service", "flights"]
    made.settle()
    assert made.answers == "1"


def test_history_keeps_the_last_20_changes() -> None:
    made = serving_world()
    for step in range(30):
        version = str(step % 2 + 2)
        made.registry.move("champion", version)
        made.settle()
        made.make_ready(version)
        made.wait(60)
        made.settle()
    assert len(made.status["history"]) == 20
    assert [r["to"] for r in made.status["history"]][-3:] == ["3", "2", "3"]


@pytest.mark.parametrize("version", ["4", "7"])
def test_pinned_version_needs_no_alias(version: str) -> None:
    made = world(model={"name": "flights", "version": version})
    made.reconcile()
    assert made.deployments == [f"flights-v{version}"]


def test_edited_since_annotation_only_restarts_the_draining() -> None:
    made = serving_world()
    made.registry.move("champion", "2")
    made.settle()
    made.make_ready("2")
    made.settle()
    made.objects["Service", "flights"]["metadata"]["annotations"] = {"modelyard.io/serving-since": "yesterday"}
    made.now += timedelta(minutes=5)
    made.reconcile()
    assert made.deployments == ["flights-v1", "flights-v2"]
    assert made.answers == "2"


def test_scaled_to_zero_keeps_objects_and_still_follows_the_alias() -> None:
    made = serving_world()
    made.edit(replicas=0)
    made.settle()
    made.make_ready("1")
    made.settle()
    assert made.deployment("1")["spec"]["replicas"] == 0
    made.registry.move("champion", "2")
    made.settle()
    made.make_ready("2")
    made.settle()
    assert made.answers == "2"
    assert made.status["state"] == "ScaledToZero"
    assert made.condition("Available")[:2] == ("False", "ScaledToZero")


def test_nothing_to_do_changes_nothing() -> None:
    made = serving_world(replicas=2, monitoring={"window": {"rows": 500}})
    made.wait(3600)
    plan = made.reconcile()
    assert plan.status == made.status
    assert plan.events == ()
    assert plan.delete == ()
    assert plan.requeue_after is None
