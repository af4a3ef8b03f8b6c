"""What the operator tells those who watch it."""

import json
import logging

import pytest
from modelyard_operator.controller import moved
from modelyard_operator.health import HealthChecks, answer
from modelyard_operator.json_logs import JsonLines
from modelyard_operator.kube.interface import (
    AlreadyExists,
    Conflict,
    Expired,
    Forbidden,
    KubeError,
    NotFound,
    Refused,
    ServerFailed,
    Throttled,
    Unreachable,
)
from modelyard_operator.kube.responses import error_of
from modelyard_operator.prometheus import Metrics


def test_findings_of_the_monitors_are_gauges_and_what_is_unknown_is_left_out() -> None:
    metrics = Metrics()
    found = {
        "lastRun": "2026-01-01T00:00:00Z",
        "driftedShare": 0.25,
        "columns": [{"name": "delay", "method": "PSI", "distance": 0.4}, {"name": "dead", "method": "PSI"}],
        "realized": {"metric": "roc_auc", "value": 0.61},
    }
    conditions = [{"type": "Drifted", "status": "True"}, {"type": "QualityDegraded", "status": "Unknown"}]
    deployments = [
        {"metadata": {"namespace": "ml", "name": "flights"}, "status": {"monitoring": found, "conditions": conditions}},
        {"metadata": {"namespace": "ml", "name": "new"}},
    ]
    metrics.show_monitoring(lambda: deployments)
    text = metrics.exposition().decode()
    assert 'modelyard_check_active{check="drift",deployment="flights",namespace="ml"} 1.0' in text
    assert 'check="quality"' not in text
    assert 'modelyard_drifted_share{deployment="flights",namespace="ml"} 0.25' in text
    assert 'modelyard_drift_distance{column="delay",deployment="flights",method="PSI",namespace="ml"} 0.4' in text
    assert 'modelyard_realized_metric{deployment="flights",metric="roc_auc",namespace="ml"} 0.61' in text
    assert 'modelyard_monitor_last_success_timestamp_seconds{deployment="flights",namespace="ml"} 1.7672256e+09' in text
    assert "dead" not in text
    assert 'deployment="new"' not in text


def test_work_is_counted_and_gauges_are_read_when_asked() -> None:
    metrics = Metrics()
    metrics.watch(lambda: 3, lambda: True, lambda: 1.5)
    with pytest.raises(ValueError, match="broken"), metrics.reconciling("TrainingJob"):
        raise ValueError("broken")
    metrics.failed("TrainingJob", "Conflict")
    metrics.wrote("create", "Job")
    text = metrics.exposition().decode()
    for line in (
        'modelyard_reconcile_total{kind="TrainingJob"} 1.0',
        'modelyard_reconcile_duration_seconds_count{kind="TrainingJob"} 1.0',
        'modelyard_reconcile_errors_total{kind="TrainingJob",reason="Conflict"} 1.0',
        'modelyard_writes_total{kind="Job",verb="create"} 1.0',
        "modelyard_queue_depth 3.0",
        "modelyard_leader 1.0",
        "modelyard_watch_age_seconds 1.5",
    ):
        assert line in text


@pytest.mark.parametrize(
    ("path", "silence", "synced", "status"),
    [
        ("/healthz", 300, False, 200),
        ("/healthz", 400, True, 503),
        ("/readyz", 0, True, 200),
        ("/readyz", 0, False, 503),
        ("/", 0, True, 404),
    ],
)
def test_alive_is_having_heard_something_and_ready_is_having_heard_all(path: str, silence: float, synced: bool, status: int) -> None:
    assert answer(path, HealthChecks(lambda: silence, lambda: synced, lambda: b""))[0] == status


def test_a_log_line_is_one_json_object_that_names_the_resource() -> None:
    record = logging.LogRecord("modelyard_operator", logging.WARNING, "", 1, "again in %d s", (3,), None)
    vars(record).update(kind="TrainingJob", namespace="ml", resource="penguins", reason="Conflict")
    line = json.loads(JsonLines().format(record))
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "WARNING",
        "logger": "modelyard_operator",
        "message": "again in 3 s",
        "kind": "TrainingJob",
        "namespace": "ml",
        "resource": "penguins",
        "reason": "Conflict",
    }


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (400, "BadRequest", Refused),
        (401, "Unauthorized", Unreachable),
        (403, "Forbidden", Forbidden),
        (404, "NotFound", NotFound),
        (409, "AlreadyExists", AlreadyExists),
        (409, "Conflict", Conflict),
        (410, "Expired", Expired),
        (422, "Invalid", Refused),
        (429, "TooManyRequests", Throttled),
        (500, "InternalError", ServerFailed),
        (503, "ServiceUnavailable", ServerFailed),
    ],
)
def test_every_answer_has_its_error_in_the_servers_words(code: int, reason: str, kind: type[KubeError]) -> None:
    body = json.dumps({"kind": "Status", "code": code, "reason": reason, "message": "because"}).encode()
    error = error_of("GET /api", code, body, {"Retry-After": "7"})
    assert type(error) is kind
    assert str(error) == "GET /api: because"
    assert not isinstance(error, Throttled) or error.retry_after == 7


def test_the_page_of_a_proxy_is_an_error_too() -> None:
    assert str(error_of("GET /api", 502, b"<html>Bad Gateway</html>", {})) == "GET /api: <html>Bad Gateway</html>"


def test_models_whose_alias_came_went_or_moved_are_told_and_at_first_all() -> None:
    before = {("a", "champion"): "1", ("b", "champion"): "1", ("c", "champion"): "1"}
    after = {("a", "champion"): "1", ("b", "champion"): "2", ("d", "champion"): "1"}
    assert moved(before, after) == {"b", "c", "d"}
    assert moved(None, after) == {"a", "b", "d"}
