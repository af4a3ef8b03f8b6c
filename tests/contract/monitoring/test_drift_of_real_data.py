"""The flights data through a real S3, MLflow, Evidently, Alertmanager and webhook."""

import gzip
import json
from collections.abc import Callable

import polars as pl
from modelyard_api.pod_contract import TERMINATION_MESSAGE_LIMIT

from tests.contract.monitoring.conftest import Deployment
from tests.contract.monitoring.flights import flights

ROWS = 2500


def test_same_months_give_no_alert_and_july_gives_exactly_one(deploy: Callable[..., Deployment]) -> None:
    deployment = deploy(window={"rows": ROWS})
    deployment.traffic.send(flights().held_out.head(2 * ROWS))
    calm = deployment.run()
    assert (calm.windows_judged, calm.votes, calm.drifted, calm.alerted) == (2, 0, False, False)
    assert {each.check: each.active for each in calm.checks} == {"drift": False, "data-quality": False}
    assert deployment.webhook.events == []
    assert deployment.firing() == []

    deployment.traffic.send(flights().july.head(ROWS))
    first = deployment.run()
    assert (first.windows_judged, first.votes, first.drifted) == (3, 1, False)
    deployment.traffic.send(flights().july.slice(ROWS, 2 * ROWS))
    moved = deployment.run()
    again = deployment.run()

    assert (moved.windows_judged, moved.votes, moved.drifted, moved.alerted) == (5, 3, True, True)
    assert {"temp", "pressure", "humid"} <= {column.name for column in moved.columns if column.drifted}
    assert moved.columns[0].name == "temp"
    assert moved.columns[-1].name == "output.probability_true"
    assert again.window == moved.window
    assert len(moved.model_dump_json(by_alias=True).encode()) <= TERMINATION_MESSAGE_LIMIT
    assert deployment.webhook.types() == ["io.modelyard.drift.detected"]
    _check_event(deployment)
    alerts = deployment.firing()
    assert [alert["labels"]["alertname"] for alert in alerts] == ["ModelDataDrift"]
    assert "temp " in alerts[0]["annotations"]["description"]
    _check_report(deployment, moved.report_url)


def test_the_training_period_in_its_own_order_gives_no_alert_and_july_does(deploy: Callable[..., Deployment]) -> None:
    """Weeks of January to April that the profile hasn't seen, one flight after the other: with fixed thresholds every window votes."""
    deployment = deploy(window={"rows": ROWS})
    deployment.traffic.version = "4"
    deployment.traffic.send(flights().weeks_between.head(6 * ROWS))
    calm = deployment.run("4")
    assert (calm.windows_judged, calm.votes, calm.drifted, calm.alerted) == (6, 0, False, False)
    assert calm.columns[0].distance is not None
    drift = next(each for each in calm.checks if each.check == "drift")
    assert "limits for 1 false alarm in 30 days" in drift.message

    deployment.traffic.send(flights().july.head(2 * ROWS))
    moved = deployment.run("4")
    assert (moved.windows_judged, moved.votes, moved.drifted, moved.alerted) == (8, 2, True, True)
    assert "temp" in {column.name for column in moved.columns if column.drifted}
    assert deployment.webhook.types() == ["io.modelyard.drift.detected"]


def test_end_of_the_drift_resolves_the_alert_once(deploy: Callable[..., Deployment]) -> None:
    deployment = deploy(window={"rows": 1000}, alert={"after": 1, "of": 1})
    deployment.traffic.send(flights().july.head(1000))
    assert deployment.run().alerted
    deployment.traffic.send(flights().held_out.head(1000))
    over = deployment.run()
    deployment.run()
    assert (over.drifted, over.alerted) == (False, False)
    assert deployment.webhook.types() == ["io.modelyard.drift.detected", "io.modelyard.drift.resolved"]
    detected, resolved = deployment.webhook.events
    assert detected["id"] != resolved["id"]
    assert detected["data"]["episode"] == resolved["data"]["episode"]
    assert deployment.firing() == []


def test_dead_columns_are_findings_and_silence_nothing(deploy: Callable[..., Deployment]) -> None:
    deployment = deploy(window={"rows": 1000}, alert={"after": 1, "of": 1})
    july = flights().july.head(1000)
    broken = july.with_columns(
        pl.lit(None, dtype=pl.Float64).alias("input.temp"), pl.col("input.distance").cast(pl.String), pl.lit("ZZ").alias("input.carrier")
    ).drop("input.visib")
    deployment.traffic.send(broken)
    result = deployment.run()
    found = {column.name: column for column in result.columns}
    assert found["temp"].finding == "all null"
    assert found["visib"].finding == "missing"
    assert found["distance"].finding.startswith("type changed")
    assert found["carrier"].finding == "1 unseen categories in 100 % of the rows"
    assert all(found[name].distance is None and not found[name].drifted for name in ("temp", "visib", "distance"))
    assert found["carrier"].drifted
    assert found["pressure"].drifted
    assert result.drifted
    said = {each.check: each.message for each in result.checks}["data-quality"]
    assert "temp: all null" in said
    assert sorted(deployment.webhook.types()) == ["io.modelyard.data-quality.detected", "io.modelyard.drift.detected"]
    alert = next(each for each in deployment.firing() if each["labels"]["alertname"] == "ModelDataQualityDegraded")
    assert alert["labels"]["severity"] == "critical"
    assert alert["annotations"]["summary"] == f"Broken input data on {deployment.request.name} (ml): distance, temp, visib"


def _check_event(deployment: Deployment) -> None:
    event = deployment.webhook.events[0]
    assert deployment.webhook.content_types == ["application/cloudevents+json"]
    assert event["specversion"] == "1.0"
    assert event["source"] == f"/namespaces/ml/modeldeployments/{deployment.request.name}"
    assert event["subject"] == "flights/1"
    columns = {column["name"]: column for column in event["data"]["columns"]}
    assert columns["temp"]["distance"] > columns["temp"]["threshold"] == 0.2


def _check_report(deployment: Deployment, url: str) -> None:
    bucket, key = url.removeprefix("s3://").split("/", 1)
    answer = deployment.traffic.client.get_object(Bucket=bucket, Key=key)
    packed = answer["Body"].read()
    page = gzip.decompress(packed).decode()
    assert answer["ContentEncoding"] == "gzip"
    assert len(packed) < 2_000_000
    assert "input.temp" in page
    state = json.loads(
        deployment.traffic.client.get_object(Bucket=bucket, Key=f"ml/{deployment.request.name}/monitoring/state.json")["Body"].read()
    )
    assert state["notifications"] == []
