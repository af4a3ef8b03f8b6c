"""Late files, windows of time, versions that change, models without a reference, servers that don't answer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from modelyard_api.conditions import Reason
from modelyard_jobs.termination import InvalidRequest, Unavailable

from tests.contract.monitoring.conftest import Deployment
from tests.contract.monitoring.flights import flights


def test_every_row_counts_once_also_of_late_and_broken_files(deploy: Callable[..., Deployment]) -> None:
    deployment = deploy(window={"rows": 300}, minimumRows=50)
    traffic, rows = deployment.traffic, flights().held_out
    started = traffic.now
    traffic.send(rows.head(500))
    assert deployment.run().windows_judged == 1
    late = rows.slice(500, 300)
    traffic.put(late, [started] * late.height, written=started + timedelta(seconds=1))
    broken = f"ml/{traffic.deployment}/requests/date={traffic.now:%Y-%m-%d}/{'9' * 16}-pod-1.parquet"
    traffic.client.put_object(Bucket=traffic.bucket, Key=broken, Body=b"not Parquet")
    second = deployment.run()
    assert second.windows_judged == 2
    said = f"The monitor found: 1 files of the request log can't be read, the first is {broken.split('/requests/')[1]}."
    assert {each.check: each.message for each in second.checks}["data-quality"] == said
    traffic.send(rows.slice(800, 100))
    third = deployment.run()
    assert third.windows_judged == 3
    assert sum(frame.height for frame in traffic.written) == 3 * 300
    assert deployment.run().windows_judged == 3
    assert {each.check: each.active for each in third.checks}["data-quality"] is False


def test_windows_of_time_judge_what_was_answered_in_them(deploy: Callable[..., Deployment]) -> None:
    deployment = deploy(window={"seconds": 60}, minimumRows=200)
    traffic = deployment.traffic
    traffic.now = traffic.now.replace(second=0, microsecond=0)
    begin = traffic.now
    traffic.send(flights().held_out.head(400), over=timedelta(seconds=50))
    assert deployment.run().window == ""
    traffic.now = begin + timedelta(seconds=70)
    traffic.send(flights().held_out.slice(400, 60), over=timedelta(seconds=10))
    traffic.now = begin + timedelta(seconds=121)
    first = deployment.run()
    assert (first.rows, first.windows_judged) == (400, 1)
    assert first.window == f"{begin:%Y-%m-%dT%H:%M:%SZ}/{begin + timedelta(seconds=60):%Y-%m-%dT%H:%M:%SZ}"
    traffic.now = begin + timedelta(seconds=200)
    few = deployment.run()
    assert (few.rows, few.windows_judged, few.drifted_share) == (60, 1, None)


def test_another_version_starts_afresh_and_ends_the_alert(deploy: Callable[..., Deployment]) -> None:
    deployment = deploy(window={"rows": 400}, alert={"after": 1, "of": 1}, minimumRows=200)
    deployment.traffic.send(flights().july.head(400))
    assert deployment.run().alerted
    deployment.traffic.version = "2"
    deployment.traffic.send(flights().held_out.head(399))
    changed = deployment.run(version="2")
    assert (changed.version, changed.windows_judged, changed.drifted, changed.alerted) == ("2", 0, False, False)
    assert deployment.webhook.types() == ["io.modelyard.drift.detected", "io.modelyard.drift.resolved"]
    back = deployment.run(version="1")
    assert (back.version, back.windows_judged, back.votes, back.drifted) == ("1", 1, 0, False)
    deployment.traffic.send(flights().held_out.slice(399, 1))
    assert deployment.run(version="2").windows_judged == 1
    assert len(deployment.webhook.events) == 2


def test_a_model_without_a_reference_is_refused_in_words(deploy: Callable[..., Deployment]) -> None:
    deployment = deploy(window={"rows": 100}, minimumRows=100)
    deployment.traffic.version = "3"
    deployment.traffic.send(flights().july.head(100))
    with pytest.raises(InvalidRequest, match=r"reference\.parquet") as caught:
        deployment.run(version="3")
    assert caught.value.reason in {Reason.MODEL_NOT_FOUND, Reason.DATA_INVALID}


def test_an_unknown_version_is_refused_and_servers_that_do_not_answer_are_waited_for(
    deploy: Callable[..., Deployment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    deployment = deploy(window={"rows": 100}, minimumRows=100)
    with pytest.raises(InvalidRequest, match=r"version 99 of model ml\.flights"):
        deployment.run(version="99")
    working = deployment.platform
    deployment.platform = replace(working, mlflow_uri="http://127.0.0.1:1")
    with pytest.raises(Unavailable, match="MLFLOW_TRACKING_URI"):
        deployment.run()
    deployment.platform = replace(working, mlflow_password="wrong")
    with pytest.raises(Unavailable, match="MLFLOW_TRACKING_PASSWORD"):
        deployment.run()
    deployment.platform = replace(working, s3_bucket="nowhere")
    with pytest.raises(Unavailable, match="S3_BUCKET"):
        deployment.run()
    deployment.platform = replace(working, s3_secret_key="wrong")
    with pytest.raises(Unavailable, match="Secret modelyard"):
        deployment.run()
