"""The promises of the work queue: once, never twice at a time, in time."""

import threading

import pytest
from modelyard_operator.kube.pacing import Backoff
from modelyard_operator.kube.workqueue import WorkQueue


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> WorkQueue[str]:
    return WorkQueue(lambda: Backoff(first=1, longest=8, jitter=lambda: 1.0), clock)


def take_all(queue: WorkQueue[str]) -> list[str]:
    taken = []
    while (key := queue.get(timeout=0)) is not None:
        taken.append(key)
    return taken


def test_a_key_added_often_is_taken_once_and_in_order(queue: WorkQueue[str]) -> None:
    for key in "abab":
        queue.add(key)
    assert len(queue) == 2
    assert take_all(queue) == ["a", "b"]


def test_a_key_added_while_it_is_worked_on_comes_again_only_after_that(queue: WorkQueue[str]) -> None:
    queue.add("a")
    assert take_all(queue) == ["a"]
    queue.add("a")
    assert take_all(queue) == []
    queue.done("a")
    assert take_all(queue) == ["a"]
    queue.done("a")
    assert take_all(queue) == []


def test_a_delayed_key_comes_when_it_is_due(queue: WorkQueue[str], clock: Clock) -> None:
    queue.add_after("a", 5)
    assert take_all(queue) == []
    clock.now += 5
    assert take_all(queue) == ["a"]


def test_of_several_delays_the_earliest_counts_and_only_once(queue: WorkQueue[str], clock: Clock) -> None:
    for seconds in (600, 5, 60):
        queue.add_after("a", seconds)
    clock.now += 5
    assert take_all(queue) == ["a"]
    queue.done("a")
    clock.now += 1000
    assert take_all(queue) == []


def test_pauses_grow_with_each_failure_and_start_anew_after_a_success(queue: WorkQueue[str]) -> None:
    assert [queue.retry("a") for _ in range(5)] == [1, 2, 4, 8, 8]
    assert queue.retry("b") == 1
    queue.forget("a")
    assert queue.retry("a") == 1


def test_a_waiting_worker_is_woken_and_closing_ends_all() -> None:
    queue: WorkQueue[str] = WorkQueue(lambda: Backoff(first=1, longest=8))
    taken: list[str | None] = []
    workers = [threading.Thread(target=lambda: taken.append(queue.get())) for _ in range(2)]
    for worker in workers:
        worker.start()
    queue.add("a")
    queue.close()
    for worker in workers:
        worker.join(5)
        assert not worker.is_alive()
    assert set(taken) <= {"a", None}


def test_a_delayed_key_is_not_missed_when_the_worker_that_waited_for_it_becomes_busy() -> None:
    queue: WorkQueue[str] = WorkQueue(lambda: Backoff(first=1, longest=8))
    busy, delayed = threading.Event(), threading.Event()

    def work() -> None:
        while (key := queue.get()) is not None:
            if key == "delayed":
                delayed.set()
            else:
                busy.wait(5)
            queue.done(key)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    queue.add_after("delayed", 0.3)
    queue.add("long")
    assert delayed.wait(4)
    busy.set()
    queue.close()
    for worker in workers:
        worker.join(5)
