"""From the monitor's runs to status, conditions and Events."""

import json
from typing import Any

from tests.unit.deployment_operator.builders import World, monitoring, order_of, serving_world, world

QUALITY = {"metric": "roc_auc", "atLeast": 0.58}


def _result(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "Monitored",
        "version": "1",
        "window": "2026-01-31T12:00:00Z/2026-01-31T12:05:00Z",
        "rows": 500,
        "windowsJudged": 1,
        "driftedShare": 0.0,
        "votes": 0,
        "columns": [{"name": "temp", "method": "PSI", "distance": 0.05, "threshold": 0.2, "drifted": False}],
        "reportUrl": "s3://modelyard/ml/flights/monitoring/reports/1.html",
        "checks": _CALM,
        **changes,
    }


def _check(check: str, active: bool | None, message: str, reason: str = "") -> dict[str, Any]:
    reasons = {True: "LimitsExceeded", False: "WithinLimits", None: "NoWindowYet"}
    return {"check": check, "active": active, "reason": reason or reasons[active], "message": message}


_CALM = [_check("drift", False, "0 of 1 windows voted for drift"), _check("data-quality", False, "Every column is as it was.")]
_MOVED = [_check("drift", True, "2 of 2 windows voted for drift"), _check("data-quality", False, "Every column is as it was.")]


def _drift(**changes: Any) -> dict[str, Any]:
    columns = [
        {"name": "temp", "method": "PSI", "distance": 1.94, "threshold": 0.2, "drifted": True},
        {"name": "origin", "method": "JensenShannon", "distance": 0.01, "threshold": 0.1, "drifted": False},
    ]
    return _result(
        **{"driftedShare": 0.5, "windowsJudged": 2, "votes": 2, "drifted": True, "columns": columns, "checks": _MOVED, **changes}
    )


def _succeed(made: World, number: int, minute: int, result: dict[str, Any]) -> None:
    at = f"2026-01-31T12:{minute:02}:00Z"
    pod = {"containerStatuses": [{"state": {"terminated": {"exitCode": 0, "message": json.dumps(result)}}}]}
    made.add_run(number, {"conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": at}]}, pod)


def _fail(made: World, number: int, minute: int, message: str = "S3 at http://s3 does not answer") -> None:
    at = f"2026-01-31T12:{minute:02}:00Z"
    said = json.dumps({"kind": "Error", "reason": "DataUnavailable", "message": message})
    pod = {"containerStatuses": [{"state": {"terminated": {"exitCode": 69, "message": said}}}]}
    made.add_run(
        number, {"conditions": [{"type": "Failed", "status": "True", "lastTransitionTime": at, "reason": "BackoffLimitExceeded"}]}, pod
    )


def _monitored(**changes: Any) -> World:
    return serving_world(monitoring=monitoring(performance=QUALITY, **changes))


def test_monitor_waits_until_a_version_answers_and_then_watches_that_one() -> None:
    made = world(monitoring=monitoring())
    made.reconcile()
    assert made.monitor["spec"]["suspend"] is True
    made.make_ready("1")
    made.settle()
    assert made.monitor["spec"]["suspend"] is False
    made.registry.move("champion", "2")
    made.settle()
    pod = made.monitor["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert order_of(pod)["version"] == "1"
    made.make_ready("2")
    made.settle()
    pod = made.monitor["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert order_of(pod)["version"] == "2"


def test_before_the_first_run_nothing_is_known() -> None:
    made = _monitored()
    made.settle()
    for condition in ("Drifted", "DataQualityDegraded", "QualityDegraded"):
        assert made.condition(condition) == ("Unknown", "NoWindowYet", "No window of version 1 was judged yet.")
    assert made.condition("MonitorStale") == ("False", "MonitorRunning", "No run has finished yet.")
    assert "monitoring" not in made.status


def test_quiet_window() -> None:
    made = _monitored()
    _succeed(made, 1, 5, _result())
    plan = made.reconcile()
    assert made.condition("Drifted") == ("False", "WithinLimits", "0 of 1 windows voted for drift.")
    assert made.condition("DataQualityDegraded")[:2] == ("False", "WithinLimits")
    assert made.condition("QualityDegraded")[:2] == ("Unknown", "NoWindowYet")
    assert made.condition("MonitorStale") == ("False", "MonitorRunning", "The last run succeeded.")
    assert plan.events == ()
    assert made.status["monitoring"] == {
        "version": "1",
        "lastRun": "2026-01-31T12:05:00Z",
        "lastWindow": "2026-01-31T12:00:00Z/2026-01-31T12:05:00Z",
        "rows": 500,
        "windowsJudged": 1,
        "driftedShare": 0.0,
        "votes": "0 of 3",
        "columns": [{"name": "temp", "method": "PSI", "distance": 0.05, "threshold": 0.2, "drifted": False, "finding": ""}],
        "reportUrl": "s3://modelyard/ml/flights/monitoring/reports/1.html",
    }


def test_drift_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    made = _monitored()
    _succeed(made, 1, 5, _drift())
    plan = made.reconcile()
    assert [(n.type, n.reason) for n in plan.events] == [("Warning", "DriftDetected")]
    assert made.condition("Drifted") == ("True", "LimitsExceeded", "2 of 2 windows voted for drift.")
    _succeed(made, 2, 6, _drift(windowsJudged=2))
    assert made.reconcile().events == ()
    _succeed(made, 3, 7, _result(windowsJudged=3))
    assert [(n.type, n.reason) for n in made.reconcile().events] == [("Normal", "DriftCleared")]
    assert made.reconcile().events == ()


def test_run_that_finished_last_speaks_whatever_its_name() -> None:
    made = _monitored()
    _succeed(made, 100, 5, _drift())
    _succeed(made, 99, 6, _result(windowsJudged=3))
    made.settle()
    assert made.condition("Drifted")[0] == "False"
    made = _monitored()
    _succeed(made, 99, 5, _drift())
    _succeed(made, 100, 6, _result(windowsJudged=3))
    made.settle()
    assert made.condition("Drifted")[0] == "False"


def test_run_without_a_new_window_and_pruned_pods_leave_the_verdict() -> None:
    made = _monitored()
    _succeed(made, 1, 5, _drift())
    made.settle()
    verdict = made.condition("Drifted")
    _succeed(made, 2, 6, _result(window="", rows=0, checks=[]))
    assert made.reconcile().events == ()
    assert made.condition("Drifted") == verdict
    assert made.status["monitoring"]["lastRun"] == "2026-01-31T12:06:00Z"
    assert made.status["monitoring"]["driftedShare"] == 0.5
    for key in [key for key in made.objects if key[0] in ("Job", "Pod")]:
        del made.objects[key]
    made.settle()
    assert made.condition("Drifted") == verdict
    assert made.status["monitoring"]["columns"][0]["name"] == "temp"


def test_reason_that_this_operator_does_not_know_is_not_kept() -> None:
    made = _monitored()
    _succeed(made, 1, 5, _drift())
    made.settle()
    conditions = [{**c, "reason": "FromTheFuture"} for c in made.status["conditions"]]
    made.owner = {**made.owner, "status": {**made.status, "conditions": conditions}}
    made.settle()
    assert made.condition("Drifted")[:2] == ("Unknown", "NoWindowYet")


def test_another_version_begins_with_no_verdict() -> None:
    made = _monitored()
    _succeed(made, 1, 5, _drift())
    made.settle()
    made.registry.move("champion", "2")
    made.settle()
    made.make_ready("2")
    plan = made.reconcile()
    assert made.condition("Drifted") == ("Unknown", "NoWindowYet", "No window of version 2 was judged yet.")
    assert "DriftCleared" not in [n.reason for n in plan.events]
    assert "monitoring" not in made.status
    _succeed(made, 2, 9, _drift())  # the old version's last run ends late
    made.settle()
    assert made.condition("Drifted")[0] == "Unknown"
    _succeed(made, 3, 10, _result(version="2"))
    made.settle()
    assert made.condition("Drifted")[0] == "False"


def test_every_check_of_the_manifest_has_its_condition_and_its_event() -> None:
    made = _monitored()
    checks = [
        _check("drift", None, "The window had 120 rows and gave no vote"),
        _check("data-quality", True, "The monitor found: visib: missing"),
        _check("quality", True, "Realised roc_auc is 0.55"),
        _check("of a later version", True, "This operator doesn't know it"),
    ]
    _succeed(made, 1, 5, _result(checks=checks))
    plan = made.reconcile()
    assert made.condition("Drifted") == ("Unknown", "NoWindowYet", "The window had 120 rows and gave no vote.")
    assert made.condition("DataQualityDegraded") == ("True", "LimitsExceeded", "The monitor found: visib: missing.")
    assert made.condition("QualityDegraded") == ("True", "LimitsExceeded", "Realised roc_auc is 0.55.")
    assert [n.reason for n in plan.events] == ["DataQualityDegraded", "QualityDegraded"]


def test_problems_before_the_first_window_are_told() -> None:
    made = _monitored()
    found = _check("data-quality", True, "The monitor found: 2 files of the request log can't be read")
    _succeed(made, 1, 5, _result(window="", rows=0, checks=[found]))
    made.settle()
    assert made.condition("DataQualityDegraded") == ("True", "LimitsExceeded", f"{found['message']}.")
    assert made.condition("Drifted")[0] == "Unknown"


def test_realised_quality_is_in_status() -> None:
    made = _monitored()
    realized = {"metric": "roc_auc", "value": 0.5512, "low": 0.53, "high": 0.57, "rows": 4000, "degraded": True}
    realized |= {"groups": 37, "groupUnit": "Hour", "clusters": ""}
    _succeed(made, 1, 5, _result(realized=realized))
    made.settle()
    assert made.status["monitoring"]["realized"] == realized


def test_result_of_a_monitor_of_0_1_0_leaves_the_conditions() -> None:
    made = _monitored()
    _succeed(made, 1, 5, _drift())
    made.settle()
    old = _result(findings=["visib: missing"])
    del old["checks"]
    _succeed(made, 2, 6, old)
    made.settle()
    assert made.condition("Drifted")[0] == "True"


def test_quality_has_no_condition_where_the_manifest_does_not_ask_for_it() -> None:
    made = serving_world(monitoring=monitoring())
    _succeed(made, 1, 5, _result(checks=[*_CALM, _check("quality", True, "It is worse")]))
    made.settle()
    assert "QualityDegraded" not in [c["type"] for c in made.status["conditions"]]


def test_monitor_is_stale_after_three_failures_in_a_row_and_recovers() -> None:
    made = _monitored()
    _succeed(made, 1, 5, _result())
    made.settle()
    for number in (2, 3):
        _fail(made, number, 4 + number)
        made.settle()
    words = "Job flights-monitor-3 failed (2 in a row; stale at 3): DataUnavailable (exit code 69): S3 at http://s3 does not answer."
    assert made.condition("MonitorStale") == ("False", "MonitorFailed", words)
    _fail(made, 4, 8)
    assert [n.reason for n in made.reconcile().events] == ["MonitorStale"]
    words = "The last 3 runs failed. The newest, Job flights-monitor-4: DataUnavailable (exit code 69): S3 at http://s3 does not answer."
    assert made.condition("MonitorStale") == ("True", "MonitorFailed", words)
    assert made.condition("Drifted")[0] == "False"
    _succeed(made, 5, 9, _result())
    assert [n.reason for n in made.reconcile().events] == ["MonitorRecovered"]


def test_run_that_hit_its_deadline_left_no_words() -> None:
    made = _monitored()
    failed = {"type": "Failed", "status": "True", "lastTransitionTime": "2026-01-31T12:20:00Z"}
    made.add_run(
        1, {"conditions": [{**failed, "reason": "DeadlineExceeded", "message": "Job was active longer than specified deadline"}]}, None
    )
    made.settle()
    assert made.condition("MonitorStale")[2].endswith("DeadlineExceeded: Job was active longer than specified deadline.")


def test_run_that_waits_says_for_what() -> None:
    made = _monitored()
    waiting = {"reason": "ErrImagePull", "message": "manifest unknown"}
    made.add_run(1, {"active": 1}, {"phase": "Pending", "containerStatuses": [{"ready": False, "state": {"waiting": waiting}}]})
    made.settle()
    pulled = "image monitoring:1 can't be pulled: manifest unknown; check that the image exists and that the node may pull it"
    words = f"Job flights-monitor-1 waits. Pod flights-monitor-1-x: {pulled}."
    assert made.condition("MonitorStale") == ("False", "MonitorRunning", words)


def test_what_a_newer_image_says_besides_is_passed_over() -> None:
    made = _monitored()
    columns = [column | {"slices": 12} for column in _result()["columns"]]
    _succeed(made, 1, 5, _result(columns=columns, energy={"joules": 12.5}))
    made.settle()
    assert made.condition("Drifted")[:2] == ("False", "WithinLimits")
    assert [column["name"] for column in made.status["monitoring"]["columns"]] == ["temp"]


def test_answer_that_is_no_result_is_a_failure_in_words_without_the_text() -> None:
    made = _monitored()
    pod = {"containerStatuses": [{"state": {"terminated": {"exitCode": 0, "message": '{"kind": "Monitored", "secret": 1}'}}}]}
    at = "2026-01-31T12:05:00Z"
    made.add_run(1, {"conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": at}]}, pod)
    made.settle()
    assert made.condition("MonitorStale")[:2] == ("False", "MonitorFailed")
    assert "Its termination message is no monitoring result (version); check the image." in made.condition("MonitorStale")[2]


def test_finished_job_whose_pod_the_mirror_does_not_show_yet_counts_once_it_does() -> None:
    made = _monitored()
    at = "2026-01-31T12:05:00Z"
    made.add_run(1, {"conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": at}]}, None)
    made.settle()
    assert made.condition("Drifted")[0] == "Unknown"
    _succeed(made, 1, 5, _drift())
    assert [n.reason for n in made.reconcile().events] == ["DriftDetected"]


def test_alert_that_was_not_delivered_is_told() -> None:
    made = _monitored()
    _succeed(made, 1, 5, _drift(alertProblem="Secret alert-urls has neither alertmanager nor webhook"))
    events = made.reconcile().events
    assert ("AlertNotDelivered", "Secret alert-urls has neither alertmanager nor webhook") in [(n.reason, n.message) for n in events]
    assert made.reconcile().events == ()
