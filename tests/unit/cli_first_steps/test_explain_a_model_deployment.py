"""`modelyard explain md x`: which version is served and why, the rollout, and what the monitor saw. The statuses are the operator's own."""

import json
from typing import Any

import pytest
from modelyard_api.conditions import Reason
from modelyard_cli.explanation.explained import explain_resource
from modelyard_cli.explanation.reasons import MEANINGS

from tests.unit.deployment_operator.builders import World, monitoring, serving_world, world

QUALITY = {"metric": "roc_auc", "atLeast": 0.58}
COLUMNS = [
    {"name": "temp", "method": "PSI", "distance": 1.94, "threshold": 0.2, "drifted": True},
    {"name": "wind", "method": "PSI", "threshold": 0.2, "drifted": False, "finding": "all null"},
    {"name": "origin", "method": "JensenShannon", "distance": 0.01, "threshold": 0.1, "drifted": False},
]


def told(made: World, *events: dict[str, Any]) -> str:
    return "\n".join(explain_resource(made.owner, events).lines())


CHECK_FIELDS = ("check", "active", "reason", "message")
CALM = {
    "drift": (False, "WithinLimits", "0 of 2 windows voted for drift."),
    "data-quality": (False, "WithinLimits", "Every column is as it was."),
    "quality": (None, "NotEnoughLabels", "Too few true outcomes were sent to /feedback to compute roc_auc."),
}
DRIFTED = {"drift": (True, "LimitsExceeded", "2 of 2 windows voted for drift.")}


def watched(checks: dict[str, tuple[bool | None, str, str]] | None = None, **result: Any) -> World:
    """Version 1 is served, and the monitor has run once."""
    made = serving_world(monitoring=monitoring(performance=QUALITY))
    said = {
        "kind": "Monitored",
        "version": "1",
        "window": "2026-01-31T12:00:00Z/2026-01-31T12:05:00Z",
        "rows": 500,
        "windowsJudged": 2,
        "driftedShare": 0.0,
        "checks": [dict(zip(CHECK_FIELDS, (name, *said), strict=True)) for name, said in (CALM | (checks or {})).items()],
        "reportUrl": "s3://modelyard/ml/flights/monitoring/reports/1.html",
    }
    pod = {"containerStatuses": [{"state": {"terminated": {"exitCode": 0, "message": json.dumps(said | result)}}}]}
    made.add_run(1, {"conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": "2026-01-31T12:05:00Z"}]}, pod)
    made.settle()
    return made


def test_without_a_model_it_says_what_it_waits_for() -> None:
    made = world(aliases={})
    made.settle()
    text = told(made)
    assert text.startswith("ModelDeployment flights in ml: Pending\n  Nothing is served yet: it waits for a model.")
    assert "Requested: whatever version the alias champion is at, of ml.flights." in text
    assert "No version has been served yet." in text
    assert "A TrainingJob that meets its criteria sets it" in text


def test_available_says_which_version_and_why() -> None:
    text = told(serving_world())
    assert text.startswith("ModelDeployment flights in ml: Available\n  It is served as the spec says.")
    assert "Version 1 is served since 2026-01-31 12:00 UTC, because alias champion is at version 1." in text
    assert "Address inside the cluster: http://flights.ml.svc" in text
    assert "Nobody watches its inputs: spec.monitoring would." in text


def test_an_address_that_works_from_here_is_told_instead() -> None:
    text = "\n".join(explain_resource(serving_world().owner, address="http://127.0.0.1:8080/ml/flights").lines())
    assert "Address: http://127.0.0.1:8080/ml/flights" in text
    assert ".svc" not in text


def test_a_rollout_names_both_versions() -> None:
    made = serving_world()
    made.registry.move("champion", "2")
    made.settle()
    text = told(made)
    assert text.startswith("ModelDeployment flights in ml: Progressing\n  A version is being rolled out.")
    assert "Version 1 gets the traffic: 1 of 1 pod ready." in text
    assert "Version 2 is being started: 0 of 1 pod ready." in text
    made.make_ready("2")
    made.settle()
    assert "Before it, version 1 did; 2 changes of version so far." in told(made)


def test_a_stalled_rollout_points_to_the_log() -> None:
    made = serving_world()
    made.registry.move("champion", "2")
    made.settle()
    made.stall("2")
    made.settle()
    text = told(made)
    assert text.startswith("ModelDeployment flights in ml: Degraded\n")
    assert "The new version doesn't become ready." in text
    assert "modelyard logs md/flights" in text


def test_without_pods() -> None:
    made = serving_world()
    made.edit(replicas=0)
    made.settle()
    text = told(made)
    assert text.startswith("ModelDeployment flights in ml: ScaledToZero\n")
    assert "Set spec.replicas to 1 or more." in text


def test_nothing_is_ready() -> None:
    made = serving_world()
    made.make_ready("1", pods=0)
    made.settle()
    assert "No pod is ready, so nothing is served." in told(made)


def test_drift_names_the_columns_with_their_distance() -> None:
    made = watched(DRIFTED, driftedShare=0.5, votes=2, drifted=True, columns=COLUMNS)
    text = told(made)
    assert "But its inputs have drifted away from those it was trained on." in text
    assert "temp: moved, PSI 1.94, 9.7 times its limit (0.2)." in text
    assert "wind: not compared; all null." in text
    assert "origin" not in text
    assert "Newest window: 500 rows from 2026-01-31 12:00 UTC to 2026-01-31 12:05 UTC" in text
    assert "modelyard open report flights" in text
    assert "An alert is on. Outside, an alert goes to nobody: spec.monitoring.alert.notify names no Secret." in text


def test_no_drift_says_so_too() -> None:
    text = told(watched(columns=COLUMNS[2:]))
    assert "No drift." in text
    assert "No alert is on." in text
    assert "Too few true outcomes were sent to say anything." in text
    assert "Send them to /feedback as they become known." in text


def test_bad_answers_propose_to_go_back() -> None:
    realised = "Realised roc_auc is 0.5 (95 % interval 0.45 to 0.55 over 37 hours) on 200 rows; degraded when the interval lies below 0.58."
    text = told(watched({"quality": (True, "LimitsExceeded", realised)}))
    assert "its predictions have become worse than the limit allows." in text
    assert realised in text
    assert "modelyard rollback md/flights" in text


def test_damaged_columns() -> None:
    text = told(watched({"data-quality": (True, "LimitsExceeded", "The monitor found: wind: all null.")}))
    assert "But some columns don't come as they should." in text
    assert "The monitor found: wind: all null." in text


def test_before_the_first_window() -> None:
    made = serving_world(monitoring=monitoring())
    text = told(made)
    assert text.count("No window of version 1 was judged yet.") == 1
    assert "judges every complete window of 500 new predictions" in text
    assert "Predictions: not measured; spec.monitoring.performance compares them" in text


@pytest.mark.parametrize(
    ("failures", "words"), [(1, "The monitor's last run failed."), (3, "The monitor fails, so all of this may be out of date.")]
)
def test_a_monitor_that_fails(failures: int, words: str) -> None:
    made = serving_world(monitoring=monitoring())
    for number in range(failures):
        ended = {"type": "Failed", "status": "True", "lastTransitionTime": f"2026-01-31T12:0{number}:00Z", "reason": "BackoffLimitExceeded"}
        message = json.dumps({"kind": "Error", "reason": "DataUnavailable", "message": "S3 doesn't answer"})
        made.add_run(
            number, {"conditions": [ended]}, {"containerStatuses": [{"state": {"terminated": {"exitCode": 69, "message": message}}}]}
        )
    made.settle()
    text = told(made)
    assert words in text
    assert "S3 doesn't answer" in text


def test_alerts_are_told_from_the_events() -> None:
    made = watched(DRIFTED, driftedShare=0.5, votes=2, drifted=True, columns=COLUMNS)
    made.edit(monitoring=monitoring(alert={"notify": [{"secretRef": {"name": "alert-urls"}}]}))
    events = [
        {"type": "Warning", "reason": "DriftDetected", "note": "2 of 2 windows voted", "eventTime": "2026-01-31T12:05:01Z"},
        {"type": "Warning", "reason": "AlertNotDelivered", "note": "the webhook answered 500", "eventTime": "2026-01-31T12:06:01Z"},
    ]
    text = told(made, *events)
    assert "An alert is on. Outside, an alert goes to the receivers in Secret alert-urls." in text
    assert text.index("AlertNotDelivered: the webhook answered 500.") < text.index("DriftDetected: 2 of 2 windows voted.")


@pytest.mark.parametrize("reason", sorted(Reason))
@pytest.mark.parametrize("condition_type", ["Available", "Progressing"])
def test_each_reason_gives_its_advice(condition_type: str, reason: Reason) -> None:
    made = serving_world()
    condition = {
        "type": condition_type,
        "status": "False",
        "reason": reason,
        "message": "the details",
        "lastTransitionTime": "2026-01-31T12:00:00Z",
    }
    made.owner = {**made.owner, "status": {"state": "Failed", "conditions": [condition]}}
    text = told(made)
    assert "The details." in text
    assert reason in {Reason.MONITOR_FAILED} or MEANINGS[reason].do in text
