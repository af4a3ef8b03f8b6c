"""The operator's own HTTP port: /metrics, /healthz (is it stuck?) and /readyz (does it know the cluster?)."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SILENCE_LIMIT_SECONDS = 360.0
"""A watch ends by itself after 290 s at most, so one that heard nothing for longer is stuck."""


@dataclass(frozen=True)
class HealthChecks:
    """What health is judged by."""

    silence: Callable[[], float]  # seconds since the most silent watch heard anything
    synced: Callable[[], bool]  # a process that waits for the Lease is ready too: its mirrors are warm
    metrics: Callable[[], bytes]


class HealthServer:
    """Serves until ``stop``; ``port`` is the one that was given by the system if 0 was requested."""

    def __init__(self, port: int, checks: HealthChecks, host: str) -> None:
        self._server = ThreadingHTTPServer((host, port), _handler(checks))
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def start(self) -> None:
        """Begin to answer."""
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()


def answer(path: str, checks: HealthChecks) -> tuple[int, str, bytes]:
    """Status, content type and body for a path."""
    if path == "/metrics":
        return 200, "text/plain; version=0.0.4; charset=utf-8", checks.metrics()
    if path == "/healthz":
        silence = checks.silence()
        stuck = silence > SILENCE_LIMIT_SECONDS
        return (503 if stuck else 200), "text/plain", f"the most silent watch heard something {silence:.0f} s ago\n".encode()
    if path == "/readyz":
        synced = checks.synced()
        return (200 if synced else 503), "text/plain", b"ready\n" if synced else b"the mirrors are not whole yet\n"
    return 404, "text/plain", b"there are /metrics, /healthz and /readyz\n"


def _handler(checks: HealthChecks) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content_type, body = answer(self.path.partition("?")[0], checks)
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Probes come every few seconds and are not worth a line."""

    return Handler
