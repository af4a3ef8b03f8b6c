"""Times in the forms that the parts exchange: RFC 3339 as the API server writes it, ISO 8601 intervals, and microseconds since the epoch."""

from datetime import UTC, datetime, timedelta

SECOND = 1_000_000  # microseconds, in which the request log's keys count
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_timestamp(time: datetime) -> str:
    """``2026-01-31T12:00:00Z``; fractions of a second are cut off."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_timestamp(text: str) -> datetime:
    """In UTC. Raises ValueError for what is no RFC 3339 time."""
    return datetime.fromisoformat(text).astimezone(UTC)


def rfc3339(time: datetime) -> str:
    """``2026-01-01T00:00:00Z``; with microseconds where there are any."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_microseconds(time: datetime) -> int:
    """Exact, unlike ``timestamp() * 1e6``."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(microseconds: int) -> datetime:
    """In UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def interval_text(start: int, end: int) -> str:
    """A window, from its microseconds, as ISO 8601 writes intervals: ``start/end``."""
    return f"{rfc3339(from_microseconds(start))}/{rfc3339(from_microseconds(end))}"
