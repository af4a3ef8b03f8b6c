"""``kubectl wait --for=condition=Finished``: one condition for every end, and False again when an approval reopens it."""

import pytest
from modelyard_api import labels
from modelyard_api.pod_contract import ExitCode, PodError, TrainResult

from tests.unit.training_operator.manifests import AS_GOOD, UNSURE, WORSE, complaint, result, training_job
from tests.unit.training_operator.world import World

ENDS: dict[str, tuple[int, TrainResult | PodError, str, str]] = {
    "promoted": (0, result(), "Promoted", "AliasMoved"),
    "a criterion is missed": (0, result(WORSE, AS_GOOD), "CriteriaNotMet", "CriteriaNotMet"),
    "the test rows can't decide": (0, result(UNSURE, AS_GOOD), "Inconclusive", "ComparisonInconclusive"),
    "the data are wrong": (ExitCode.INVALID, complaint(), "Failed", "DataInvalid"),
}


@pytest.mark.parametrize(("exit_code", "said", "state", "reason"), ENDS.values(), ids=ENDS)
def test_every_end(exit_code: int, said: TrainResult | PodError, state: str, reason: str) -> None:
    world = World(training_job())
    world.settle()
    assert world.condition("Finished") is None
    world.pod_ends("penguins-1", exit_code, said)
    world.settle()
    finished = world.condition("Finished")
    assert finished is not None
    assert (world.status().state, *finished[:2]) == (state, "True", reason)
    assert [event for event in world.told() if "Finished" in event] == []
    world.settle()
    assert world.condition("Finished") == finished


def test_a_spec_that_can_not_work() -> None:
    world = World(training_job(model={"architecture": "MLP", "parameters": [{"name": "depth", "value": 3}]}))
    world.settle()
    assert (world.condition("Finished") or ())[:2] == ("True", "InvalidSpec")


def test_an_approval_in_doubt_reopens_it_until_it_is_promoted() -> None:
    world = World(training_job())
    world.settle()
    world.pod_ends("penguins-1", 0, result(UNSURE, AS_GOOD))
    world.settle()
    world.resource()["metadata"]["annotations"] = {labels.APPROVE_ANNOTATION: "m-1"}
    world.reconcile()
    assert (world.condition("Finished") or ())[:1] == ("False",)
    world.settle()
    assert (world.status().state, (world.condition("Finished") or ())[:2]) == ("Promoted", ("True", "AliasMoved"))
