"""`modelyard approve`: what is written on the TrainingJob, and when nothing is."""

from typing import Any

import pytest
from modelyard_api import labels
from modelyard_cli.commands.approve import approved
from modelyard_cli.errors import CommandError


def job(reason: str, *states: str, version: str = "") -> dict[str, Any]:
    condition = {"type": "Promoted", "status": "False", "reason": reason, "lastTransitionTime": "2026-01-01T00:00:00Z"}
    result = {"modelId": "m-1", "modelVersion": version, "verdict": [{"state": state} for state in states]}
    return {"metadata": {"name": "flights", "annotations": {"ours": "1"}}, "status": {"conditions": [condition], "result": result}}


@pytest.mark.parametrize(
    "waiting",
    [job("ApprovalPending", "Held", version="3"), job("ComparisonInconclusive", "Held", "Inconclusive")],
    ids=["version", "model"],
)
def test_what_is_approved_and_by_whom(waiting: dict[str, Any]) -> None:
    annotations = approved(waiting, "", "anna")["metadata"]["annotations"]
    assert annotations == {"ours": "1", labels.APPROVE_ANNOTATION: "m-1", labels.APPROVED_BY_ANNOTATION: "anna"}


@pytest.mark.parametrize(
    ("other", "version", "message"),
    [
        (job("CriteriaNotMet", "Missed", "Inconclusive"), "", "no version that waits for approval"),
        (job("ComparisonFailed", "Held"), "", "no version that waits for approval"),
        (job("AliasMoving", "Held", version="3"), "", "no version that waits for approval"),
        (job("ComparisonInconclusive", "Inconclusive"), "3", "no version that waits for approval"),
        (job("ApprovalPending", "Held", version="3"), "4", "version 3 waits for approval, not 4"),
    ],
)
def test_what_can_not_be_approved(other: dict[str, Any], version: str, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        approved(other, version, "anna")
