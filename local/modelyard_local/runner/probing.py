"""Asks a container's probes at their times, without making anybody wait."""

import http.client
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from modelyard_local.runner.health import Health, Probe, after

_LOOPBACK = "127.0.0.1"
_OK = range(200, 400)


@dataclass(frozen=True)
class Failure:
    """A probe has failed as often as its threshold says."""

    probe: str
    message: str


class Probing:
    """The probes of one run of a container, on its port."""

    def __init__(
        self, health: Health, port: int, executor: Executor, now: float, *, ask: Callable[[int, Probe], str] | None = None
    ) -> None:
        """``now`` is monotonic, like in ``tick``."""
        self.health = health
        self._port = port
        self._executor = executor
        self._ask = ask or ask_http
        self._due = {name: now + probe.delay for name, probe in health.probes.items()}
        self._pending: dict[str, Future[str]] = {}

    def tick(self, now: float) -> tuple[Failure, ...]:
        """Take the answers that came and ask what is due; returns what newly counts as failed."""
        answered = [name for name, future in self._pending.items() if future.done()]
        failures = [failure for name in answered if (failure := self._take(name, self._pending.pop(name)))]
        for name in self.health.asked:
            if name not in self._pending and now >= self._due[name]:
                probe = self.health.probes[name]
                self._due[name] = now + probe.period
                self._pending[name] = self._executor.submit(self._ask, self._port, probe)
        return tuple(failures)

    def _take(self, name: str, answer: Future[str]) -> Failure | None:
        problem, before = answer.result(), self.health
        self.health = after(before, name, succeeded=not problem)
        has_turned = self.health.condemned_by != before.condemned_by or (before.is_ready and not self.health.is_ready)
        return Failure(name, f"{name.capitalize()} probe failed: {problem}") if problem and has_turned else None


def ask_http(port: int, probe: Probe) -> str:
    """Why the probe failed; empty: it didn't."""
    connection = http.client.HTTPConnection(_LOOPBACK, port, timeout=probe.timeout)
    try:
        connection.request("GET", probe.path, headers={"User-Agent": "kube-probe/local", "Connection": "close"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"GET http://{_LOOPBACK}:{port}{probe.path}: {error or type(error).__name__}"
    finally:
        connection.close()
    return "" if status in _OK else f"HTTP probe failed with statuscode: {status}"
