"""A swap of versions fails no request, through a real gateway."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from modelyard_local import lifeline, preparation
from modelyard_local.home import Home
from modelyard_local.servers import traefik

from tests.contract.local_runner.conftest import NAMESPACE, Object, Platform, deployment, eventually, service

# Drains as our server does: unready at once, gone a while later.
_SERVER = """
    import http.server, os, signal, threading
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"%s")
        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer((os.environ["MODELYARD_HOST"], int(os.environ["MODELYARD_PORT"])), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Timer(2, server.shutdown).start())
    server.serve_forever()
"""
_PROBE = {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1, "failureThreshold": 30}


@contextmanager
def _gateway(home: Home) -> Iterator[int]:
    [port] = preparation.free_ports(1)
    home.data(traefik.NAME).mkdir(parents=True)
    server = traefik.server(home, port)
    child = lifeline.start(server.command, environment=server.environment, folder=server.folder, log=server.log)
    try:
        eventually(server.is_ready)
        yield port
    finally:
        child.stop(server.grace_seconds)


class Client:
    """One request after the other, each over a connection of its own."""

    def __init__(self, port: int, path: str) -> None:
        self.answers: list[str] = []
        self.failures: list[str] = []
        self._port, self._path = port, path
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def ask(self) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", self._path)
            response = connection.getresponse()
            text = response.read().decode()
            return text if response.status == 200 else f"{response.status} {text}"
        except OSError as error:
            return repr(error)
        finally:
            connection.close()

    def __enter__(self) -> "Client":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            answer = self.ask()
            (self.answers if answer in {"v1", "v2"} else self.failures).append(answer)
            time.sleep(0.002)


def _version(name: str) -> Object:
    body = deployment("flights", _SERVER % name, readinessProbe=_PROBE)
    body["metadata"]["name"] = f"flights-{name}"
    labels = {"app": "flights", "version": name}
    body["spec"]["selector"] = {"matchLabels": labels}
    body["spec"]["template"]["metadata"]["labels"] = labels
    return body


def _is_ready(platform: Platform, name: str) -> bool:
    found = platform.get("Deployment", f"flights-{name}")
    return bool(found and found.get("status", {}).get("readyReplicas"))


def test_no_request_fails_while_another_version_takes_over(platform: Platform) -> None:
    with _gateway(platform.home) as port:
        platform.store.create(service("flights", app="flights", version="v1"))
        platform.store.create(_version("v1"))
        client = Client(port, f"/{NAMESPACE}/flights/")
        eventually(lambda: client.ask() == "v1")
        with client:
            platform.store.create(_version("v2"))
            eventually(lambda: _is_ready(platform, "v2"))
            platform.change("Service", "flights", lambda spec: spec["selector"].update(version="v2"))
            platform.delete("Deployment", "flights-v1")  # sooner than the operator would
            eventually(lambda: not platform.pods(version="v1"))
            eventually(lambda: client.answers[-1:] == ["v2"])
        assert client.failures == []
        assert {"v1", "v2"} == set(client.answers)


def test_no_request_fails_while_a_template_rolls_out(platform: Platform) -> None:
    with _gateway(platform.home) as port:
        platform.store.create(service("flights", app="flights"))
        platform.store.create(_version("v1"))
        client = Client(port, f"/{NAMESPACE}/flights/")
        eventually(lambda: client.ask() == "v1")
        newer = deployment("flights", _SERVER % "v2", readinessProbe=_PROBE)["spec"]["template"]["spec"]
        with client:
            platform.change("Deployment", "flights-v1", lambda spec: spec["template"].update(spec=newer))
            eventually(lambda: client.answers[-1:] == ["v2"] and len(platform.pods(app="flights")) == 1)
        assert client.failures == []
