"""The one place where commands read the clock; everything else is given the time."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """UTC."""
    return datetime.now(UTC)


def elapsed() -> float:
    """Seconds since some moment; never goes back."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)
