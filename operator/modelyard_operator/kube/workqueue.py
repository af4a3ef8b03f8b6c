"""Keys waiting to be reconciled: each at most once, never in two workers at a time, with delays and growing pauses after failures.

The protocol of client-go's workqueue: a key that is added while it is being worked on is taken again after that.
"""

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from modelyard_operator.kube.pacing import Backoff

KeyT = TypeVar("KeyT")


class WorkQueue(Generic[KeyT]):
    """Thread-safe. A worker calls ``get``, works, then ``done``; and ``retry`` or ``forget`` before ``done``."""

    def __init__(self, backoff: Callable[[], Backoff], clock: Callable[[], float] = time.monotonic) -> None:
        self._new_backoff = backoff
        self._clock = clock
        self._changed = threading.Condition()
        self._ready: deque[KeyT] = deque()
        self._dirty: set[KeyT] = set()  # to be taken, now or after being worked on
        self._processing: set[KeyT] = set()
        self._due: dict[KeyT, float] = {}  # the earliest time that was requested
        self._heap: list[tuple[float, int, KeyT]] = []  # may hold entries that an earlier one has replaced
        self._count = 0
        self._backoffs: dict[KeyT, Backoff] = {}
        self._closed = False

    def __len__(self) -> int:
        """Keys that are ready."""
        return len(self._ready)

    def add(self, key: KeyT) -> None:
        """Have it worked on as soon as possible."""
        with self._changed:
            self._add(key)

    def add_after(self, key: KeyT, seconds: float) -> None:
        """Have it worked on in ``seconds``, or earlier if that was requested before."""
        with self._changed:
            due = self._clock() + seconds
            if due < self._due.get(key, float("inf")):
                self._due[key] = due
                self._count += 1
                heapq.heappush(self._heap, (due, self._count, key))
                self._changed.notify()

    def retry(self, key: KeyT) -> float:
        """It failed: again after a pause that grows with each failure in a row; returns the pause in seconds."""
        with self._changed:
            backoff = self._backoffs.setdefault(key, self._new_backoff())
            pause = backoff.next()
        self.add_after(key, pause)
        return pause

    def forget(self, key: KeyT) -> None:
        """It succeeded: the next failure is the first."""
        with self._changed:
            self._backoffs.pop(key, None)

    def get(self, timeout: float | None = None) -> KeyT | None:
        """The next key; None when the queue was closed, or after ``timeout`` seconds."""
        until = None if timeout is None else self._clock() + timeout
        with self._changed:
            while not self._closed:
                next_due = self._ripen()
                if self._ready:
                    return self._take()
                now = self._clock()
                if until is not None and now >= until:
                    return None
                ends = [moment - now for moment in (next_due, until) if moment is not None]
                self._changed.wait(min(ends) if ends else None)
            return None

    def done(self, key: KeyT) -> None:
        """The worker is finished with it."""
        with self._changed:
            self._processing.discard(key)
            if key in self._dirty:
                self._ready.append(key)
                self._changed.notify()

    def close(self) -> None:
        """Every ``get`` returns None from now on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _add(self, key: KeyT) -> None:
        if key in self._dirty:
            return
        self._dirty.add(key)
        if key not in self._processing:
            self._ready.append(key)
            self._changed.notify()

    def _take(self) -> KeyT:
        key = self._ready.popleft()
        self._dirty.discard(key)
        self._processing.add(key)
        if self._ready or self._heap:
            self._changed.notify()  # somebody else has to watch over what is left, now that this worker is busy
        return key

    def _ripen(self) -> float | None:
        """Add all keys whose time has come; the time of the next one."""
        while self._heap:
            due, _, key = self._heap[0]
            if self._due.get(key) != due:
                heapq.heappop(self._heap)  # replaced by an earlier one
                continue
            if due > self._clock():
                return due
            heapq.heappop(self._heap)
            del self._due[key]
            self._add(key)
        return None
