"""Leader election by a Lease (coordination.k8s.io/v1): one operator works, others wait.

Whoever holds the Lease may act for ``renew_deadline`` after the *start* of its last successful renewal, by its own monotonic clock; others
take the Lease only when they have seen it unchanged for the longer ``duration``, by theirs. No two clocks are ever compared. A watchdog
thread, which does no I/O, ends the work when the deadline passes, so a request that hangs can't stretch it.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from modelyard_operator.kube.interface import LEASE, AlreadyExists, Conflict, Kube, KubeError, NotFound, Object

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Candidate:
    """Who runs for which Lease."""

    namespace: str
    name: str
    identity: str  # no two living processes may share one


@dataclass(frozen=True)
class LeaseTiming:
    """In seconds; client-go's defaults. A request must not last longer than ``renew_deadline - retry_period``."""

    duration: float = 15
    renew_deadline: float = 10
    retry_period: float = 2


class Elector:
    """Runs for the Lease until it is stopped, or until it loses it: then ``on_lost`` is called, once, and must not return to work."""

    def __init__(
        self,
        kube: Kube,
        candidate: Candidate,
        *,
        on_lost: Callable[[], None],
        timing: LeaseTiming | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._kube = kube
        self._namespace = candidate.namespace
        self._name = candidate.name
        self._identity = candidate.identity
        self._on_lost = on_lost
        self._timing = timing or LeaseTiming()
        self._clock = clock
        self._now = now
        self._jitter = jitter
        self._stop = threading.Event()
        self._leading = threading.Event()
        self._may_act_until = 0.0
        self._seen: tuple[str, float] = ("", 0.0)  # resource version of the other's Lease, and when we first saw it
        self._lost_once = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="elect", daemon=True)

    @property
    def leading(self) -> bool:
        """Whether this process may act at this moment."""
        return self._leading.is_set() and self._clock() < self._may_act_until

    def start(self) -> None:
        """Begin to run for the Lease, in threads that end with the process."""
        self._thread.start()

    def wait_leading(self, seconds: float) -> bool:
        """Wait to be elected."""
        return self._leading.wait(seconds)

    def stop(self) -> None:
        """Give the Lease back, so that another doesn't have to wait for it; call when no work goes on any more."""
        was_leading = self.leading
        self._stop.set()
        if self._thread.is_alive():  # not before it was started
            self._thread.join(self._timing.renew_deadline)
        self._leading.clear()
        if was_leading:
            self._release()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._try()
            except KubeError as error:
                _LOG.warning("lease %s/%s: %s", self._namespace, self._name, error)
            self._stop.wait(self._timing.retry_period * (1 + 0.2 * self._jitter()))

    def _try(self) -> None:
        """Renew, or take what is free. The server lets one of two who try at once through: by the resource version."""
        began = self._clock()
        try:
            lease = self._kube.get(LEASE, self._namespace, self._name)
        except NotFound:
            held = self._write(self._kube.create, _new_lease(self._namespace, self._name, self._claim({})))
        else:
            held = self._is_free(lease) and self._write(
                lambda body: self._kube.update(LEASE, body), {**lease, "spec": self._claim(lease["spec"])}
            )
            if self._leading.is_set() and not self._is_ours(lease):
                self._lose(f"{lease['spec'].get('holderIdentity')} holds it")
        if held:
            self._may_act_until = began + self._timing.renew_deadline
            self._became_leader()

    def _write(self, write: Callable[[Object], Object], body: Object) -> bool:
        try:
            write(body)
        except (AlreadyExists, Conflict):
            return False  # another was faster
        return True

    def _is_free(self, lease: Object) -> bool:
        if self._is_ours(lease) or not lease["spec"].get("holderIdentity"):
            return True
        version = lease["metadata"]["resourceVersion"]
        if self._seen[0] != version:
            self._seen = (version, self._clock())
        return self._clock() >= self._seen[1] + float(lease["spec"].get("leaseDurationSeconds") or self._timing.duration)

    def _is_ours(self, lease: Object) -> bool:
        return bool(lease["spec"].get("holderIdentity") == self._identity)

    def _claim(self, spec: Object) -> Object:
        now = self._now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        same = spec.get("holderIdentity") == self._identity
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": max(1, round(self._timing.duration)),
            "acquireTime": spec["acquireTime"] if same and spec.get("acquireTime") else now,
            "renewTime": now,
            "leaseTransitions": int(spec.get("leaseTransitions") or 0) + (0 if same or not spec else 1),
        }

    def _became_leader(self) -> None:
        if not self._leading.is_set() and not self._stop.is_set():
            _LOG.info("leading, lease %s/%s", self._namespace, self._name)
            self._leading.set()
            threading.Thread(target=self._watch_deadline, name="lease-watchdog", daemon=True).start()

    def _watch_deadline(self) -> None:
        while not self._stop.is_set():
            left = self._may_act_until - self._clock()
            if left <= 0:
                return self._lose(f"not renewed for {self._timing.renew_deadline:.0f} s")
            self._stop.wait(left)
        return None

    def _lose(self, why: str) -> None:
        if not self._lost_once.acquire(blocking=False):
            return
        self._may_act_until = 0.0
        self._leading.clear()
        self._stop.set()
        _LOG.error("lost lease %s/%s: %s", self._namespace, self._name, why)
        self._on_lost()

    def _release(self) -> None:
        try:
            lease = self._kube.get(LEASE, self._namespace, self._name)
            if self._is_ours(lease):
                self._kube.update(LEASE, {**lease, "spec": {**self._claim(lease["spec"]), "holderIdentity": "", "leaseDurationSeconds": 1}})
        except KubeError as error:
            _LOG.warning("lease %s/%s was not given back, it runs out by itself: %s", self._namespace, self._name, error)


def _new_lease(namespace: str, name: str, spec: Object) -> Object:
    metadata = {"namespace": namespace, "name": name}
    return {"apiVersion": LEASE.api_version, "kind": LEASE.name, "metadata": metadata, "spec": spec}
