"""Times as the API server writes them: RFC 3339, UTC, whole seconds."""

from datetime import UTC, datetime


def to_timestamp(moment: datetime) -> str:
    """``2026-01-31T12:00:00Z``; fractions of a second are cut off."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_timestamp(text: str) -> datetime:
    """The moment, in UTC. ValueError if it is none."""
    return datetime.fromisoformat(text).astimezone(UTC)
