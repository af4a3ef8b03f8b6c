"""Objects that something went wrong with are left alone for a while, so that neither the log nor a full disk gets more of it."""

from collections.abc import Callable

_SECONDS = 5.0


class Pauses:
    """By UID."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._until: dict[str, float] = {}

    def __contains__(self, uid: str) -> bool:
        """Whether it is to be left alone now."""
        return self._until.get(uid, 0.0) > self._monotonic()

    def begin(self, uid: str) -> None:
        """Leave it alone from now on."""
        now = self._monotonic()
        self._until = {each: until for each, until in self._until.items() if until > now} | {uid: now + _SECONDS}
