"""What a container's probes have said so far, and what follows.

https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/; one success is enough everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from modelyard_operator.kube.interface import Object

STARTUP, READINESS, LIVENESS = "startup", "readiness", "liveness"
_DEFAULT_PERIOD_SECONDS, _DEFAULT_FAILURES, _DEFAULT_TIMEOUT_SECONDS = 10, 3, 1


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
    def asked(self) -> tuple[str, ...]:
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
    """What one answer changes. Answers of probes that don't count any more change nothing."""
    if name not in health.asked:
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
