"""What a Job's pods come to."""

from typing import Any

import pytest
from modelyard_local.runner.decision import Decision
from modelyard_local.runner.job_controller import decide_job, from_ranges, is_accounted_for, to_ranges

from tests.unit.local_runner.objects import NOW, Object, condition, deleting, ended, job, later, ready, stored

_DISRUPTION = {"onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}


def _pods(body: Object, *seconds: int) -> list[Object]:
    """The pods that the Job makes."""
    made = decide_job(body, [], NOW).create
    return [stored(pod, number, phase="Pending") for number, pod in enumerate(made)]


def _after(body: Object, pods: list[Object], now: Any = NOW) -> tuple[Object, Decision]:
    """The Job with the status that is decided, and the decision."""
    decision = decide_job(body, pods, now)
    return {**body, "status": decision.status or body.get("status", {})}, decision


def test_pods_are_made_for_as_many_indexes_as_may_run_at_once() -> None:
    decision = decide_job(job(completions=3, parallelism=2), [], NOW)
    names = [pod["metadata"]["name"] for pod in decision.create]
    assert [name.rsplit("-", 1)[0] for name in names] == ["train-0", "train-1"]
    first = decision.create[0]["metadata"]
    assert first["annotations"] == {"batch.kubernetes.io/job-completion-index": "0"}
    assert first["labels"]["app"] == "train"
    assert first["finalizers"] == ["modelyard.io/runner"]
    assert first["ownerReferences"][0]["uid"] == "train-uid"


def test_nothing_changes_while_pods_run() -> None:
    body, decision = _after(job(), [])
    pods = [ready(stored(pod, 1)) for pod in decision.create]
    body, decision = _after(body, pods)
    body, again = _after(body, pods, later(100))
    assert again.create == again.delete == ()
    assert again.status == decision.status
    assert (again.status or {})["active"] == (again.status or {})["ready"] == 1


def test_all_indexes_make_it_complete() -> None:
    body = job(completions=2, parallelism=2)
    pods = [ended(pod, 0) for pod in _pods(body)]
    status = decide_job(body, pods, NOW).status or {}
    assert (status["completedIndexes"], status["succeeded"]) == ("0,1", 2)
    assert all((condition(status, each) or {})["status"] == "True" for each in ("SuccessCriteriaMet", "Complete"))
    assert status["completionTime"] == "2026-03-01T12:00:00Z"


def test_a_completed_index_is_remembered_when_its_pod_is_gone() -> None:
    body = job(completions=2, parallelism=1)
    body, _ = _after(body, [ended(_pods(body)[0], 0)])
    body, decision = _after(body, [])
    assert [pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"] for pod in decision.create] == ["1"]


def test_the_last_retry_is_the_last() -> None:
    body = job()
    body, decision = _after(body, [ended(pod, 1) for pod in _pods(body)])
    failed = condition(decision.status or {}, "Failed") or {}
    assert (failed["reason"], failed["message"]) == ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
    assert (decision.status or {})["failed"] == 1


def test_a_failed_pod_is_counted_once_and_retried_later_and_later() -> None:
    body = job(backoffLimit=3)
    pods = [ended(pod, 1) for pod in _pods(body)]
    body, decision = _after(body, pods)
    assert decision.create == ()
    body, decision = _after(body, pods, later(9))
    assert (decision.create, (decision.status or {})["failed"]) == ((), 1)
    body, decision = _after(body, pods, later(10))
    assert len(decision.create) == 1
    pods.append(ended(stored(decision.create[0], 20), 1, at=later(20)))
    body, decision = _after(body, pods, later(39))
    assert (decision.create, (decision.status or {})["failed"]) == ((), 2)
    assert len(decide_job(body, pods, later(40)).create) == 1


def test_a_rule_fails_the_job_and_says_why() -> None:
    body = job(backoffLimit=3, podFailurePolicy={"rules": [{"action": "FailJob", **_DISRUPTION}]})
    pods = [ended(pod, 143, "DisruptionTarget") for pod in _pods(body)]
    failed = condition(decide_job(body, pods, NOW).status or {}, "Failed") or {}
    assert failed["reason"] == "PodFailurePolicy"
    assert failed["message"] == f"Pod ml/{pods[0]['metadata']['name']} has condition DisruptionTarget matching FailJob rule at index 0"


def test_an_ignored_failure_is_free_and_retried_at_once() -> None:
    body = job(podFailurePolicy={"rules": [{"action": "Ignore", **_DISRUPTION}]})
    pods = [ended(pod, 143, "DisruptionTarget") for pod in _pods(body)]
    decision = decide_job(body, pods, later(1))
    assert len(decision.create) == 1
    assert (decision.status or {})["failed"] == 0


@pytest.mark.parametrize(
    ("rule", "code", "fails"),
    [
        ({"operator": "In", "values": [65]}, 65, True),
        ({"operator": "In", "values": [65]}, 1, False),
        ({"operator": "NotIn", "values": [65]}, 1, True),
        ({"operator": "In", "values": [65], "containerName": "other"}, 65, False),
    ],
)
def test_exit_codes_are_matched(rule: Object, code: int, fails: bool) -> None:
    body = job(backoffLimit=3, podFailurePolicy={"rules": [{"action": "FailJob", "onExitCodes": rule}]})
    status = decide_job(body, [ended(pod, code) for pod in _pods(body)], NOW).status or {}
    assert (condition(status, "Failed") is not None) == fails


def test_what_still_runs_is_stopped_before_the_job_has_failed() -> None:
    body = job(completions=2, parallelism=2)
    first, second = _pods(body)
    body, decision = _after(body, [ended(first, 1), ready(second)])
    assert decision.delete == (ready(second),)
    assert condition(decision.status or {}, "FailureTarget")
    assert not condition(decision.status or {}, "Failed")
    body, decision = _after(body, [ended(first, 1), ended(deleting(second), 143)])
    assert (condition(decision.status or {}, "Failed") or {})["reason"] == "BackoffLimitExceeded"


def test_a_pod_stopped_by_suspension_is_nobodys_failure() -> None:
    body, decision = _after(job(), [])
    pods = [ready(stored(pod, 1)) for pod in decision.create]
    body, _ = _after(body, pods)
    body["spec"]["suspend"] = True
    body, decision = _after(body, pods)
    assert decision.delete == tuple(pods)
    assert "startTime" not in (decision.status or {})
    assert (condition(decision.status or {}, "Suspended") or {})["status"] == "True"
    gone = [ended(deleting(pod), 143) for pod in pods]
    assert is_accounted_for(body, gone[0])
    body["spec"]["suspend"] = False
    body, decision = _after(body, gone, later(5))
    assert len(decision.create) == 1
    status = decision.status or {}
    assert (status["failed"], status["startTime"]) == (0, "2026-03-01T12:00:05Z")
    assert (condition(status, "Suspended") or {})["reason"] == "JobResumed"


def test_an_index_is_not_free_while_its_pod_ends() -> None:
    body, decision = _after(job(), [])
    assert decide_job(body, [deleting(ready(stored(decision.create[0], 1)))], NOW).create == ()


def test_a_pod_may_only_go_when_its_end_is_on_record() -> None:
    body, decision = _after(job(backoffLimit=1), [])
    pod = deleting(ended(stored(decision.create[0], 1), 137))
    assert not is_accounted_for(body, pod)
    body, _ = _after(body, [pod])
    assert is_accounted_for(body, pod)
    assert body["status"]["failed"] == 1
    body, _ = _after(body, [])
    assert (body["status"]["failed"], body["status"]["countedPods"]) == (1, [])


def test_the_deadline_counts_from_the_start() -> None:
    body, decision = _after(job(activeDeadlineSeconds=60), [])
    pods = [ready(stored(pod, 1)) for pod in decision.create]
    assert decide_job(body, pods, later(59)).delete == ()
    over = decide_job(body, pods, later(60))
    assert over.delete == tuple(pods)
    assert (condition(over.status or {}, "FailureTarget") or {})["reason"] == "DeadlineExceeded"


def test_a_finished_job_changes_no_more() -> None:
    body, _ = _after(job(), [ended(pod, 0) for pod in _pods(job())])
    assert decide_job(body, [], later(1000)) == Decision()


@pytest.mark.parametrize(("indexes", "text"), [([], ""), ([3], "3"), ([1, 2], "1,2"), ([0, 2, 3, 4], "0,2-4")])
def test_indexes_are_written_as_ranges(indexes: list[int], text: str) -> None:
    assert to_ranges(indexes) == text
    assert from_ranges(text) == frozenset(indexes)
