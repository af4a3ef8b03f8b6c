"""A check and a channel of this file's own: a line each, and there is a condition, an alert, a gauge and Events for it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import polars as pl
import pytest
from modelyard_api.catalogue.checks import CHECKS, CheckSpec, Severity
from modelyard_api.pod_contract import MonitorRequest
from modelyard_jobs.commands.monitor import summarise
from modelyard_jobs.monitoring.bucket import Bucket
from modelyard_jobs.monitoring.channels import CHANNELS, mounted_channels
from modelyard_jobs.monitoring.checks.check import Context
from modelyard_jobs.monitoring.episodes import advance, deliver
from modelyard_jobs.monitoring.judging import WindowJudge
from modelyard_jobs.monitoring.reference import ModelSource
from modelyard_jobs.monitoring.state import CheckResult, Episode, LastWindow, MonitorState, Notification, Position, VersionState
from modelyard_operator.prometheus import Metrics

from tests.unit.deployment_operator.builders import monitoring, serving_world
from tests.unit.monitoring.requests import monitor_request

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Volume:
    """Are there many rows?"""

    def run(self, context: Context) -> CheckResult | None:
        if context.window is None:
            return None
        rows = context.window.height
        return CheckResult(active=rows > 100, severity=Severity.CRITICAL, subject=f"{rows} rows", message=f"The window has {rows} rows.")


@dataclass(frozen=True)
class Pager:
    """Writes down what it is given."""

    name: str
    url: str
    request: MonitorRequest
    pages: ClassVar[list[str]] = []

    def send(self, notification: Notification, now: datetime) -> None:
        self.pages.append(f"{now:%H:%M} {notification.action} {notification.episode.summary}")

    def keep_open(self, episode: Episode, now: datetime) -> None:
        raise AssertionError("it was sent in this very run")


@pytest.fixture
def registered() -> Iterator[None]:
    CHECKS.add(CheckSpec("volume", "Heavy traffic", "Busy", "ModelBusy", "BusyBegan", "BusyEnded", f"{__name__}:Volume"))
    CHANNELS["pager"] = Pager  # type: ignore[assignment]  # typed as what there is
    yield
    CHECKS.remove("volume")
    del CHANNELS["pager"]
    Pager.pages.clear()


@pytest.mark.usefixtures("registered")
def test_from_a_window_to_the_pager_and_to_kubectl(tmp_path: Path) -> None:
    request = monitor_request(alert={"notify": [{"secretRef": {"name": "urls"}}]})
    judge = WindowJudge(request, Bucket(None, "b"), ModelSource("ml.flights", "3"), NOW)
    version = VersionState(position=Position(horizon=0), last=LastWindow(window="a/b", rows=500))
    only = [spec for spec in judge.checks if spec.name == "volume"]
    judge.__dict__["checks"] = only  # the others need a model
    results = judge._check(version, window=pl.DataFrame({"input.x": [1.0] * 500}))
    state = MonitorState(uid="uid-1", version="3", versions={"3": version.model_copy(update={"results": results})})

    state = advance(state, request, NOW)
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "pager").write_text("http://pager")
    channels, problems = mounted_channels(tmp_path, request)
    state, failed = deliver(state, channels, NOW, all_known=True)
    assert (problems, failed) == ([], [])
    assert Pager.pages == ["00:00 detected Heavy traffic on flights (ml): 500 rows"]

    made = serving_world(monitoring=monitoring())
    message = json.dumps(summarise(state, request, []).to_wire() | {"version": "1"})
    pod = {"containerStatuses": [{"state": {"terminated": {"exitCode": 0, "message": message}}}]}
    made.add_run(1, {"conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": "2026-01-31T12:05:00Z"}]}, pod)
    assert [event.reason for event in made.reconcile().events] == ["BusyBegan"]
    assert made.condition("Busy") == ("True", "LimitsExceeded", "The window has 500 rows.")
    metrics = Metrics()
    metrics.show_monitoring(lambda: [made.owner])
    assert 'check="volume"' in metrics.exposition().decode()
