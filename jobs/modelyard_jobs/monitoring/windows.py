"""Which rows make the next window: pure arithmetic over what is known of the waiting files."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelyard_api.model_deployment import Window
from modelyard_api.timestamps import SECOND

from modelyard_jobs.monitoring.state import LogFile

LATENESS = 60 * SECOND  # a window of seconds is complete this long after its end: servers write their log in batches


@dataclass(frozen=True)
class FileSlice:
    """What one file gives to a window: so many rows, or all that are older than ``before`` (microseconds)."""

    file: LogFile
    rows: int | None = None
    before: int | None = None


@dataclass(frozen=True)
class WindowSlice:
    """The next window. ``start`` and ``end`` are set for windows of seconds; otherwise its rows say when it was."""

    files: tuple[FileSlice, ...]
    start: int | None = None
    end: int | None = None


def next_window(window: Window, waiting: Sequence[LogFile], complete_until: int, last_end: int) -> WindowSlice | None:
    """None: not complete yet. ``waiting`` is sorted, oldest first; ``last_end`` is where the window before ended (0: there was none)."""
    if window.rows is not None:
        return _by_rows(window.rows, waiting)
    return _by_time((window.seconds or 0) * SECOND, waiting, complete_until, last_end)


def _by_rows(wanted: int, waiting: Sequence[LogFile]) -> WindowSlice | None:
    files: list[FileSlice] = []
    for file in waiting:
        rows = min(wanted, file.rows - file.taken)
        files.append(FileSlice(file, rows=rows))
        wanted -= rows
        if wanted == 0:
            return WindowSlice(tuple(files))
    return None


def _by_time(length: int, waiting: Sequence[LogFile], complete_until: int, last_end: int) -> WindowSlice | None:
    """Windows begin at multiples of their length since the epoch. Rows that came too late for theirs count in the next one."""
    if not waiting:
        return None
    oldest = min(file.first for file in waiting)
    start = max(oldest // length, -(-last_end // length)) * length
    end = start + length
    if complete_until < end + LATENESS:
        return None
    return WindowSlice(tuple(FileSlice(file, before=end) for file in waiting if file.first < end), start, end)
