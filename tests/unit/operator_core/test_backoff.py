"""Pauses between tries."""

import pytest
from modelyard_operator.kube.pacing import Backoff, TokenBucket


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(first=0.5, longest=3, jitter=lambda: 1.0)
    assert [backoff.next() for _ in range(5)] == [0.5, 1, 2, 3, 3]
    backoff.reset()
    assert backoff.next() == 0.5


@pytest.mark.parametrize(("jitter", "pause"), [(0.0, 1.0), (0.5, 1.5), (1.0, 2.0)])
def test_jitter_takes_up_to_half_of_a_pause(jitter: float, pause: float) -> None:
    assert Backoff(first=2, longest=100, jitter=lambda: jitter).next() == pause


def test_very_many_failures_do_not_overflow() -> None:
    backoff = Backoff(first=1, longest=60, jitter=lambda: 1.0)
    assert max(backoff.next() for _ in range(5000)) == 60


def test_a_burst_passes_and_then_requests_come_at_the_rate() -> None:
    now, slept = [0.0], []
    bucket = TokenBucket(per_second=10, burst=3, clock=lambda: now[0], sleep=slept.append)
    for _ in range(5):
        bucket.take()
    assert slept == pytest.approx([0.1, 0.2])
    now[0] += 10
    slept.clear()
    for _ in range(3):
        bucket.take()
    assert slept == []
