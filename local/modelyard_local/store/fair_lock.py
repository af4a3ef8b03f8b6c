"""Lets writers of several processes in one after another.

SQLite's lock goes to whoever looks at the right moment, and a process that writes all the time looks first every time. So whoever wants
the lock has to hold this one while waiting for it: who has just written meets there whoever waited meanwhile.
"""

import fcntl
import os
import random
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PAUSE_SECONDS = (0.0005, 0.003)


class TookTooLong(Exception):
    """Others were let in for all the time."""


class FairLock:
    """One per process and file; its users come one at a time."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        """Makes the file if there is none. Raises OSError."""
        self._clock = clock
        self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        weakref.finalize(self, os.close, self._file)

    @contextmanager
    def held(self, until: float) -> Iterator[None]:
        """Alone, also among processes. Raises TookTooLong at ``until`` (of the clock)."""
        self.retry(self._take, until)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def retry(self, attempt: Callable[[], bool], until: float) -> None:
        """Again and again until it succeeds. Raises TookTooLong."""
        while not attempt():
            if self._clock() >= until:
                raise TookTooLong
            time.sleep(random.uniform(*_PAUSE_SECONDS))  # noqa: S311  no secret

    def _take(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
