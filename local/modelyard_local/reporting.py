"""Collects what the parts say of themselves into ``home.state``."""

import logging
import threading
from collections.abc import Callable, Sequence

from modelyard_local import state
from modelyard_local.home import Home
from modelyard_local.state import PartPhase, PartState, PlatformPhase, PlatformState

_LOG = logging.getLogger(__name__)
_WORKING = (PlatformPhase.READY, PlatformPhase.DEGRADED)


class Report:
    """Safe to use from several threads. What can't be written (a full disk) is in the log, and written at the next change."""

    def __init__(self, home: Home, first: PlatformState, on_change: Callable[[PlatformState], None] = lambda _: None) -> None:
        self._home = home
        self._on_change = on_change
        self._lock = threading.RLock()
        self._written: PlatformState | None = None
        self._parts: Callable[[], Sequence[PartState]] = tuple
        self.now = first
        self.refresh()

    def follow(self, parts: Callable[[], Sequence[PartState]]) -> None:
        """Ask these for their states from now on."""
        self._parts = parts
        self.refresh()

    def say(self, **changed: object) -> None:
        """Change fields of the platform's state."""
        with self._lock:
            self.now = self.now.model_copy(update=changed)
            self.refresh()

    def refresh(self) -> None:
        """Write what is the case now, if it differs from what was written."""
        with self._lock:
            parts = tuple(self._parts()) or self.now.parts
            self.now = self.now.model_copy(update={"parts": parts, "phase": overall(self.now.phase, parts)})
            if self.now == self._written:
                return
            try:
                state.write(self._home, self.now)
            except OSError as error:
                _LOG.warning("%s could not be written: %s", self._home.state, error)
                return
            self._written = self.now
        self._on_change(self.now)


def overall(phase: PlatformPhase, parts: Sequence[PartState]) -> PlatformPhase:
    """A platform that has been ready is degraded while a part isn't; other phases are for the platform process to say."""
    if phase not in _WORKING:
        return phase
    return PlatformPhase.READY if all(part.phase is PartPhase.READY for part in parts) else PlatformPhase.DEGRADED
