"""A Job with several pods, one per index: when it runs, how it ended, and which pod is looked at meanwhile."""

from datetime import UTC, datetime
from typing import Any

import pytest
from modelyard_api.conditions import Reason
from modelyard_operator.pods import facts
from modelyard_operator.pods.causes import why_not_running
from modelyard_operator.pods.facts import Child

NOON, LATER = "2026-01-31T12:00:00Z", "2026-01-31T12:01:00Z"
RUNS, RUNS_LATER = {"running": {"startedAt": NOON}}, {"running": {"startedAt": LATER}}
WAITS = {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}


def ended(code: int, message: str = "") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed", "message": message}}


def pod(index: int, state: dict[str, Any], created: str = NOON) -> dict[str, Any]:
    annotations = {"batch.kubernetes.io/job-completion-index": str(index)}
    metadata = {"name": f"job-{index}-{created}", "creationTimestamp": created, "annotations": annotations}
    return {"metadata": metadata, "spec": {"containers": [{"image": "jobs:1"}]}, "status": {"containerStatuses": [{"state": state}]}}


def job(*pods: dict[str, Any], parallelism: int = 2) -> Child:
    return Child({"metadata": {"name": "job", "uid": "u"}, "spec": {"parallelism": parallelism}}, pods)


CASES = {
    "it runs since the last of its pods was started": (job(pod(0, RUNS), pod(1, RUNS_LATER)), datetime(2026, 1, 31, 12, 1, tzinfo=UTC)),
    "it doesn't run while one of its pods waits": (job(pod(0, RUNS), pod(1, WAITS)), None),
    "it doesn't run while one of its pods is missing": (job(pod(0, RUNS)), None),
    "of one index only the newest pod counts": (
        job(pod(0, ended(1)), pod(0, RUNS, LATER), parallelism=1),
        datetime(2026, 1, 31, 12, tzinfo=UTC),
    ),
}


@pytest.mark.parametrize(("child", "since"), CASES.values(), ids=CASES)
def test_since_when_it_runs(child: Child, since: datetime | None) -> None:
    assert facts.running_since(child) == since


def test_the_pod_that_waits_says_why() -> None:
    cause = why_not_running(job(pod(0, RUNS), pod(1, WAITS)))
    assert (cause.reason, cause.message.partition(";")[0]) == (Reason.IMAGE_PULL_FAILED, "image jobs:1 can't be pulled: not found")


def test_the_first_pod_that_failed_says_how_it_ended() -> None:
    end = facts.ended(job(pod(0, ended(0, "fine")), pod(1, ended(65, "wrong"))))
    assert end is not None
    assert end.message == "wrong"


def test_the_lowest_index_speaks_where_all_went_well() -> None:
    end = facts.ended(job(pod(1, ended(0, "other")), pod(0, ended(0, "fine"))))
    assert end is not None
    assert end.message == "fine"
