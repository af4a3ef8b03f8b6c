"""What is waited for, and when there is nothing left to wait for."""

from typing import Any

import pytest
from modelyard_cli.errors import WrongUsage
from modelyard_cli.waiting import Awaited, awaited, is_met, standing, why_never
from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, POD, TRAINING_JOB

PROMOTED = Awaited("Promoted", "True")


def job(*conditions: tuple[str, str, str], over: bool = False, generation: int = 1, seen: int = 1) -> dict[str, Any]:
    status: dict[str, Any] = {
        "observedGeneration": seen,
        "state": "Somehow",
        "conditions": [{"type": name, "status": status, "reason": reason, "message": f"{reason}!"} for name, status, reason in conditions],
    }
    return {
        "kind": "TrainingJob",
        "metadata": {"generation": generation},
        "status": status | ({"completionTime": "2026-01-01T00:00:00Z"} if over else {}),
    }


def test_what_people_write() -> None:
    assert awaited("condition=promoted", TRAINING_JOB) == PROMOTED
    assert awaited("condition=Drifted=false", MODEL_DEPLOYMENT) == Awaited("Drifted", "False")
    assert awaited("condition=ContainersReady", POD) == Awaited("ContainersReady", "True")
    assert awaited("delete", TRAINING_JOB) == Awaited()


@pytest.mark.parametrize("text", ["Promoted", "condition=", "condition", "jsonpath={.x}=1", "condition=Drifted"])
def test_what_can_not_be_waited_for(text: str) -> None:
    with pytest.raises(WrongUsage):
        awaited(text, TRAINING_JOB)


def test_met_for_the_newest_spec_alone() -> None:
    assert is_met(job(("Promoted", "True", "AliasMoved")), PROMOTED)
    assert not is_met(job(("Promoted", "True", "AliasMoved"), generation=2), PROMOTED)
    assert not is_met(job(("Promoted", "False", "Comparing")), PROMOTED)
    assert not is_met(job(), PROMOTED)


def test_a_finished_training_job_is_not_waited_for() -> None:
    assert why_never(job(("Promoted", "False", "CriteriaNotMet")), PROMOTED) == ""
    assert "CriteriaNotMet!" in why_never(job(("Promoted", "False", "CriteriaNotMet"), over=True), PROMOTED)


@pytest.mark.parametrize(
    ("approved", "state", "waits"), [("m-1", "Inconclusive", True), ("m-2", "Inconclusive", False), ("m-1", "Missed", False)]
)
def test_a_finished_one_that_was_approved_is_waited_for(approved: str, state: str, waits: bool) -> None:
    over = job(("Promoted", "False", "ComparisonInconclusive"), over=True)
    for condition in over["status"]["conditions"]:
        condition["lastTransitionTime"] = "2026-01-01T00:00:00Z"
    over["metadata"]["annotations"] = {"modelyard.io/approve": approved}
    over["status"]["result"] = {"modelId": "m-1", "verdict": [{"state": state}]}
    assert (why_never(over, PROMOTED) == "") is waits


def test_a_failure_tells_more_than_what_was_waited_for() -> None:
    failed = job(("Promoted", "False", "Pending"), ("Failed", "True", "DataInvalid"), over=True)
    assert standing(failed, PROMOTED) == "Somehow; DataInvalid: DataInvalid!"


def test_deletion_and_other_kinds_are_always_waited_for() -> None:
    assert why_never(job(over=True), Awaited()) == ""
    assert why_never({**job(over=True), "kind": "ModelDeployment"}, Awaited("Available")) == ""
