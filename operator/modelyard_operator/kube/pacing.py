"""How fast this process may ask the API server, and how long it waits before it tries again."""

import random
import threading
import time
from collections.abc import Callable


class TokenBucket:
    """At most ``burst`` requests at once and ``per_second`` in the long run; whoever comes too early waits its turn."""

    def __init__(
        self,
        per_second: float = 50,
        burst: int = 100,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._tokens = float(burst)
        self._at = clock()

    def take(self) -> None:
        """Return when one more request may be sent."""
        wait = self._reserve()
        if wait > 0:
            self._sleep(wait)

    def _reserve(self) -> float:
        """Take a token, a future one if need be; seconds until it is there."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second) - 1
            self._at = now
            return max(0.0, -self._tokens / self._per_second)


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
