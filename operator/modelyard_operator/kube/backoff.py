"""How long to wait before trying again."""

import random
from collections.abc import Callable


class Backoff:
    """Doubling pauses with jitter, so that many that failed together don't come back together."""

    def __init__(self, first: float, longest: float, jitter: Callable[[], float] = random.random) -> None:
        """Pauses in seconds; ``jitter`` gives numbers from 0 to 1."""
        self._first = first
        self._longest = longest
        self._jitter = jitter
        self._failures = 0

    def next(self) -> float:
        """The pause after one more failure: between half and the whole of ``first * 2**failures``, at most ``longest``."""
        whole = min(self._longest, self._first * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return whole * (0.5 + self._jitter() / 2)

    def reset(self) -> None:
        """It worked."""
        self._failures = 0
