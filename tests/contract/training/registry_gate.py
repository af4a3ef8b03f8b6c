"""A door in front of MLflow: everything passes, until a chosen request comes; then something happens before or after it."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

_NOT_PASSED_ON = {"host", "connection", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Trap:
    """``spring`` is called once, when a request with this method and end of path comes: before it is passed on, or after its effect."""

    method: str
    path: str
    when: Literal["before", "after"]
    spring: Callable[[], None]


class Gate(ThreadingHTTPServer):
    """Passes requests on to ``target``; one trap at a time."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.target = urlsplit(target).netloc
        self.sprung = threading.Event()
        self._trap: Trap | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def set_trap(self, trap: Trap) -> None:
        self.sprung.clear()
        self._trap = trap

    def take_trap(self, method: str, path: str) -> Trap | None:
        trap = self._trap
        if trap is None or trap.method != method or not urlsplit(path).path.endswith(trap.path):
            return None
        self._trap = None
        return trap

    def handle_error(self, request: object, client_address: object) -> None:
        """The operator dies in the middle of requests: nobody is left to answer."""


class _Passing(BaseHTTPRequestHandler):
    server: Gate
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        trap = self.server.take_trap(self.command, self.path)
        if trap and trap.when == "before":
            self._spring(trap)
            return
        status, headers, answer = self._ask(body)
        if trap:
            self._spring(trap)
            return
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _NOT_PASSED_ON:
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _pass_on  # noqa: N815

    def _spring(self, trap: Trap) -> None:
        self.close_connection = True
        trap.spring()
        self.server.sprung.set()

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self.server.target, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        try:
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silent."""


@contextmanager
def open_gate(target: str) -> Iterator[Gate]:
    """The gate, until the block ends."""
    gate = Gate(target)
    thread = threading.Thread(target=gate.serve_forever, daemon=True)
    thread.start()
    try:
        yield gate
    finally:
        gate.shutdown()
        gate.server_close()
        thread.join()
