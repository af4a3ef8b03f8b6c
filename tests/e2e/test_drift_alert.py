"""The quickstart in small: traffic like the training data stays quiet, July's raises one alert, true outcomes show the quality."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
import yaml

from dev.demo import flights, on_cluster, traffic
from dev.platform.kubectl import Object, condition, get, wait_until
from tests.e2e.conftest import Platform

QUICKSTART = Path(__file__).parents[2] / "manifests/quickstart"
WINDOW = 2000


@pytest.fixture(scope="module")
def rows() -> flights.Flights:
    return flights.load()


@pytest.fixture(scope="module")
def served(platform: Platform, rows: flights.Flights) -> Iterator[str]:
    """The quickstart's own manifests, a third of its rows, smaller windows, a criterion that so few rows can decide."""
    platform.upload("flights/january-to-april.parquet", rows.training.sample(fraction=0.33, seed=1))
    on_cluster.apply_receiver(platform.namespace)
    job, deployment = (yaml.safe_load(path.read_text()) for path in sorted(QUICKSTART.glob("*.yaml")))
    job["spec"]["objective"]["require"] = [{"metric": "roc_auc", "betterThan": "baseline"}]
    deployment["spec"]["monitoring"] |= {"window": {"rows": WINDOW}, "minimumRows": 1000}
    platform.apply(job, deployment)
    assert platform.decided("flights")["status"]["state"] == "Promoted"
    platform.until("md", "flights", "Available", "True")
    with platform.forwarded("flights", 80) as url:
        yield url


def monitoring(platform: Platform) -> Object:
    found: Object = get("md", "flights", platform.namespace).get("status", {}).get("monitoring", {})
    return found


def alerts(platform: Platform) -> list[Any]:
    with platform.forwarded("alert-receiver", 8080) as url:
        received: list[Any] = httpx.get(url, timeout=10).json()
    return [each for each in received if each["type"] == "io.modelyard.drift.detected"]


def test_quiet_traffic_then_july(platform: Platform, served: str, rows: flights.Flights) -> None:
    job = platform.training_job("flights")
    assert job["spec"]["workers"]["resources"]["limits"]["nvidia.com/gpu"] == 1

    quiet = rows.aside.sample(2 * WINDOW, seed=0, shuffle=True)
    traffic.send(served, quiet.select(flights.FEATURES))
    wait_until("two windows judged", 300, lambda: monitoring(platform).get("windowsJudged", 0) >= 2)
    assert monitoring(platform)["votes"].startswith("0 of")
    assert alerts(platform) == []

    july = rows.july.sample(2 * WINDOW, seed=0, shuffle=True)
    sent = traffic.send(served, july.select(flights.FEATURES))
    platform.until("md", "flights", "Drifted", "True", seconds=300)
    received = alerts(platform)
    assert len(received) == 1
    assert "temp" in json.dumps(received[0])

    late = july["arr_delay"] > flights.LATE_MINUTES
    traffic.send_outcomes(served, sent, ["true" if each else "false" for each in late])
    realized = wait_until("the realised ROC-AUC", 300, lambda: monitoring(platform).get("realized"))
    assert 0.5 < realized["low"] < realized["value"] < realized["high"] < 0.8
    assert monitoring(platform)["reportUrl"].startswith("s3://")
    drifted = condition(get("md", "flights", platform.namespace), "Drifted")
    assert "temp" in drifted["message"]
    assert len(alerts(platform)) == 1


def test_the_request_log_holds_what_was_asked(platform: Platform, served: str) -> None:
    keys = platform.s3().list_objects_v2(Bucket=f"modelyard-{platform.namespace}", Prefix=f"{platform.namespace}/flights/requests/")
    newest = keys["Contents"][-1]["Key"]
    frame = pl.read_parquet(platform.s3().get_object(Bucket=f"modelyard-{platform.namespace}", Key=newest)["Body"].read())
    assert {"request_id", "row", "model_version", "input.temp", "output.probability_true"} <= set(frame.columns)
