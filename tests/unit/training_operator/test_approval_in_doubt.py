"""Test rows that can't decide leave the champion; a person who approves the model by its id reopens its TrainingJob."""

import pytest
from modelyard_api import labels
from modelyard_api.pod_contract import ExitCode
from modelyard_operator.registry.interface import Run

from tests.unit.training_operator.manifests import (
    AS_GOOD,
    BETTER,
    NOT_AS_GOOD,
    PERHAPS_AS_GOOD,
    UID,
    WORSE,
    complaint,
    result,
    training_job,
)
from tests.unit.training_operator.world import Died, World

NAME = "ml.penguins"
APPROVAL = {labels.APPROVE_ANNOTATION: "m-1", labels.APPROVED_BY_ANNOTATION: "anna@example.com"}


def undecided(*evidence: object, **spec: object) -> World:
    """It is finished, and nothing was promoted; the champion is version 1."""
    world = World(training_job(**spec))
    world.alias[NAME, "champion"] = world.add_version(NAME, "run-0", tags={labels.TAG_ANCHOR: "1"}).version
    world.settle()
    world.pod_ends("penguins-1", 0, result(*(evidence or (BETTER, PERHAPS_AS_GOOD)), champion="1", anchor_version="1"))  # type: ignore[arg-type]
    world.settle()
    return world


def approve(world: World, annotations: dict[str, str] | None = None) -> None:
    world.resource()["metadata"]["annotations"] = dict(APPROVAL if annotations is None else annotations)
    world.settle()


def test_what_can_not_be_decided_is_over_and_names_the_rows_and_the_command() -> None:
    world = undecided()
    status = world.status()
    assert (status.state, status.completion_time is not None, world.alias[NAME, "champion"]) == ("Inconclusive", True, "1")
    assert status.result is not None
    assert [one.rows_needed for one in status.result.verdict] == [None, 919]  # 50 · (2.8 · (0.06 / 3.92) / 0.01)²
    promoted = world.condition("Promoted")
    assert promoted is not None
    assert "modelyard approve penguins -n ml" in promoted[2]
    assert "--overwrite modelyard.io/approve=m-1 modelyard.io/approved-by=<your name>" in promoted[2]


def test_an_approval_registers_promotes_and_names_the_approver() -> None:
    world = undecided()
    completed, before = world.status().completion_time, len(world.writes)
    world.pass_time(1000)
    approve(world)
    status = world.status()
    assert world.writes[before:] == [
        "status Registering",
        "RegisterVersion",
        "status Promoting",
        "MoveAlias",
        "alias set",
        "status Promoted",
    ]
    assert (status.state, status.completion_time, world.alias[NAME, "champion"]) == ("Promoted", completed, "2")
    assert status.promotion is not None
    assert (status.promotion.from_version, status.promotion.to_version, status.promotion.by) == ("1", "2", "anna@example.com")
    assert world.versions[1].tags[labels.TAG_PROMOTED_BY] == "anna@example.com"
    assert world.versions[1].tags[labels.TAG_ANCHOR] == "1", "who was let in by a person is no anchor"
    registered = world.condition("Registered")
    assert registered is not None
    assert registered[:2] == ("True", "Approved")
    assert ("Normal", "Approved") in world.told()
    assert status.result is not None
    assert [one.state for one in status.result.verdict] == ["Held", "Inconclusive"]


def test_once_it_is_promoted_it_is_over_again() -> None:
    world = undecided()
    approve(world)
    world.alias[NAME, "champion"] = "1"
    before = len(world.writes)
    plan = world.settle()
    assert (len(world.writes), plan.registry, world.status().state) == (before, (), "Promoted")


@pytest.mark.parametrize(
    "annotations",
    [
        {labels.APPROVE_ANNOTATION: "m-2"},
        {labels.APPROVE_ANNOTATION: ""},
        {labels.APPROVE_ANNOTATION: "1"},
        {labels.APPROVED_BY_ANNOTATION: "me"},
    ],
)
def test_only_the_very_model_is_approved(annotations: dict[str, str]) -> None:
    world = undecided()
    before = len(world.writes)
    approve(world, annotations)
    assert (world.status().state, len(world.writes)) == ("Inconclusive", before)


@pytest.mark.parametrize("evidence", [(WORSE, AS_GOOD), (WORSE, PERHAPS_AS_GOOD)])
def test_what_misses_a_criterion_can_not_be_approved(evidence: tuple[object, ...]) -> None:
    world = undecided(*evidence)
    before = len(world.writes)
    approve(world)
    assert (world.status().state, len(world.writes)) == ("CriteriaNotMet", before)


def test_a_name_that_nobody_gave_is_the_annotation() -> None:
    world = undecided()
    approve(world, {labels.APPROVE_ANNOTATION: "m-1"})
    promotion = world.status().promotion
    assert promotion is not None
    assert promotion.by == "annotation modelyard.io/approve"


def test_a_name_that_is_too_long_is_cut() -> None:
    world = undecided()
    approve(world, APPROVAL | {labels.APPROVED_BY_ANNOTATION: "a" * 1000})
    promotion = world.status().promotion
    assert promotion is not None
    assert promotion.by == "a" * 256


def test_one_approval_is_enough_where_approval_is_manual() -> None:
    world = undecided(promotion={"approval": "Manual"})
    approve(world)
    assert (world.status().state, world.alias[NAME, "champion"]) == ("Promoted", "2")


@pytest.mark.parametrize(
    ("evidence", "state", "champion"),
    [(AS_GOOD, "Promoted", "3"), (PERHAPS_AS_GOOD, "Promoted", "3"), (NOT_AS_GOOD, "CriteriaNotMet", "2")],
)
def test_it_is_compared_first_with_a_champion_that_came_later(evidence: object, state: str, champion: str) -> None:
    world = undecided()
    world.alias[NAME, "champion"] = world.add_version(NAME, "run-x").version
    approve(world)
    assert (world.status().state, world.job_names()) == ("Evaluating", ["penguins-1", "penguins-compare-2"])
    world.pod_ends("penguins-compare-2", 0, result(BETTER, evidence, champion="2"))  # type: ignore[arg-type]
    world.settle()
    assert (world.status().state, world.alias[NAME, "champion"]) == (state, champion)
    before = len(world.writes)
    world.pass_time(100000)
    world.settle()
    assert len(world.writes) == before


def test_a_comparison_that_fails_ends_it_again() -> None:
    world = undecided(policy={"ttlSecondsAfterFinished": 600})
    world.alias[NAME, "champion"] = world.add_version(NAME, "run-x").version
    approve(world)
    world.pod_ends("penguins-compare-2", ExitCode.INVALID, complaint())
    plan = world.settle()
    promoted = world.condition("Promoted")
    assert promoted is not None
    assert promoted[:2] == ("False", "ComparisonFailed")
    assert world.status().state == "Inconclusive"
    assert plan.requeue_after == 540, "its time to live goes on"


def test_its_time_to_live_stands_still_while_an_approval_is_carried_out() -> None:
    world = undecided(policy={"ttlSecondsAfterFinished": 600})
    world.pass_time(599)
    world.registry_down = "MLflow doesn't answer"
    approve(world)
    world.pass_time(5000)
    world.settle()
    assert world.condition("Registered") == ("False", "RegistryUnavailable", "MLflow doesn't answer.")
    world.registry_down = ""
    plan = world.settle()
    assert (world.status().state, plan.requeue_after) == ("Promoted", 600)
    world.pass_time(600)
    world.settle()
    assert ("TrainingJob", "penguins") not in world.objects


def test_an_approval_that_is_withdrawn_in_time_ends_it_as_it_was() -> None:
    world = undecided()
    stored = world.status()
    world.registry_down = "MLflow doesn't answer"
    approve(world)
    assert world.status().state == "Registering"
    approve(world, {})
    world.registry_down = ""
    world.settle()
    assert world.status().model_dump(exclude={"conditions"}) == stored.model_dump(exclude={"conditions"})
    assert [(one.type, one.status, one.reason, one.message) for one in world.status().conditions] == [
        (one.type, one.status, one.reason, one.message) for one in stored.conditions
    ]


def test_an_intent_is_withdrawn_with_its_approval() -> None:
    world = undecided()
    world.resource()["metadata"]["annotations"] = dict(APPROVAL)
    while world.writes[-1] != "status Promoting":
        world.reconcile()
    approve(world, {})
    assert (world.status().promotion, world.status().state, world.alias[NAME, "champion"]) == (None, "Inconclusive", "1")


def test_others_wait_while_an_approved_one_moves_the_alias() -> None:
    world = undecided()
    world.resource()["metadata"]["annotations"] = dict(APPROVAL)
    while world.writes[-1] != "status Promoting":
        world.reconcile()
    world.put(training_job("gentoo", uid="uid-g", promotion={"model": "penguins"}))
    world.settle("gentoo")
    world.pod_ends("gentoo-1", 0, result(BETTER, AS_GOOD, champion="1", anchor_version="1", model_id="m-2", run_id="run-2"))
    world.settle("gentoo")
    waiting = world.condition("Promoted", "gentoo")
    assert waiting is not None
    assert waiting[:2] == ("False", "AliasMoving")
    world.settle()
    assert world.alias[NAME, "champion"] == "2"


def test_a_comparison_that_does_not_fit_into_a_message_is_read_from_the_run() -> None:
    world = undecided()
    world.alias[NAME, "champion"] = world.add_version(NAME, "run-x").version
    approve(world)
    compared = result(BETTER, AS_GOOD, champion="2")
    world.results["run-1/comparison-2.json"] = {"result": compared.to_wire()}
    world.pod_ends("penguins-compare-2", 0, compared.model_copy(update={"evidence": [], "evidence_left_out": True}))
    world.settle()
    assert world.status().state == "Promoted"


def attempts(world: World) -> None:
    if ("Job", "penguins-1") not in world.objects:
        world.runs[UID, 1] = Run("run-1", "7", "FINISHED")
        world.settle()
    if not world.job("penguins-1")["status"].get("conditions"):
        world.pod_ends("penguins-1", 0, result(BETTER, PERHAPS_AS_GOOD, champion="1", anchor_version="1"))
    if not world.resource().get("metadata", {}).get("annotations"):
        world.settle()
        world.resource()["metadata"]["annotations"] = dict(APPROVAL)
    world.settle()


def new_world() -> World:
    world = World(training_job())
    world.alias[NAME, "champion"] = world.add_version(NAME, "run-0").version
    return world


UNINTERRUPTED = new_world()
attempts(UNINTERRUPTED)


@pytest.mark.parametrize("write", range(1, len(UNINTERRUPTED.writes) + 1))
def test_an_operator_that_dies_after_any_write_ends_the_same(write: int) -> None:
    world = new_world()
    world.die_after = write
    for _ in range(3):
        try:
            attempts(world)
        except Died:
            continue
        break
    assert world.status().state == "Promoted"
    assert [(move.from_version, move.to_version) for move in world.moves] == [("1", "2")]
    assert [one.version for one in world.versions] == ["1", "2"]
    assert world.versions[1].tags == UNINTERRUPTED.versions[1].tags | {
        labels.TAG_PROMOTED_AT: world.versions[1].tags[labels.TAG_PROMOTED_AT]
    }
