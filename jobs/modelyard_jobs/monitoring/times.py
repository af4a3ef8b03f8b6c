"""Microseconds since the epoch (as in the request log's keys) and the text forms that people and protocols read."""

from datetime import UTC, datetime, timedelta

SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_microseconds(moment: datetime) -> int:
    """Exact, unlike ``timestamp() * 1e6``."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(microseconds: int) -> datetime:
    """In UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def rfc3339(moment: datetime) -> str:
    """``2026-01-01T00:00:00Z``; with microseconds where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def interval_text(start: int, end: int) -> str:
    """A window as ISO 8601 writes intervals: ``start/end``."""
    return f"{rfc3339(from_microseconds(start))}/{rfc3339(from_microseconds(end))}"
