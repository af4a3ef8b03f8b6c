"""Deployments as processes: probes, restarts, rolling updates, and the routes to those that are ready."""

import json
import os
import signal
from typing import Any

import psutil

from tests.contract.local_runner.conftest import NAMESPACE, Object, Platform, deployment, eventually, service

_SERVER = """
    import http.server, os, pathlib, signal, sys, threading
    ready = pathlib.Path("ready")
    ready.touch()
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path != "/ready" or ready.exists() else 503)
            self.end_headers()
            self.wfile.write(b"%s")
        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer((os.environ["MODELYARD_HOST"], int(os.environ["MODELYARD_PORT"])), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print("pid", os.getpid(), flush=True)
    server.serve_forever()
    print("ended", flush=True)
"""


def _probe(path: str, failures: int = 1) -> Object:
    return {
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "periodSeconds": 1,
        "failureThreshold": failures,
        "timeoutSeconds": 1,
    }


def _served(name: str = "flights", words: str = "v1", **settings: Any) -> Object:
    return deployment(name, _SERVER % words, startupProbe=_probe("/live", 30), readinessProbe=_probe("/ready"), **settings)


def _ready(platform: Platform, count: int = 1, name: str = "flights") -> Object:
    def look() -> Object | None:
        found = platform.get("Deployment", name)
        status = (found or {}).get("status", {})
        is_seen = found and status.get("observedGeneration") == found["metadata"]["generation"]
        wanted = (count, count, count)
        return found if is_seen and (status["readyReplicas"], status["updatedReplicas"], status["replicas"]) == wanted else None

    found = eventually(look)
    assert found is not None
    return found


def _servers(platform: Platform, name: str = "flights") -> list[str]:
    text = (platform.home.routes / "services.yaml").read_text()
    services = json.loads(text).get("http", {}).get("services", {})
    found = services.get(f"{NAMESPACE}.{name}", {"loadBalancer": {"servers": []}})
    return [server["url"] for server in found["loadBalancer"]["servers"]]


def _pid(platform: Platform, pod: Object) -> int:
    return int(eventually(lambda: [line for line in platform.log(pod).splitlines() if line.startswith("pid")])[-1].split()[1])


def test_a_ready_pod_gets_the_traffic_of_its_service(platform: Platform) -> None:
    platform.store.create(service("flights", app="flights"))
    platform.store.create(_served())
    found = _ready(platform)
    progressing = next(each for each in found["status"]["conditions"] if each["type"] == "Progressing")
    assert (progressing["status"], progressing["reason"]) == ("True", "NewReplicaSetAvailable")
    url = eventually(lambda: _servers(platform))[0]
    assert url.startswith("http://127.0.0.1:")


def test_an_unready_pod_gets_no_traffic_until_it_is_ready_again(platform: Platform) -> None:
    platform.store.create(service("flights", app="flights"))
    platform.store.create(_served())
    _ready(platform)
    pod = platform.pods(app="flights")[0]
    flag = platform.home.pod_folder(NAMESPACE, pod["metadata"]["name"]) / "tmp" / "ready"
    flag.unlink()
    eventually(lambda: not _servers(platform))
    unhealthy = eventually(lambda: [e for e in platform.store.pod_events(NAMESPACE, pod["metadata"]["uid"]) if e["reason"] == "Unhealthy"])
    assert unhealthy[0]["note"] == "Readiness probe failed: HTTP probe failed with statuscode: 503"
    flag.touch()
    eventually(lambda: _servers(platform))


def test_a_new_template_rolls_out_while_the_old_one_answers(platform: Platform) -> None:
    platform.store.create(service("flights", app="flights"))
    platform.store.create(_served(replicas=2))
    _ready(platform, 2)
    old = {pod["metadata"]["uid"] for pod in platform.pods(app="flights")}
    newer = _served(words="v2", replicas=2)
    platform.change("Deployment", "flights", lambda spec: spec.update(newer["spec"]))
    seen: list[int] = []

    def rolled() -> bool:
        living = [pod for pod in platform.pods(app="flights") if "deletionTimestamp" not in pod["metadata"]]
        seen.append(len(_servers(platform)))
        assert len(living) <= 3
        return len(living) == 2 and not {pod["metadata"]["uid"] for pod in living} & old

    eventually(rolled)
    assert min(seen) >= 2
    _ready(platform, 2)


def test_a_pod_that_ends_is_out_of_the_routes_before_it_is_told(platform: Platform) -> None:
    platform.store.create(service("flights", app="flights"))
    platform.store.create(_served())
    _ready(platform)
    pod = platform.pods(app="flights")[0]
    pid = _pid(platform, pod)
    log = platform.home.pod_log(NAMESPACE, pod["metadata"]["name"]).open()
    platform.delete("Deployment", "flights")
    eventually(lambda: not platform.pods(app="flights"))
    with log:
        assert log.read().endswith("ended\n")
    assert not psutil.pid_exists(pid)
    assert not _servers(platform)


def test_a_killed_server_comes_back_at_once_and_then_later_and_later(platform: Platform) -> None:
    platform.store.create(_served())
    _ready(platform)
    pod = platform.pods(app="flights")[0]
    first = _pid(platform, pod)
    os.kill(first, signal.SIGKILL)
    eventually(lambda: _pid(platform, pod) != first)
    _ready(platform)
    os.kill(_pid(platform, pod), signal.SIGKILL)

    def backing_off() -> Object | None:
        status: Object = platform.pods(app="flights")[0]["status"]["containerStatuses"][0]
        return status if "waiting" in status["state"] else None

    status = eventually(backing_off)
    assert status is not None
    assert status["restartCount"] == 1
    assert status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert status["state"]["waiting"]["message"].startswith("back-off 10s restarting failed container=main pod=flights-")
    assert status["lastState"]["terminated"]["exitCode"] == 137


def test_a_server_that_hangs_is_restarted(platform: Platform) -> None:
    script = """
        import os, sys, time
        print("up", flush=True)
        time.sleep(60)
    """
    platform.store.create(deployment("hangs", script, livenessProbe=_probe("/live", 2)))
    pod = eventually(lambda: [p for p in platform.pods(app="hangs") if p.get("status")])[0]
    eventually(lambda: platform.log(pod).count("up") == 2)
    restarted = eventually(lambda: [p for p in platform.pods(app="hangs") if p["status"]["containerStatuses"][0]["restartCount"]])[0]
    assert restarted["metadata"]["uid"] == pod["metadata"]["uid"]


def test_scaling_to_zero_stops_all(platform: Platform) -> None:
    platform.store.create(_served(replicas=2))
    _ready(platform, 2)
    platform.change("Deployment", "flights", lambda spec: spec.update(replicas=0))
    eventually(lambda: not platform.pods(app="flights"))
    _ready(platform, 0)
