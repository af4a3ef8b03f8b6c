"""Definitions, images and stored states that are newer than the operator: what runs goes on, what isn't started waits, and nothing fails."""

import json
from typing import Any

import pytest

from tests.unit.training_operator.manifests import complaint, result, training_job
from tests.unit.training_operator.world import World

UNKNOWN: dict[str, tuple[dict[str, Any], str]] = {
    "a field of the spec": ({"checkpoints": {"every": "1h"}}, "unknown field spec.checkpoints"),
    "a field inside a list": (
        {"data": {"source": {"uri": "s3://datasets/penguins.csv"}, "columns": [{"name": "island", "unit": "km"}]}},
        "unknown field spec.data.columns.0.unit",
    ),
    "two fields": ({"checkpoints": {}, "policy": {"priority": 3}}, "unknown field spec.checkpoints, spec.policy.priority"),
    "a value": ({"model": {"architecture": "Oracle"}}, "spec.model.architecture: Input should be 'Auto', 'Linear'"),
}


@pytest.mark.parametrize(("spec", "says"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_started_waits_and_goes_on_when_it_can_be_read(spec: dict[str, Any], says: str) -> None:
    world = World(training_job(**spec))
    world.settle()
    condition = world.condition("Running")
    assert condition is not None
    assert condition[:2] == ("False", "OperatorTooOld")
    assert says.lower() in condition[2].lower()
    assert (world.job_names(), world.status().state, world.status().completion_time) == ([], "Pending", None)
    world.resource()["spec"] = training_job()["spec"]  # as if the operator had been upgraded
    world.settle()
    assert world.job_names() == ["penguins-1"]


@pytest.mark.parametrize(("spec", "says"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_runs_goes_on_and_is_promoted(spec: dict[str, Any], says: str) -> None:
    world = World(training_job())
    world.settle()
    world.pod_runs("penguins-1")
    world.settle()
    assert world.status().state == "Running"
    known = world.resource()["spec"]
    world.resource()["spec"] = known | spec
    world.settle()
    assert world.status().state == "Running"
    world.pod_ends("penguins-1", 0, result())
    world.settle()
    assert world.condition("Failed") is None
    world.resource()["spec"] = known
    world.settle()
    assert world.status().state == "Promoted"


def test_a_finished_one_is_left_alone() -> None:
    world = World(training_job())
    world.settle()
    world.pod_ends("penguins-1", 0, result())
    world.settle()
    world.resource()["spec"]["checkpoints"] = {}
    world.settle()
    assert world.status().state == "Promoted"


def test_conditions_of_a_newer_operator_are_kept_as_they_are() -> None:
    world = World(training_job())
    world.settle()
    world.resource()["status"]["conditions"] = [
        {
            "type": "Registered",
            "status": "False",
            "reason": "FromTheFuture",
            "message": "New.",
            "lastTransitionTime": "2026-01-31T12:00:00Z",
        }
    ]
    world.resource()["spec"]["model"] = {"architecture": "Oracle"}
    world.settle()
    assert world.condition("Registered") == ("False", "FromTheFuture", "New.")
    assert (world.condition("Running") or ())[:2] == ("False", "OperatorTooOld")


def test_what_a_newer_image_says_besides_is_passed_over() -> None:
    world = World(training_job())
    world.settle()
    newer = result().to_wire() | {"energy": {"joules": 12.5}}
    world.pod_ends("penguins-1", 0, json.dumps(newer))
    world.settle()
    assert world.status().state == "Promoted"


def test_the_reason_that_a_newer_image_gives_is_kept() -> None:
    world = World(training_job())
    world.settle()
    world.pod_ends("penguins-1", 65, json.dumps(complaint().to_wire() | {"column": "species"}))
    world.settle()
    assert (world.condition("Failed") or ())[:2] == ("True", "DataInvalid")


def test_what_a_newer_operator_stored_besides_is_passed_over() -> None:
    world = World(training_job())
    world.settle()
    world.pod_runs("penguins-1")
    world.settle()
    stored = world.resource()["status"]
    world.resource()["status"] = stored | {"queue": {"position": 2}, "attempts": [one | {"node": "a"} for one in stored["attempts"]]}
    world.pod_ends("penguins-1", 0, result())
    world.settle()
    assert world.status().state == "Promoted"
    assert "queue" not in world.resource()["status"]
