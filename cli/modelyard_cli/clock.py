"""The one place where commands read the clock, and lengths of time: 30s, 5m, 1h30m on the command line, and ages in as few characters as kubectl takes."""

import re
import time
from datetime import UTC, datetime

from modelyard_api.timestamps import from_timestamp

from modelyard_cli.errors import WrongUsage

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_PART = re.compile(r"(\d+(?:\.\d+)?)([smh]?)")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_YEAR = 365 * _DAY


def now() -> datetime:
    """UTC."""
    return datetime.now(UTC)


def elapsed() -> float:
    """Seconds since some moment; never goes back."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)


def seconds_of(text: str) -> float:
    """Raises WrongUsage."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text or (len(parts) > 1 and any(not unit for _n, unit in parts)):
        raise WrongUsage(f"{text!r} is no length of time; write 30s, 5m or 1h30m")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def since(timestamp: str | None, now: datetime) -> str:
    """The age of an RFC 3339 timestamp; ``<unknown>`` without one."""
    if not timestamp:
        return "<unknown>"
    return human((now - from_timestamp(timestamp)).total_seconds())


def human(seconds: float) -> str:
    """``0s`` … ``119s``, ``2m5s``, ``12m``, ``3h4m``, ``12h``, ``2d3h``, ``9d``, ``2y3d``, ``9y``."""
    whole = int(seconds)
    if whole < 0:
        return "0s" if whole == -1 else "<invalid>"
    if whole < 2 * _MINUTE:
        return f"{whole}s"
    if whole < 3 * _HOUR:
        return _two(whole, _MINUTE, "m", 1, "s", whole < 10 * _MINUTE)
    if whole < 2 * _DAY:
        return _two(whole, _HOUR, "h", _MINUTE, "m", whole < 8 * _HOUR)
    if whole < 2 * _YEAR:
        return _two(whole, _DAY, "d", _HOUR, "h", whole < 8 * _DAY)
    return _two(whole, _YEAR, "y", _DAY, "d", whole < 8 * _YEAR)


def _two(seconds: int, unit: int, letter: str, smaller: int, smaller_letter: str, both: bool) -> str:
    """``seconds`` in a unit and, if ``both``, what is left in a smaller one."""
    rest = seconds % unit // smaller
    return f"{seconds // unit}{letter}" + (f"{rest}{smaller_letter}" if both and rest else "")
