"""The one long-running process of a local platform: servers as children, the operator and the runner in threads.

Started by ``modelyard up`` in a session of its own; ended by SIGTERM. It holds the home's lock from its first moment to its last.
"""

import argparse
import faulthandler
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from modelyard_local import disk, lifecycle, preparation
from modelyard_local.home import Home, home
from modelyard_local.parts import Parts, PartsFailed
from modelyard_local.preparation import RequestedPorts
from modelyard_local.state import PlatformPhase, PlatformState, Report, own_version

ENDED, FAILED, RUNS_ALREADY = 0, 1, 3
_LOG = logging.getLogger("modelyard_local")
_LOOK_SECONDS = 1.0
_LOOKS_PER_DISK_CHECK = 5


@dataclass(frozen=True)
class Stopping:
    """Requested by a signal, or by a part that can't go on (then ``why`` is not empty)."""

    event: threading.Event
    why: list[str]

    def because(self, why: str) -> None:
        """The platform can't go on."""
        self.why.append(why)
        self.event.set()


def run(place: Home, requested: RequestedPorts, on_change: Callable[[PlatformState], None] = lambda _: None) -> int:
    """Until SIGTERM or SIGINT. What went wrong is in the state's message."""
    place.make()
    held = lifecycle.acquire(place.lock)
    if held is None:
        return RUNS_ALREADY
    stopping = Stopping(threading.Event(), [])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.event.set())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with held:
        report = Report(place, PlatformState(version=own_version(), pid=os.getpid(), started=datetime.now(UTC)), on_change)
        return _supervised(place, requested, report, stopping)


def _supervised(place: Home, requested: RequestedPorts, report: Report, stopping: Stopping) -> int:
    parts: Parts | None = None
    try:
        prepared = preparation.prepare(place, requested)
        report.say(addresses=prepared.addresses, notes=prepared.notes)
        parts = Parts(place, prepared, report, stopping.because)
        report.follow(parts.states)
        parts.start(stopping.event)
        if not stopping.event.is_set():
            report.say(phase=PlatformPhase.READY)
            _LOG.info("ready")
            _keep_looking(place, prepared.notes, report, stopping.event)
    except (*preparation.FORESEEN, PartsFailed) as error:
        stopping.because(str(error))
    except Exception as error:
        _LOG.exception("the platform failed unexpectedly")
        stopping.because(f"unexpected error: {type(error).__name__}: {error}")
    return _ended(report, parts, stopping)


def _keep_looking(place: Home, notes: tuple[str, ...], report: Report, stop: threading.Event) -> None:
    looks, short_of_space = 0, ""
    while not stop.wait(_LOOK_SECONDS):
        looks += 1
        if looks % _LOOKS_PER_DISK_CHECK == 0:
            before, short_of_space = short_of_space, disk.warning(place.folder, disk.free_bytes(place.folder))
            if short_of_space and not before:
                _LOG.warning(short_of_space)
            report.say(notes=(*notes, short_of_space) if short_of_space else notes)
        report.refresh()


def _ended(report: Report, parts: Parts | None, stopping: Stopping) -> int:
    why = "; ".join(stopping.why)
    if why:
        _LOG.error("ending: %s", why)
    report.say(phase=PlatformPhase.STOPPING, message=why)
    if parts is not None:
        report.say(stop_seconds=parts.stop_seconds())
        parts.stop()
    report.say(phase=PlatformPhase.FAILED if why else PlatformPhase.STOPPED, operator_url="")
    _LOG.info("stopped")
    return FAILED if why else ENDED


def log_to_standard_error(level: str = "INFO") -> None:
    """JSON lines, as the operator on a cluster writes them."""
    from modelyard_operator.json_logs import log_json  # noqa: PLC0415  two seconds, in which the servers start

    log_json(level)
    logging.getLogger("modelyard_local").setLevel(level)


def main() -> int:
    """`python -m modelyard_local.platform_process`, with its standard error appended to ``home.logs``."""
    parser = argparse.ArgumentParser()
    for name in ("mlflow", "s3", "gateway"):
        parser.add_argument(f"--port-{name}", type=int, default=0)
    given = parser.parse_args()
    faulthandler.enable()
    log_to_standard_error()
    return run(home(), RequestedPorts(mlflow=given.port_mlflow, s3=given.port_s3, gateway=given.port_gateway))


if __name__ == "__main__":
    sys.exit(main())
