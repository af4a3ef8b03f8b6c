"""Probes of containers: when they are due, what their results mean, and requests over HTTP."""

import http.client
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace

from modelyard_operator.kube.interface import Object

STARTUP, READINESS, LIVENESS = "startup", "readiness", "liveness"
_DEFAULT_PERIOD_SECONDS, _DEFAULT_FAILURES, _DEFAULT_TIMEOUT_SECONDS = 10, 3, 1
_LOOPBACK = "127.0.0.1"
_OK = range(200, 400)


@dataclass(frozen=True)
class Probe:
    """One HTTP probe."""

    path: str
    period: float  # seconds
    timeout: float  # seconds
    failures: int  # so many in a row are one
    delay: float = 0.0  # seconds before the first


@dataclass(frozen=True)
class Health:
    """Of one run of a container."""

    probes: Mapping[str, Probe]
    is_started: bool
    is_ready: bool
    condemned_by: str = ""  # the probe that wants the container restarted
    failed: Mapping[str, int] = field(default_factory=dict)  # in a row

    @property
    def due(self) -> tuple[str, ...]:
        """The probes that count now: the others wait for the startup probe."""
        names = (READINESS, LIVENESS) if self.is_started else (STARTUP,)
        return tuple(name for name in names if name in self.probes)


def newborn(container: Object) -> Health:
    """Before the first answer. Without a probe for it, what runs is started and ready."""
    wire = {name: container.get(f"{name}Probe") for name in (STARTUP, READINESS, LIVENESS)}
    probes = {name: _probe(spec) for name, spec in wire.items() if spec}
    is_started = STARTUP not in probes
    return Health(probes, is_started, is_ready=is_started and READINESS not in probes)


def after(health: Health, name: str, *, succeeded: bool) -> Health:
    """What one result changes. Results of probes that don't count any more change nothing."""
    if name not in health.due:
        return health
    if succeeded:
        return _passed(replace(health, failed={**health.failed, name: 0}), name)
    failed = health.failed.get(name, 0) + 1
    health = replace(health, failed={**health.failed, name: failed})
    if failed < health.probes[name].failures:
        return health
    return replace(health, is_ready=False) if name == READINESS else replace(health, is_ready=False, condemned_by=name)


def _passed(health: Health, name: str) -> Health:
    if name == STARTUP:
        return replace(health, is_started=True, is_ready=READINESS not in health.probes)
    return replace(health, is_ready=True) if name == READINESS else health


def _probe(spec: Object) -> Probe:
    return Probe(
        path=str(spec["httpGet"]["path"]),
        period=float(spec.get("periodSeconds", _DEFAULT_PERIOD_SECONDS)),
        timeout=float(spec.get("timeoutSeconds", _DEFAULT_TIMEOUT_SECONDS)),
        failures=int(spec.get("failureThreshold", _DEFAULT_FAILURES)),
        delay=float(spec.get("initialDelaySeconds", 0)),
    )


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
        """Take the results that came and start what is due; returns what newly counts as failed."""
        answered = [name for name, future in self._pending.items() if future.done()]
        failures = [failure for name in answered if (failure := self._take(name, self._pending.pop(name)))]
        for name in self.health.due:
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
