"""One operator, put together: mirrors, election, controller and health, and the order in which they start and stop."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from modelyard_operator.configuration import Configuration
from modelyard_operator.controller import Controller, ControllerOptions, new_queue
from modelyard_operator.health import HealthChecks, HealthServer
from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, Kube
from modelyard_operator.kube.lease import Candidate, Elector, LeaseTiming
from modelyard_operator.kube.writer import Writer, WriterContext
from modelyard_operator.mirrors import Mirrors
from modelyard_operator.prometheus import Metrics
from modelyard_operator.reconciler import Reconciler
from modelyard_operator.registry.interface import Registry

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Connections:
    """What the operator talks to. Elections have a connection of their own: short timeouts, and never behind other requests."""

    kube: Kube
    lease_kube: Kube
    registry: Registry


class OperatorProcess:
    """Starts at once, works once elected. ``on_lost`` is called when the Lease is lost and must end the process."""

    def __init__(
        self,
        configuration: Configuration,
        connections: Connections,
        reconcilers: Sequence[Reconciler[Any]],
        on_lost: Callable[[], None],
        timing: LeaseTiming | None = None,
    ) -> None:
        self.metrics = Metrics()
        self._stop = threading.Event()
        self._queue = new_queue()
        self._mirrors = Mirrors(connections.kube, configuration.watch_namespaces, self._queue.add)
        candidate = Candidate(configuration.lease_namespace, configuration.lease_name, configuration.identity)
        self.elector = Elector(connections.lease_kube, candidate, on_lost=on_lost, timing=timing)
        context = WriterContext(lambda: self.elector.leading, configuration.identity, _utc_now, self.metrics.wrote)
        self._controller = Controller(
            self._mirrors,
            self._queue,
            {reconciler.kind.name: reconciler for reconciler in reconcilers},
            connections.registry,
            Writer(connections.kube, connections.registry, context),
            self.metrics,
            ControllerOptions(configuration.workers, configuration.resync_seconds, configuration.alias_poll_seconds, _utc_now),
        )
        self.metrics.watch(lambda: len(self._queue), lambda: self.elector.leading, self._silence)
        self.metrics.show_monitoring(lambda: self._mirrors.all(MODEL_DEPLOYMENT))
        checks = HealthChecks(self._silence, lambda: self._mirrors.have_synced, self.metrics.exposition)
        self.health = HealthServer(configuration.http_port, checks, configuration.http_host)

    def run(self) -> None:
        """Until ``stop``: mirrors first, so that whoever is elected can work at once."""
        self.health.start()
        self._mirrors.start()
        if self._wait(self._mirrors.wait_synced):
            self.elector.start()
        if self._wait(self.elector.wait_leading):
            self._controller.start()
        self._stop.wait()
        self._shut_down()

    def stop(self) -> None:
        """Let ``run`` return; safe in a signal handler."""
        self._stop.set()

    def _wait(self, ready: Callable[[float], bool]) -> bool:
        """Wait for it; false if stopped before."""
        while not self._stop.is_set():
            if ready(_LOOK_SECONDS):
                return True
        return False

    def _shut_down(self) -> None:
        """The Lease is given back only when no work goes on any more."""
        finished = self._controller.stop()
        self._mirrors.stop()
        if finished:
            self.elector.stop()
        else:
            _LOG.warning("a reconcile didn't end in time, so the lease is left to run out")
        self.health.stop()

    def _silence(self) -> float:
        return time.monotonic() - self._mirrors.last_heard()


def _utc_now() -> datetime:
    return datetime.now(UTC)
