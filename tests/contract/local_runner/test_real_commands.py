"""The commands of the images, as pods of one machine: they find their folders, and say why they end."""

import json
from typing import Any

from tests.contract.local_runner.conftest import NAMESPACE, Object, Platform, deployment, eventually, job

_ORDER = {"namespace": NAMESPACE, "name": "x", "model": "x", "version": "1", "requestLog": {"sampleRatio": 0.0}}


def _ordered(body: Object, command: list[str], order: object) -> Object:
    container = body["spec"]["template"]["spec"]["containers"][0]
    container |= {"command": command, "env": [{"name": "MODELYARD_REQUEST", "value": json.dumps(order)}]}
    return body


def _state(platform: Platform, app: str, *path: str) -> Any:
    def look() -> Any:
        for pod in platform.pods(app=app):
            found: Any = pod.get("status", {}).get("containerStatuses", [{}])[0]
            for key in path:
                found = found.get(key, {})
            if found:
                return found
        return None

    return eventually(look, 60)


def test_a_job_without_a_readable_order_says_so(platform: Platform) -> None:
    platform.store.create(_ordered(job("train", ""), ["modelyard-job", "train"], {"namespace": NAMESPACE}))
    ended = _state(platform, "train", "state", "terminated")
    assert ended["exitCode"] == 65
    message = json.loads(ended["message"])
    assert message["reason"] == "InvalidSpec"
    assert "MODELYARD_REQUEST can't be read: name: Field required" in message["message"]


def test_a_server_without_a_readable_order_says_so(platform: Platform) -> None:
    body = deployment("serve", "")
    body["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = []
    platform.store.create(_ordered(body, ["modelyard-serve"], {**_ORDER, "version": 7}))
    ended = _state(platform, "serve", "lastState", "terminated")
    assert ended["exitCode"] == 65
    assert json.loads(ended["message"])["message"].startswith("MODELYARD_REQUEST.version: ")


def test_a_server_listens_where_it_is_told_and_says_what_it_waits_for(platform: Platform) -> None:
    probe = {"httpGet": {"path": "/v2/health/live", "port": "http"}, "periodSeconds": 1, "failureThreshold": 60}
    unready = {**probe, "httpGet": {"path": "/v2/health/ready", "port": "http"}}
    body = deployment("serve", "", startupProbe=probe, readinessProbe=unready)
    platform.store.create(_ordered(body, ["modelyard-serve"], _ORDER))
    assert _state(platform, "serve", "started") is True
    [pod] = platform.pods(app="serve")
    assert not pod["status"]["containerStatuses"][0]["ready"]
    waits = "the ConfigMap modelyard of this namespace has no key MLFLOW_TRACKING_URI, or it is empty; add it; trying again"
    eventually(lambda: waits in platform.log(pod))
