"""The loop: a change makes a key, a worker takes it, its Reconciler decides, the Writer carries out."""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelyard_operator.kube.interface import KINDS, KubeError, Object
from modelyard_operator.kube.pacing import Backoff
from modelyard_operator.kube.workqueue import WorkQueue
from modelyard_operator.kube.writer import NotLeading, PlanError, Writer
from modelyard_operator.mirrors import RESOURCES, Mirrors
from modelyard_operator.plan import Plan
from modelyard_operator.prometheus import Metrics
from modelyard_operator.reconciler import Key, Problem, Reconciler
from modelyard_operator.registry.interface import AliasChanged, RegistryError, RegistryReader

_LOG = logging.getLogger(__name__)
_LONGEST_PAUSE_SECONDS = 60.0
_SOON_SECONDS = 0.1  # long enough for the mirror to hear of what we have just written
_PAUSE_AFTER_REPETITION_SECONDS = 5.0  # the same registry actions twice in a row: the registry doesn't show their effect yet


def new_queue() -> WorkQueue[Key]:
    """Keys that failed come back after 0.1 s, 0.2 s, … a minute."""
    return WorkQueue(lambda: Backoff(first=0.2, longest=_LONGEST_PAUSE_SECONDS))


@dataclass(frozen=True)
class ControllerOptions:
    """How many workers, how often (seconds), and what time it is (UTC)."""

    workers: int
    resync: float
    alias_poll: float
    now: Callable[[], datetime]


class Controller:
    """Works from ``start`` to ``stop``; only while leading, and only when the mirrors are whole."""

    def __init__(
        self,
        mirrors: Mirrors,
        queue: WorkQueue[Key],
        reconcilers: Mapping[str, Reconciler[Any]],
        registry: RegistryReader,
        writer: Writer,
        metrics: Metrics,
        options: ControllerOptions,
    ) -> None:
        self._mirrors = mirrors
        self._queue = queue
        self._reconcilers = reconcilers
        self._registry = registry
        self._writer = writer
        self._metrics = metrics
        self._options = options
        self._acted: dict[Key, Plan] = {}
        self._problems: dict[Key, Problem] = {}
        self._stop = threading.Event()
        self._look_at_aliases = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Reconcile everything once, then whatever changes."""
        for kind in RESOURCES:
            for resource in self._mirrors.all(kind):
                self._queue.add(_key(resource))
        works = [("aliases", self._follow_aliases), *((f"reconcile-{n}", self._work) for n in range(self._options.workers))]
        self._threads = [threading.Thread(target=target, name=name, daemon=True) for name, target in works]
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 20) -> bool:
        """Let the workers finish what they do; whether all did in time."""
        self._stop.set()
        self._look_at_aliases.set()
        self._queue.close()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while not self._stop.is_set():
            key = self._queue.get()
            if key is None:
                return
            try:
                with self._metrics.reconciling(key.kind):
                    self._attempt(key)
            finally:
                self._queue.done(key)

    def _attempt(self, key: Key) -> None:
        """One try; every failure ends in another one, later."""
        try:
            requeue_after = self._reconcile(key)
        except NotLeading:
            return
        except PlanError as error:
            self._again(key, logging.WARNING, error.problem.reason, error.problem.message)
        except AliasChanged as changed:
            self._again(key, logging.INFO, "AliasChanged", str(changed))
        except (KubeError, RegistryError) as error:
            self._again(key, logging.INFO, type(error).__name__, str(error))
        except Exception as error:  # a bug: one resource must not stop the others
            _LOG.exception("reconcile failed unexpectedly", extra=_fields(key))
            self._again(key, logging.ERROR, type(error).__name__, "see the traceback above")
        else:
            self._queue.forget(key)
            if requeue_after is not None:
                self._queue.add_after(key, requeue_after)

    def _reconcile(self, key: Key) -> float | None:
        """Seconds until the resource is looked at again; None: it is gone."""
        resource = self._mirrors.get(KINDS[key.kind], key.namespace, key.name)
        plan = self._plan(key, self._problems.get(key)) if resource else None
        if resource is None or plan is None:
            self._problems.pop(key, None)
            self._acted.pop(key, None)
            return None
        try:
            self._writer.run(plan, resource, self._mirrors)
        except PlanError as error:
            self._tell(key, error, plan, resource)
            raise
        return self._next_look(key, plan)

    def _next_look(self, key: Key, plan: Plan) -> float:
        solved = self._problems.pop(key, None)
        before = self._acted.pop(key, None)
        if plan.registry:
            self._acted[key] = plan
            self._look_at_aliases.set()  # who follows what was just promoted needn't wait for the next poll
            repeated = before is not None and before.registry == plan.registry
            return _PAUSE_AFTER_REPETITION_SECONDS if repeated else _SOON_SECONDS
        if solved:
            return _SOON_SECONDS
        resync = self._options.resync * (1 + 0.1 * random.random())  # noqa: S311  spreads load, guards nothing
        return min(resync, plan.requeue_after) if plan.requeue_after is not None else resync

    def _plan(self, key: Key, problem: Problem | None) -> Plan | None:
        reconciler = self._reconcilers[key.kind]
        observed = reconciler.gather(key, self._mirrors, self._registry, problem)
        return None if observed is None else reconciler.reconcile(observed, self._options.now())

    def _tell(self, key: Key, error: PlanError, plan: Plan, resource: Object) -> None:
        """Put the problem into the status, without trying again what has just failed."""
        if self._problems.get(key) == error.problem:
            if not error.status_written:
                self._writer.send_events(plan, resource)
            return
        newest = self._mirrors.get(KINDS[key.kind], key.namespace, key.name)
        telling = self._plan(key, error.problem)
        if newest is not None and telling is not None:
            self._writer.send_events(telling, newest)  # a Conflict here means: not sent, and sent by the next try
            self._problems[key] = error.problem

    def _again(self, key: Key, level: int, reason: str, message: str) -> None:
        pause = self._queue.retry(key)
        self._metrics.failed(key.kind, reason)
        _LOG.log(level, "%s: %s; again in %.1f s", reason, message, pause, extra={**_fields(key), "reason": reason})

    def _follow_aliases(self) -> None:
        known: Mapping[tuple[str, str], str] | None = None
        while not self._stop.is_set():
            try:
                aliases = self._registry.aliases()
            except RegistryError as error:
                _LOG.warning("aliases were not read: %s", error, extra={"reason": type(error).__name__})
            except Exception:
                _LOG.exception("aliases were not read")
            else:
                if known != aliases:
                    self._enqueue_followers(moved(known, aliases))
                known = aliases
            self._look_at_aliases.wait(self._options.alias_poll)
            self._look_at_aliases.clear()

    def _enqueue_followers(self, models: set[str]) -> None:
        for kind in RESOURCES:
            reconciler = self._reconcilers[kind.name]
            for resource in self._mirrors.all(kind):
                if reconciler.followed_model(resource) in models:
                    self._queue.add(_key(resource))


def moved(before: Mapping[tuple[str, str], str] | None, after: Mapping[tuple[str, str], str]) -> set[str]:
    """Registered models of which an alias came, went or moved; the first time, all that have one."""
    known = before or {}
    return {name for name, alias in {*known, *after} if known.get((name, alias)) != after.get((name, alias))}


def _key(resource: Object) -> Key:
    return Key(resource["kind"], resource["metadata"]["namespace"], resource["metadata"]["name"])


def _fields(key: Key) -> dict[str, str]:
    return {"kind": key.kind, "namespace": key.namespace, "resource": key.name}
