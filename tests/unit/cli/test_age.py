"""Ages as kubectl writes them; the table is that of k8s.io/apimachinery's duration_test.go, and its limits."""

from datetime import UTC, datetime

import pytest
from modelyard_cli.clock import human, since

MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-2, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (119, "119s"),
        (2 * MINUTE, "2m"),
        (2 * MINUTE + 1, "2m1s"),
        (10 * MINUTE - 1, "9m59s"),
        (10 * MINUTE + 1, "10m"),
        (3 * HOUR - 1, "179m"),
        (3 * HOUR, "3h"),
        (3 * HOUR + MINUTE, "3h1m"),
        (8 * HOUR - 1, "7h59m"),
        (8 * HOUR + 59 * MINUTE, "8h"),
        (2 * DAY - 1, "47h"),
        (2 * DAY, "2d"),
        (2 * DAY + HOUR, "2d1h"),
        (8 * DAY - 1, "7d23h"),
        (8 * DAY + HOUR, "8d"),
        (2 * 365 * DAY - 1, "729d"),
        (2 * 365 * DAY, "2y"),
        (2 * 365 * DAY + DAY, "2y1d"),
        (8 * 365 * DAY - 1, "7y364d"),
        (8 * 365 * DAY + DAY, "8y"),
    ],
)
def test_lengths_of_time(seconds: int, words: str) -> None:
    assert human(seconds) == words


def test_since_a_timestamp_with_and_without_microseconds() -> None:
    now = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
    assert since("2026-03-01T12:00:00Z", now) == "5s"
    assert since("2026-03-01T12:00:00.500000Z", now) == "4s"
    assert since(None, now) == "<unknown>"
