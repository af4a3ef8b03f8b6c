"""Windows are cut from what is known of the files: exactly so many rows, or aligned spans of time; never twice the same row."""

from modelyard_api.model_deployment import Window
from modelyard_api.timestamps import SECOND
from modelyard_jobs.monitoring.state import LogFile
from modelyard_jobs.monitoring.windows import LATENESS, next_window

ROWS = Window(rows=100)
MINUTE = Window(seconds=60)


def file(name: str, rows: int, first: int = 0, taken: int = 0) -> LogFile:
    return LogFile(key=name, rows=rows, taken=taken, first=first * SECOND, last=(first + 10) * SECOND)


def test_a_window_of_rows_takes_exactly_that_many_the_oldest_first() -> None:
    taking = next_window(ROWS, [file("a", 60), file("b", 60), file("c", 60)], 0, 0)
    assert taking is not None
    assert [(share.file.key, share.rows) for share in taking.files] == [("a", 60), ("b", 40)]


def test_rows_that_were_taken_before_do_not_count() -> None:
    waiting = [file("a", 60, taken=50), file("b", 89)]
    assert next_window(ROWS, waiting, 0, 0) is None
    assert next_window(ROWS, [*waiting, file("c", 1)], 0, 0) is not None


def test_a_window_of_seconds_is_aligned_and_waits_for_late_writers() -> None:
    waiting = [file("a", 10, first=70), file("b", 10, first=125)]
    assert next_window(MINUTE, waiting, 120 * SECOND + LATENESS - 1, 0) is None
    taking = next_window(MINUTE, waiting, 120 * SECOND + LATENESS, 0)
    assert taking is not None
    assert (taking.start, taking.end) == (60 * SECOND, 120 * SECOND)
    assert [(share.file.key, share.before) for share in taking.files] == [("a", 120 * SECOND)]


def test_quiet_time_makes_no_windows() -> None:
    taking = next_window(MINUTE, [file("a", 10, first=100_000)], 10**12, 120 * SECOND)
    assert taking is not None
    assert taking.start == 99_960 * SECOND


def test_rows_too_late_for_their_window_count_in_the_next() -> None:
    taking = next_window(MINUTE, [file("late", 5, first=30), file("b", 10, first=130)], 10**12, 120 * SECOND)
    assert taking is not None
    assert (taking.start, taking.end) == (120 * SECOND, 180 * SECOND)
    assert len(taking.files) == 2


def test_nothing_waiting_is_no_window() -> None:
    assert next_window(MINUTE, [], 10**12, 0) is None
    assert next_window(ROWS, [], 10**12, 0) is None


def test_windows_stay_aligned_after_the_manifest_changed_from_rows_to_seconds() -> None:
    taking = next_window(MINUTE, [file("a", 5, first=95)], 10**12, 90 * SECOND)
    assert taking is not None
    assert (taking.start, taking.end) == (120 * SECOND, 180 * SECOND)
