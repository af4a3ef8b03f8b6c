"""Registration and promotion: champions that change, approvals, rivals, hands from outside, registries that are away."""

from typing import Any

import pytest
from modelyard_api import labels
from modelyard_api.conditions import Reason
from modelyard_api.pod_contract import ExitCode
from modelyard_operator.kube.interface import POD
from modelyard_operator.reconciler import Problem

from tests.unit.training_operator.manifests import (
    AS_GOOD,
    BETTER,
    NOT_AS_GOOD,
    WORSE,
    complaint,
    result,
    training_job,
)
from tests.unit.training_operator.world import World

NAME = "ml.penguins"


def trained(champion: str = "", **spec: Any) -> World:
    """The pod has just succeeded; ``champion`` is what it compared with."""
    world = World(training_job(**spec))
    world.settle()
    if champion:
        world.alias[NAME, "champion"] = world.add_version(NAME, "run-0").version
    world.pod_ends("penguins-1", 0, result(champion=champion))
    return world


def another_champion(world: World) -> str:
    """Somebody promotes something else meanwhile."""
    version = world.add_version(NAME, "run-x").version
    world.alias[NAME, "champion"] = version
    return version


def test_a_later_champion_is_compared_with_before_anything_is_registered() -> None:
    world = trained(champion="1")
    assert another_champion(world) == "2"
    world.settle()
    assert world.job_names() == ["penguins-1", "penguins-compare-2"]
    assert world.status().state == "Evaluating"
    promoted = world.condition("Promoted")
    assert promoted is not None
    assert promoted[:2] == ("False", "Comparing")
    world.pod_ends("penguins-compare-2", 0, result(BETTER, AS_GOOD, champion="2"))
    world.settle()
    status = world.status()
    assert (status.state, world.alias[NAME, "champion"]) == ("Promoted", "3")
    assert status.result is not None
    assert status.promotion is not None
    assert (status.result.champion_version, status.promotion.from_version, status.promotion.to_version) == ("2", "2", "3")


def test_a_model_that_is_worse_than_the_later_champion_is_not_promoted() -> None:
    world = trained(champion="1")
    another_champion(world)
    world.settle()
    world.pod_ends("penguins-compare-2", 0, result(BETTER, NOT_AS_GOOD, champion="2"))
    world.settle()
    assert (world.status().state, world.alias[NAME, "champion"], len(world.versions)) == ("CriteriaNotMet", "2", 2)


def test_a_comparison_that_fails_leaves_the_champion() -> None:
    world = trained(champion="1")
    another_champion(world)
    world.settle()
    world.pod_ends("penguins-compare-2", ExitCode.INVALID, complaint(message="the test split is gone"))
    world.settle()
    assert world.status().state == "Inconclusive"
    promoted = world.condition("Promoted")
    assert promoted is not None
    assert promoted[:2] == ("False", "ComparisonFailed")
    assert "Job penguins-compare-2) gave no verdict: DataInvalid: the test split is gone" in promoted[2]


def test_criteria_that_don_t_concern_the_champion_need_no_comparison() -> None:
    world = trained(champion="1", objective={"target": "species", "require": [{"metric": "f1_macro", "betterThan": "baseline"}]})
    world.pod_ends("penguins-1", 0, result(BETTER, champion="1"))
    another_champion(world)
    world.settle()
    assert (world.status().state, world.job_names(), world.alias[NAME, "champion"]) == ("Promoted", ["penguins-1"], "3")


def test_an_alias_that_moves_between_intent_and_move_is_compared_again() -> None:
    world = trained(champion="1")
    while "status Promoting" not in world.writes:
        world.reconcile()
    intent = world.status().promotion
    assert intent is not None
    assert (intent.from_version, intent.to_version, intent.at) == ("1", "2", None)
    another_champion(world)
    world.settle()
    assert world.alias[NAME, "champion"] == "3", "the other's champion stays"
    assert world.status().promotion is None, "the intent is withdrawn"
    assert "penguins-compare-3" in world.job_names()
    world.pod_ends("penguins-compare-3", 0, result(BETTER, AS_GOOD, champion="3"))
    world.settle()
    assert world.alias[NAME, "champion"] == "2"
    assert [(move.from_version, move.to_version) for move in world.moves] == [("3", "2")]


def test_manual_approval_names_the_very_model() -> None:
    world = trained(promotion={"approval": "Manual"}, policy={"ttlSecondsAfterFinished": 60})
    world.settle()
    assert world.status().state == "ApprovalPending"
    assert world.condition("Promoted") == (
        "False",
        "ApprovalPending",
        "All criteria hold; version 1 waits for approval: modelyard approve penguins -n ml "
        "(or kubectl annotate trainingjob penguins -n ml --overwrite modelyard.io/approve=m-1 modelyard.io/approved-by=<your name>).",
    )
    world.pass_time(1000000)
    world.settle()
    assert world.status().state == "ApprovalPending", "its time to live doesn't run while an approval is pending"
    for other in ("7", "1", "m-2"):  # a version can be guessed before there is one
        world.resource()["metadata"]["annotations"] = {labels.APPROVE_ANNOTATION: other}
        world.settle()
        assert world.status().state == "ApprovalPending"
    world.resource()["metadata"]["annotations"] = {labels.APPROVE_ANNOTATION: "m-1"}
    world.settle()
    status = world.status()
    assert status.state == "Promoted"
    assert status.promotion is not None
    assert status.promotion.by == "annotation modelyard.io/approve"
    assert world.versions[0].tags[labels.TAG_PROMOTED_BY] == "annotation modelyard.io/approve"


def test_an_alias_moved_by_hand_is_an_approval() -> None:
    world = trained(promotion={"approval": "Manual"})
    world.settle()
    world.alias[NAME, "champion"] = "1"
    world.settle()
    status = world.status()
    assert status.promotion is not None
    assert (status.state, status.promotion.by) == ("Promoted", "somebody, in the registry")
    promoted = world.condition("Promoted")
    assert promoted is not None
    assert promoted[1] == "AliasMoved"
    assert world.moves == []


def test_a_hand_that_promotes_a_model_that_fell_short_is_written_down() -> None:
    world = trained(champion="1")
    world.pod_ends("penguins-1", 0, result(WORSE, AS_GOOD, champion="1"))
    world.settle()
    assert world.status().state == "CriteriaNotMet"
    world.alias[NAME, "champion"] = world.add_version(NAME, "run-1").version
    world.settle()
    promoted = world.condition("Promoted")
    assert promoted is not None
    assert promoted[:2] == ("True", "PromotedOutsideGates")
    assert world.status().state == "Promoted"
    before = len(world.writes)
    world.settle()
    assert len(world.writes) == before


def test_somebody_else_s_version_is_not_ours() -> None:
    world = trained(champion="1")
    world.pod_ends("penguins-1", 0, result(WORSE, AS_GOOD, champion="1"))
    world.settle()
    another_champion(world)
    world.settle()
    assert world.status().state == "CriteriaNotMet"


def test_a_registry_that_is_away_is_target_again_and_again() -> None:
    world = trained()
    world.reconcile()
    world.registry_down = "MLflow at http://mlflow.test doesn't answer"
    waits = []
    for _ in range(4):
        wait = world.settle().requeue_after
        assert wait is not None
        waits.append(wait)
        world.pass_time(wait)
    assert waits == sorted(waits)
    assert world.condition("Registered") == ("False", "RegistryUnavailable", "MLflow at http://mlflow.test doesn't answer.")
    world.registry_down = ""
    world.settle()
    assert world.status().state == "Promoted"


def test_no_attempt_is_spent_while_the_registry_is_away() -> None:
    world = World(training_job())
    world.registry_down = "MLflow at http://mlflow.test doesn't answer: is it running?"
    world.settle()
    assert world.job_names() == []
    running = world.condition("Running")
    assert running is not None
    assert running[:2] == ("False", "RegistryUnavailable")
    assert ("Warning", "RegistryUnavailable") in world.told()
    world.registry_down = ""
    world.settle()
    assert world.job_names() == ["penguins-1"]


def test_a_plan_that_could_not_be_carried_out_shows_in_the_condition() -> None:
    world = World(training_job())
    world.models.add(NAME)
    taken = Problem(Reason.NAME_CONFLICT, "Job ml/penguins-1 belongs to nobody we know")
    plan = world.plan(problem=taken)
    assert plan.status is not None
    assert [(c["reason"], c["message"]) for c in plan.status["conditions"]] == [("NameConflict", f"{taken.message}.")]
    assert [body["metadata"]["name"] for body in plan.create] == ["penguins-1"]
    assert [event.reason for event in plan.events] == ["NameConflict"]


def two_trained() -> World:
    """Two TrainingJobs of one model, both with a version, neither promoted."""
    spec = {
        "promotion": {"model": "birds"},
        "objective": {"target": "species", "require": [{"metric": "f1_macro", "betterThan": "baseline"}]},
    }
    world = World(training_job("adelie", uid="uid-a", **spec), training_job("gentoo", uid="uid-g", **spec))
    for name in ("adelie", "gentoo"):
        world.settle(name)
        world.pod_ends(f"{name}-1", 0, result(BETTER, run_id=f"run-{name}"))
        while not world.status(name).result or "RegisterVersion" not in world.writes[-1]:
            world.reconcile(name)
    return world


def test_one_promotion_at_a_time_per_model() -> None:
    world = two_trained()
    world.reconcile("gentoo")
    assert world.status("gentoo").promotion is not None, "the intent is there"
    world.reconcile("adelie")
    waiting = world.condition("Promoted", "adelie")
    assert waiting is not None
    assert waiting[:2] == ("False", "AliasMoving")
    assert "Waits until TrainingJob gentoo has moved its alias of ml.birds" in waiting[2]
    assert world.status("adelie").promotion is None
    world.settle("gentoo")
    world.settle("adelie")
    assert [(move.from_version, move.to_version) for move in world.moves] == [("", "2"), ("2", "1")]


def test_of_two_intents_at_the_same_time_the_older_goes_first() -> None:
    world = two_trained()
    plans = {name: world.plan(name) for name in ("adelie", "gentoo")}
    for name, plan in plans.items():
        world.resource(name)["status"] = plan.status
    assert world.plan("gentoo").registry == ()
    assert len(world.plan("adelie").registry) == 1
    world.settle("adelie")
    world.settle("gentoo")
    assert [(move.from_version, move.to_version) for move in world.moves] == [("", "1"), ("1", "2")]


@pytest.mark.parametrize("state", ["Promoted", "CriteriaNotMet", "Failed"])
def test_a_finished_one_is_deleted_when_its_time_is_over(state: str) -> None:
    world = World(training_job(policy={"ttlSecondsAfterFinished": 600}))
    world.settle()
    if state == "Failed":
        world.pod_ends("penguins-1", 65, complaint())
    else:
        world.pod_ends("penguins-1", 0, result(*([WORSE, AS_GOOD] if state == "CriteriaNotMet" else [])))
    plan = world.settle()
    assert (world.status().state, plan.requeue_after) == (state, 600)
    world.pass_time(599)
    assert world.settle().requeue_after == 1
    world.pass_time(1)
    world.settle()
    assert ("TrainingJob", "penguins") not in world.objects


def test_a_comparison_waits_with_its_pod() -> None:
    world = trained(champion="1")
    another_champion(world)
    world.settle()
    world.pod_is("penguins-compare-2", {"waiting": {"reason": "ErrImagePull", "message": "not found"}})
    world.settle()
    promoted = world.condition("Promoted")
    assert promoted is not None
    assert "can't be pulled" in promoted[2]
    assert world.get(POD, "ml", "penguins-compare-2-0-abcde")
