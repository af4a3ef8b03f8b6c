"""What every request passes through, as ASGI middleware: its id, the headers of its answer, and the metrics."""

import logging
import traceback
import uuid
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelyard_serving.clock import Clock
from modelyard_serving.prometheus import ServingMetrics
from modelyard_serving.protocols import invocations, open_inference
from modelyard_serving.protocols.feedback import REQUEST_ID
from modelyard_serving.startup import Readiness

_log = logging.getLogger(__name__)


def protocol_of(path: str) -> str:
    """mlflow, v2 or feedback for requests that are counted; empty for probes, metadata and metrics."""
    if path == "/invocations":
        return "mlflow"
    if path == "/feedback":
        return "feedback"
    return "v2" if path.startswith("/v2/models/") and path.endswith("/infer") else ""


def error_body(path: str, status: int, message: str, reason: str = "") -> bytes:
    """An error in the words of the protocol that the path belongs to."""
    write = open_inference.write_error if path == "/v2" or path.startswith("/v2/") else invocations.write_error
    return write(status, message, reason)


def request_id_of(headers: Headers) -> str:
    """The sender's own ``x-request-id`` if it is sane, else a new one."""
    given = headers.get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


@dataclass(frozen=True)
class Boundary:
    """Wraps the application."""

    app: ASGIApp
    version: str
    readiness: Readiness
    metrics: ServingMetrics
    clock: Clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif protocol := protocol_of(scope["path"]):
            begun = self.clock.elapsed()
            with self.metrics.inflight.track_inprogress():
                status = await self._respond(scope, receive, send)
            self.metrics.duration.labels(protocol).observe(self.clock.elapsed() - begun)
            self.metrics.requests.labels(str(status), protocol).inc()
        else:
            await self._respond(scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> int:
        """The answer's status."""
        request_id = request_id_of(Headers(scope=scope))
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(MutableHeaders(scope=message), request_id)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:
            _log_without_data(error, request_id)  # the application has answered it already
        return status or 500

    def _add_headers(self, headers: MutableHeaders, request_id: str) -> None:
        headers["x-request-id"] = request_id
        headers["x-model-version"] = self.version
        if self.readiness.draining:
            headers["connection"] = "close"  # the next request then goes to another pod


def _log_without_data(error: Exception, request_id: str) -> None:
    """Where it happened. The exception's own text is left out, it may quote the rows."""
    places = "".join(traceback.format_tb(error.__traceback__)[-8:])
    _log.error("request %s failed with %s at\n%s", request_id, type(error).__name__, places)
