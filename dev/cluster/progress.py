"""Plain progress lines with elapsed seconds; nothing moves, so that a log file reads as well as a terminal."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_started = time.monotonic()


def say(text: str) -> None:
    """Print one line with the seconds since the command began."""
    print(f"[{time.monotonic() - _started:6.1f} s] {text}", file=sys.stderr, flush=True)


@contextmanager
def step(what: str, usually: str = "") -> Iterator[None]:
    """Announce `what` and how long it usually takes, then say how long it took."""
    say(f"{what} ..." + (f" (usually {usually})" if usually else ""))
    began = time.monotonic()
    yield
    say(f"{what}: done in {time.monotonic() - began:.1f} s")
