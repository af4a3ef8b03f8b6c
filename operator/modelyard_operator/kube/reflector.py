"""Keeps a mirror true: list, then watch, for ever.

A watch that ends is reopened where it was; a version that the server has forgotten (410) means listing again, and what was deleted
meanwhile is found by comparing.
"""

import logging
import threading
import time
from collections.abc import Callable

from modelyard_api.base import GROUP

from modelyard_operator.kube.interface import Expired, Kind, Kube, KubeError, Object, Unreachable, WatchEvent
from modelyard_operator.kube.mirror import Mirror
from modelyard_operator.kube.pacing import Backoff

_LOG = logging.getLogger(__name__)
_WATCH_SECONDS = 290
_SHORTEST_WATCH_SECONDS = 1.0  # an empty one that ends sooner is a failure, or a broken proxy would make this a busy loop


class Reflector:
    """One thread per kind and namespace. ``last_heard`` is the monotonic time of the last sign of life."""

    def __init__(
        self,
        kube: Kube,
        kind: Kind,
        mirror: Mirror,
        *,
        namespace: str = "",
        selector: str = "",
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.kind = kind
        self.last_heard = clock()
        self._kube = kube
        self._mirror = mirror
        self._namespace = namespace
        self._selector = selector
        self._backoff = backoff or Backoff(first=0.5, longest=30)
        self._clock = clock
        self._stop = threading.Event()
        self._synced = threading.Event()
        self._version = ""

    @property
    def has_synced(self) -> bool:
        """Whether the mirror has been whole once."""
        return self._synced.is_set()

    def wait_synced(self, seconds: float) -> bool:
        """Wait for the first list."""
        return self._synced.wait(seconds)

    def start(self) -> None:
        """Begin, in a thread of its own that ends with the process."""
        threading.Thread(target=self.run, name=f"reflect-{self.kind.plural}", daemon=True).start()

    def stop(self) -> None:
        """End after the event that is being waited for."""
        self._stop.set()

    def run(self) -> None:
        """List and watch until stopped. An unexpected error is logged and met like an unreachable server: a mirror must never fall silent."""
        while not self._stop.is_set():
            try:
                self._once()
            except Expired:
                self._version = ""
                self._pause(logging.INFO, "version expired, listing again")
            except KubeError as error:
                self._pause(logging.WARNING, str(error))
            except Exception:
                _LOG.exception("watching %s failed unexpectedly", self.kind.plural)
                self._version = ""
                self._pause(logging.ERROR, "listing again")

    def _once(self) -> None:
        if not self._version:
            self._list()
        began, heard = self._clock(), False
        where = {"namespace": self._namespace, "selector": self._selector}
        for event in self._kube.watch(self.kind, resource_version=self._version, timeout_seconds=_WATCH_SECONDS, **where):
            heard = True
            self._take(event)
            if self._stop.is_set():
                return
        lasted = self._clock() - began
        if not heard and lasted < _SHORTEST_WATCH_SECONDS:
            raise Unreachable(f"the watch of {self.kind.plural} was closed as soon as it was opened")
        self._alive()  # the server ended it in order
        if self.kind.group == GROUP and lasted < _WATCH_SECONDS - 1:
            self._version = ""  # its definition may have changed: then the same version of an object reads otherwise from now on

    def _take(self, event: WatchEvent) -> None:
        self._alive()
        if event.type == "DELETED":
            self._mirror.drop(event.object)
        elif event.type != "BOOKMARK":
            self._mirror.put(event.object)
        self._version = event.object["metadata"]["resourceVersion"]

    def _alive(self) -> None:
        self.last_heard = self._clock()
        self._backoff.reset()

    def _list(self) -> None:
        objects: list[Object] = []
        next_page = ""
        while True:
            page = self._kube.list_page(self.kind, namespace=self._namespace, selector=self._selector, next_page=next_page)
            self.last_heard = self._clock()
            objects += page.items
            next_page = page.next_page
            if not next_page:
                break
        self._mirror.replace(objects, self._namespace)
        self._version = page.resource_version
        self._synced.set()

    def _pause(self, level: int, why: str) -> None:
        seconds = self._backoff.next()
        _LOG.log(level, "watch of %s interrupted, going on in %.1f s: %s", self.kind.plural, seconds, why)
        self._stop.wait(seconds)
