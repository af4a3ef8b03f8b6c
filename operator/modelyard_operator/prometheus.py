"""What the operator tells Prometheus: about its own work, and what the monitors found (read from status, so it is never out of step)."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from modelyard_api.catalogue.checks import CHECKS
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from modelyard_operator.kube.interface import Object

_SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60)


class Metrics:
    """Counters and gauges of one operator process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._reconciles = Counter("modelyard_reconcile", "Reconciles.", ["kind"], registry=self._registry)
        self._errors = Counter(
            "modelyard_reconcile_errors", "Reconciles that have to be repeated.", ["kind", "reason"], registry=self._registry
        )
        self._duration = Histogram(
            "modelyard_reconcile_duration_seconds", "Time of a reconcile.", ["kind"], buckets=_SECONDS, registry=self._registry
        )
        self._writes = Counter("modelyard_writes", "Writes to the cluster and the registry.", ["verb", "kind"], registry=self._registry)

    @contextmanager
    def reconciling(self, kind: str) -> Iterator[None]:
        """Count and time one reconcile."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._reconciles.labels(kind).inc()
            self._duration.labels(kind).observe(time.monotonic() - began)

    def failed(self, kind: str, reason: str) -> None:
        """One reconcile has to be repeated."""
        self._errors.labels(kind, reason).inc()

    def wrote(self, verb: str, kind: str) -> None:
        """One write is about to be sent."""
        self._writes.labels(verb, kind).inc()

    def watch(self, queue_depth: Callable[[], int], leading: Callable[[], bool], silence: Callable[[], float]) -> None:
        """Gauges that are read at each scrape; ``silence`` is the age in seconds of the last sign of life of the watches."""
        self._gauge("modelyard_queue_depth", "Resources waiting for a worker.", lambda: float(queue_depth()))
        self._gauge("modelyard_leader", "1 if this process is the one that works.", lambda: float(leading()))
        self._gauge("modelyard_watch_age_seconds", "Age of the last sign of life of the most silent watch.", silence)

    def show_monitoring(self, deployments: Callable[[], Sequence[Object]]) -> None:
        """Gauges of what the monitors of these ModelDeployments found last."""
        self._registry.register(_Monitoring(deployments))

    def exposition(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        Gauge(name, text, registry=self._registry).set_function(read)


class _Monitoring(Collector):
    def __init__(self, deployments: Callable[[], Sequence[Object]]) -> None:
        self._deployments = deployments

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing is collected at registration: the mirrors are still empty."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One sample per deployment, or per deployment and column, or metric."""
        which = ["namespace", "deployment"]
        share = GaugeMetricFamily("modelyard_drifted_share", "Share of the columns that drifted in the last window.", labels=which)
        distance = GaugeMetricFamily("modelyard_drift_distance", "Distance from the reference sample.", labels=[*which, "column", "method"])
        realized = GaugeMetricFamily("modelyard_realized_metric", "Realised quality, from true outcomes.", labels=[*which, "metric"])
        active = GaugeMetricFamily("modelyard_check_active", "1 while the monitor's check is active, else 0.", labels=[*which, "check"])
        success = GaugeMetricFamily(
            "modelyard_monitor_last_success_timestamp_seconds", "When the monitor last succeeded (Unix time).", labels=which
        )
        for deployment in self._deployments():
            names = [deployment["metadata"]["namespace"], deployment["metadata"]["name"]]
            status = deployment.get("status") or {}
            found = status.get("monitoring") or {}
            statuses = {condition["type"]: condition["status"] for condition in status.get("conditions") or ()}
            for spec in CHECKS.values():
                if statuses.get(spec.condition) in {"True", "False"}:  # Unknown: nothing to show
                    active.add_metric([*names, spec.name], float(statuses[spec.condition] == "True"))
            if found.get("driftedShare") is not None:
                share.add_metric(names, found["driftedShare"])
            for column in found.get("columns") or ():
                if column.get("distance") is not None:
                    distance.add_metric([*names, column["name"], column["method"]], column["distance"])
            if found.get("realized"):
                realized.add_metric([*names, found["realized"]["metric"]], found["realized"]["value"])
            if found.get("lastRun"):
                success.add_metric(names, datetime.fromisoformat(found["lastRun"]).timestamp())
        yield from (active, share, distance, realized, success)
