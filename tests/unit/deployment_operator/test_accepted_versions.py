"""Only evidence is served, or what a person accepted; what is served already stays, whatever happens to evidence, keys and names."""

import json
from dataclasses import replace
from typing import Any

import pytest
from modelyard_api import labels
from modelyard_api.pod_contract import REQUEST_VARIABLE
from modelyard_operator.plan import EnsureModel, SignVersion
from modelyard_operator.registry.interface import NameTaken, RegistryRefused

from tests.unit.deployment_operator.builders import NAME, NAMESPACE, FakeRegistry, World, digest, model_deployment

OTHER = "f" * 64


@pytest.fixture
def world() -> World:
    """Version 1 is served."""
    world = World(model_deployment(), FakeRegistry(champion="1"))
    world.settle()
    world.make_ready("1")
    world.settle()
    return world


def pinned(world: World, version: str) -> str | None:
    """The digest that the server of a version is told."""
    [container] = world.deployment(version)["spec"]["template"]["spec"]["containers"]
    request = json.loads(next(one["value"] for one in container["env"] if one["name"] == REQUEST_VARIABLE))
    assert request["version"] == version
    return request.get("digest")


def annotate(world: World, accept: str, by: str = "alice") -> None:
    annotations = {labels.ACCEPT_ANNOTATION: accept, labels.ACCEPTED_BY_ANNOTATION: by}
    world.owner = {**world.owner, "metadata": {**world.owner["metadata"], "annotations": annotations}}


def test_version_and_digest_are_pinned(world: World) -> None:
    assert pinned(world, "1") == digest("1")
    assert world.status["versions"][0]["digest"] == digest("1")
    assert world.reconcile().registry == ()


def test_without_evidence_nothing_new_is_served(world: World) -> None:
    world.registry.evidence.pop("2")
    world.registry.move("champion", "2")
    world.settle()
    assert world.deployments == [f"{NAME}-v1"]
    status, reason, message = world.condition("Progressing")
    assert (status, reason) == ("False", "VersionNotAccepted")
    assert "Version 2 of ml.flights is not served" in message
    assert "modelyard.io/accept=2@<sha256 of its files> modelyard.io/accepted-by=<your user name>" in message
    assert message.endswith("Meanwhile version 1 stays.")
    assert world.status["state"] == "Degraded"


def test_evidence_of_another_namespace_counts_for_nothing(world: World) -> None:
    world.registry.evidence["2"] = replace(world.registry.evidence["2"], namespace="team-a")
    world.registry.move("champion", "2")
    world.settle()
    assert world.condition("Progressing")[1] == "VersionNotAccepted"


def test_a_first_version_without_evidence_is_not_served() -> None:
    registry = FakeRegistry(champion="1")
    registry.evidence.clear()
    world = World(model_deployment(), registry)
    world.settle()
    assert (world.deployments, world.services) == ([], [])
    assert world.condition("Available")[:2] == ("False", "VersionNotAccepted")
    assert world.status["state"] == "Pending"


def test_the_digest_that_its_run_claims_is_shown(world: World) -> None:
    world.registry.evidence.pop("2")
    world.registry.results = {"result": {"modelId": "m-2", "digest": digest("2")}}
    world.registry.move("champion", "2")
    world.settle()
    assert f"modelyard.io/accept=2@{digest('2')}" in world.condition("Progressing")[2]
    world.registry.results = {"result": {"modelId": "m-7", "digest": digest("7")}}  # the run of another model
    world.settle()
    assert "<sha256 of its files>" in world.condition("Progressing")[2]


def test_a_run_that_is_gone_hides_nothing(world: World) -> None:
    world.registry.evidence.pop("2")
    world.registry.results = RegistryRefused("run run was deleted")
    world.registry.move("champion", "2")
    world.settle()
    assert world.condition("Progressing")[1] == "VersionNotAccepted"


def test_a_person_accepts_a_version_and_its_files(world: World) -> None:
    world.registry.evidence.pop("2")
    world.registry.tags["2"] = {labels.TAG_UID: "u-2"}  # by which its TrainingJob finds it
    world.registry.move("champion", "2")
    annotate(world, f"2@{OTHER}")
    plan = world.reconcile()
    assert plan.registry == (SignVersion("ml.flights", "2", NAMESPACE, "u-2", OTHER, "accepted by alice"),)
    assert pinned(world, "2") == OTHER


@pytest.mark.parametrize(("accept", "by"), [(f"3@{OTHER}", "alice"), ("2", "alice"), ("2@", "alice"), (f"2@{OTHER}", ""), (OTHER, "alice")])
def test_an_acceptance_that_is_not_whole_accepts_nothing(world: World, accept: str, by: str) -> None:
    world.registry.evidence.pop("2")
    world.registry.move("champion", "2")
    annotate(world, accept, by)
    assert world.reconcile().registry == ()
    assert world.condition("Progressing")[1] == "VersionNotAccepted"


def test_a_lost_key_stops_nothing_that_is_served(world: World) -> None:
    world.registry.evidence.clear()
    world.settle()
    assert world.condition("Available")[0] == "True"
    assert pinned(world, "1") == digest("1")
    assert world.status["versions"][0]["digest"] == digest("1")
    assert world.condition("Progressing")[1] == "VersionNotAccepted"


def test_an_older_key_is_replaced_by_the_newest(world: World) -> None:
    world.registry.has_newest_key = False
    assert world.reconcile().registry == (SignVersion("ml.flights", "1", NAMESPACE, "u-1", digest("1"), "TrainingJob"),)


def test_what_was_served_before_there_was_evidence_is_signed(world: World) -> None:
    """The status of an older operator has no digest."""
    world.registry.evidence.clear()
    world.registry.results = {"result": {"modelId": "m-1", "digest": digest("1")}}
    as_before: dict[str, Any] = json.loads(json.dumps(world.owner["status"]))
    as_before["versions"][0].pop("digest")
    world.owner = {**world.owner, "status": as_before}
    del world.deployment("1")["metadata"]["annotations"]
    world.registry.move("champion", "1")
    plan = world.reconcile()
    assert plan.registry == (SignVersion("ml.flights", "1", NAMESPACE, "", digest("1"), "served before there was evidence"),)
    assert world.status["versions"][0]["digest"] == digest("1")
    world.registry.move("champion", "2")  # was never served
    world.settle()
    assert world.condition("Progressing")[1] == "VersionNotAccepted"


def test_a_name_that_is_taken_is_said_and_nothing_is_stopped(world: World) -> None:
    world.registry.prepared = NameTaken("registered model ml.flights belongs to modelyard-team-a")
    world.settle()
    assert world.condition("Progressing") == (
        "False",
        "NameTaken",
        "Registered model ml.flights belongs to modelyard-team-a. Meanwhile version 1 stays.",
    )
    assert world.condition("Available")[0] == "True"


def test_the_rights_of_its_pods_are_made_sure_of(world: World) -> None:
    world.registry.prepared = False
    assert world.reconcile().registry == (EnsureModel(NAMESPACE, NAME),)
    world.registry.prepared = RegistryRefused("there is no user modelyard-ml")
    assert world.reconcile().registry == ()
    assert world.condition("Progressing")[1] == "RolledOut"


MOVES: dict[str, tuple[dict[str, str], str]] = {
    "by hand, to a version that was never promoted": ({}, "unknown"),
    "by hand, back to one that was promoted long ago": (
        {labels.TAG_PROMOTED_AT: "2026-01-30T12:00:00Z", labels.TAG_PROMOTED_BY: "modelyard"},
        "unknown",
    ),
    "by a promotion": ({labels.TAG_PROMOTED_AT: "2026-01-31T12:00:01Z", labels.TAG_PROMOTED_BY: "modelyard"}, "modelyard"),
    "by a rollback of one that was promoted long ago": (
        {
            labels.TAG_PROMOTED_AT: "2026-01-30T12:00:00Z",
            labels.TAG_PROMOTED_BY: "modelyard",
            labels.TAG_ROLLED_BACK_AT: "2026-01-31T12:00:01Z",
            labels.TAG_ROLLED_BACK_BY: "bob, with modelyard rollback",
        },
        "bob, with modelyard rollback",
    ),
}


@pytest.mark.parametrize(("tags", "by"), MOVES.values(), ids=MOVES)
def test_who_moved_the_alias_is_recorded(world: World, tags: dict[str, str], by: str) -> None:
    world.wait(60)
    world.registry.tags["2"] = tags
    world.registry.move("champion", "2")
    world.settle()
    world.make_ready("2")
    world.settle()
    assert (world.status["history"][-1]["to"], world.status["history"][-1]["by"]) == ("2", by)
