"""Each file of the log is read once, whatever order the files become visible in."""

from datetime import UTC, datetime

import pytest
from modelyard_api.timestamps import SECOND, to_microseconds
from modelyard_jobs.monitoring.state import LogFile, Position
from modelyard_jobs.monitoring.windows import OVERLAP, UnreadableFile, finished, list_after, partly_taken, scan, written_at

NOON = to_microseconds(datetime(2026, 3, 1, 12, tzinfo=UTC))


def key(seconds: float, pod: str = "pod") -> str:
    moment = NOON + int(seconds * SECOND)
    return f"{list_after(moment)}-{pod}-1.parquet"


class TenRows:
    """Every file has ten rows; ``copies`` are the same as another one."""

    def __init__(self, copies: tuple[str, ...] = ()) -> None:
        self.copies = copies
        self.described: list[str] = []

    def describe(self, name: str) -> LogFile | None:
        self.described.append(name)
        moment = written_at(name) or 0
        return LogFile(key=name, rows=10, first=moment - SECOND, last=moment)

    def same(self, name: str, other: str) -> bool:
        return name in self.copies


def names(position: Position) -> list[str]:
    return [file.key for file in position.waiting]


def test_listing_starts_at_the_horizon_itself() -> None:
    assert key(0) > list_after(NOON) > key(-1)
    assert list_after(NOON).startswith("date=2026-03-01/")
    assert list_after(-5).startswith("date=1970-01-01/")


def test_foreign_keys_are_no_files_of_the_log() -> None:
    assert written_at("date=2026-03-01/notes.txt") is None
    assert written_at("date=2026-03-01/12-a-1.parquet") is None


def test_a_second_scan_describes_nothing_again() -> None:
    keys = [key(0), key(1)]
    first = scan(Position(horizon=0), keys, TenRows(), NOON).position

    files = TenRows()
    assert names(scan(first, keys, files, NOON).position) == keys
    consumed = finished(finished(first, keys[0]), keys[1])
    assert names(scan(consumed, keys, files, NOON).position) == []
    assert files.described == []


def test_a_late_file_is_read_and_takes_its_place() -> None:
    early, late = [key(0), key(100)], key(50, "slow")
    position = finished(scan(Position(horizon=0), early, TenRows(), NOON + 100 * SECOND).position, early[0])
    position = scan(position, sorted([*early, late]), TenRows(), NOON + 200 * SECOND).position
    assert names(position) == [late, early[1]]


def test_the_horizon_follows_and_forgets_what_it_passed() -> None:
    old, new = key(0), key(2000)
    position = finished(scan(Position(horizon=0), [old], TenRows(), NOON).position, old)
    position = scan(position, [old, new], TenRows(), NOON + 2000 * SECOND).position
    assert position.horizon == NOON + 2000 * SECOND - OVERLAP
    assert old not in position.done
    assert old < list_after(position.horizon) < new


def test_a_clock_ahead_does_not_move_the_horizon_past_what_others_write() -> None:
    position = scan(Position(horizon=0), [key(0), key(9000, "ahead")], TenRows(), NOON + 10 * SECOND).position
    assert position.horizon == NOON + 10 * SECOND - OVERLAP


def test_files_of_another_version_and_broken_ones_are_done_at_once() -> None:
    class Others(TenRows):
        def describe(self, name: str) -> LogFile | None:
            if name == key(1):
                raise UnreadableFile(name)
            return None

    found = scan(Position(horizon=0), [key(0), key(1)], Others(), NOON)
    assert found.unreadable == (key(1),)
    assert found.position.waiting == ()
    assert set(found.position.done) == {key(0), key(1)}


def test_a_file_that_gave_some_rows_keeps_its_place() -> None:
    position = scan(Position(horizon=0), [key(0), key(1)], TenRows(), NOON).position
    position = partly_taken(position, position.waiting[0].model_copy(update={"taken": 4}))
    assert [file.taken for file in position.waiting] == [4, 0]


def test_a_scan_that_was_cut_says_how_far_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelyard_jobs.monitoring.windows.FILES_PER_RUN", 2)
    keys = [key(0), key(1), key(2)]
    found = scan(Position(horizon=0), keys, TenRows(), NOON + 60 * SECOND)
    assert found.complete_until == NOON + SECOND
    assert names(scan(found.position, keys, TenRows(), NOON + 60 * SECOND).position) == keys


def test_a_file_that_was_written_again_counts_once_and_a_restarted_pods_twice() -> None:
    first, copy, restarted = key(0), key(5), key(10)
    position = scan(Position(horizon=0), [first], TenRows(), NOON).position
    position = scan(position, [first, copy, restarted], TenRows(copies=(copy,)), NOON).position
    assert names(position) == [first, restarted]
    assert position.done == (copy,)
