"""A run that dies at any step, or meets another, neither judges a row twice nor tells anybody twice."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from modelyard_api.conditions import Reason
from modelyard_jobs.commands import monitor
from modelyard_jobs.monitoring.state import MonitorState, StateStore
from modelyard_jobs.termination import InvalidRequest, Unavailable

from tests.contract.monitoring.conftest import Deployment
from tests.contract.monitoring.flights import flights

ROWS = 600
WINDOW: dict[str, Any] = {"window": {"rows": ROWS}, "alert": {"after": 1, "of": 1}}


class Killed(BaseException):
    """As SIGKILL: nothing catches it."""


def state_of(deployment: Deployment) -> dict[str, Any]:
    key = f"ml/{deployment.request.name}/monitoring/state.json"
    state: dict[str, Any] = json.loads(deployment.traffic.client.get_object(Bucket=deployment.traffic.bucket, Key=key)["Body"].read())
    return state


def kill_at(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Dies before the first write, after it, or after the alerts were sent."""
    save, saves = StateStore.save, []

    def dying_save(store: StateStore, state: MonitorState, etag: str) -> str:
        saves.append(etag)
        if step == "before the state is written" or (step == "after the alert was sent" and len(saves) == 2):
            raise Killed
        return save(store, state, etag)

    def dying_deliver(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(StateStore, "save", dying_save)
    if step == "before the alert is sent":
        monkeypatch.setattr(monitor, "deliver", dying_deliver)


@pytest.mark.parametrize("step", ["before the state is written", "before the alert is sent", "after the alert was sent"])
def test_a_killed_run_is_made_up_for(deploy: Callable[..., Deployment], step: str) -> None:
    deployment = deploy(**WINDOW)
    deployment.request = deployment.request.model_copy(update={"name": step.replace(" ", "-")})
    deployment.traffic.deployment = deployment.request.name
    deployment.traffic.send(flights().july.head(ROWS + 100))
    with pytest.MonkeyPatch.context() as patch:
        kill_at(patch, step)
        with pytest.raises(Killed):
            deployment.run()

    result = deployment.run()
    deployment.run()

    assert (result.windows_judged, result.rows, result.alerted) == (1, ROWS, True)
    assert set(deployment.webhook.types()) == {"io.modelyard.drift.detected"}
    assert len({event["id"] for event in deployment.webhook.events}) == 1
    assert len(deployment.webhook.events) == (2 if step == "after the alert was sent" else 1)
    assert len(deployment.firing()) == 1
    state = state_of(deployment)
    assert [file["taken"] for file in state["versions"]["1"]["position"]["waiting"]] == [100]
    assert state["notifications"] == []


def test_of_two_runs_at_once_the_second_gives_way(deploy: Callable[..., Deployment], monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = deploy(**WINDOW)
    deployment.traffic.send(flights().july.head(ROWS))
    load = StateStore.load

    def overtaken(store: StateStore) -> tuple[MonitorState | None, str]:
        loaded = load(store)
        monkeypatch.setattr(StateStore, "load", load)
        deployment.run()
        return loaded

    monkeypatch.setattr(StateStore, "load", overtaken)
    with pytest.raises(Unavailable) as caught:
        deployment.run()
    assert caught.value.reason is Reason.MONITOR_RUNNING
    assert len(deployment.webhook.events) == 1
    assert deployment.run().windows_judged == 1


def test_a_receiver_that_is_down_gets_its_alert_later_and_its_url_stays_secret(deploy: Callable[..., Deployment]) -> None:
    deployment = deploy(**WINDOW)
    deployment.webhook.status = 503
    deployment.traffic.send(flights().july.head(ROWS))
    result = deployment.run()
    assert (result.drifted, result.alerted) == (True, False)
    assert result.alert_problem == "alert-urls/webhook: HTTP 503"
    assert len(deployment.firing()) == 1
    (deployment.root / "alerts" / "0" / "alertmanager").write_text("http://127.0.0.1:1/?token=s3cret")
    deployment.webhook.status = 200
    result = deployment.run()
    assert deployment.webhook.types() == ["io.modelyard.drift.detected"]
    assert result.alert_problem == "alert-urls/alertmanager: no answer (ConnectError)"
    assert result.alerted


def test_a_broken_state_is_refused_in_words(deploy: Callable[..., Deployment]) -> None:
    deployment = deploy(**WINDOW)
    key = f"ml/{deployment.request.name}/monitoring/state.json"
    deployment.traffic.client.put_object(Bucket=deployment.traffic.bucket, Key=key, Body=b'{"uid": 1}')
    with pytest.raises(InvalidRequest, match="is not a monitor's state") as caught:
        deployment.run()
    assert key in str(caught.value)


def test_the_state_of_a_newer_image_is_gone_on_with(deploy: Callable[..., Deployment]) -> None:
    deployment = deploy(**WINDOW)
    deployment.run()
    key = f"ml/{deployment.request.name}/monitoring/state.json"
    newer = state_of(deployment) | {"limits": {"method": "calibrated"}}
    deployment.traffic.client.put_object(Bucket=deployment.traffic.bucket, Key=key, Body=json.dumps(newer).encode())
    deployment.traffic.send(flights().held_out.head(ROWS))
    assert deployment.run().windows_judged == 1
    assert "limits" not in state_of(deployment)
