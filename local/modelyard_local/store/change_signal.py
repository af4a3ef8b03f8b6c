"""Waking watches: at once after commits of this process, and within 50 ms after those of others.

SQLite tells nobody about commits. One of the waiting threads looks for all of them, so that an idle platform with many watches stays idle.
"""

import threading
from collections.abc import Callable

_POLL_SECONDS = 0.05


class ChangeSignal:
    """Knows the newest resource version that anybody in this process has seen."""

    def __init__(self, read_newest: Callable[[], int], clock: Callable[[], float]) -> None:
        self._read_newest = read_newest
        self._clock = clock
        self._condition = threading.Condition()
        self._newest = 0
        self._has_poller = False
        self._closed = False

    @property
    def closed(self) -> bool:
        """Nobody waits any more."""
        return self._closed

    def close(self) -> None:
        """Every wait ends."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def learn(self, version: int) -> None:
        """There is this version."""
        with self._condition:
            if version > self._newest:
                self._newest = version
                self._condition.notify_all()

    def wait_beyond(self, version: int, until: float) -> None:
        """Return when there may be a newer version, or at ``until`` (of the clock)."""
        self.learn(version)  # another thread may wait for no more than this
        with self._condition:
            if self._has_poller:
                self._condition.wait_for(lambda: self._is_over(version) or not self._has_poller, max(0.0, until - self._clock()))
                return
            self._has_poller = True
        try:
            self._poll(version, until)
        finally:
            with self._condition:
                self._has_poller = False
                self._condition.notify_all()  # the next one takes over

    def _poll(self, version: int, until: float) -> None:
        while (left := until - self._clock()) > 0:
            with self._condition:
                if self._condition.wait_for(lambda: self._is_over(version), min(_POLL_SECONDS, left)):
                    return
            self.learn(self._read_newest())

    def _is_over(self, version: int) -> bool:
        return self._closed or self._newest > version
