"""Which part of the request log is new, and which rows of it make the next window.

Each file is read once, also those that become visible after younger ones. A key starts with the time of writing. Files are listed from a
horizon that stays ``OVERLAP`` behind the youngest file, and those after the horizon are remembered by name. A file that becomes visible later
than that after its own time is not read any more.

A server whose write was taken without an answer writes the same file again, under a later time. Such a copy (same pod and number, same content)
is left out; a pod that restarted counts from one again, so the name alone doesn't tell.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from modelyard_api.model_deployment import Window
from modelyard_api.timestamps import SECOND, from_microseconds

from modelyard_jobs.monitoring.state import LogFile, Position

LATENESS = 60 * SECOND  # a window of seconds is complete this long after its end: servers write their log in batches
OVERLAP = 15 * 60 * SECOND
FILES_PER_RUN = 5000  # the rest is read by the next run


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


class UnreadableFile(Exception):
    """Not a Parquet file with the log's columns."""


@dataclass(frozen=True)
class Scan:
    """The position after reading what is new."""

    position: Position
    complete_until: int  # microseconds; every file written before is known
    unreadable: tuple[str, ...] = ()


def list_after(horizon: int) -> str:
    """What ``StartAfter`` needs to list files written at ``horizon`` (microseconds) and later."""
    return f"date={from_microseconds(max(horizon, 0)):%Y-%m-%d}/{max(horizon, 0):016d}"


def written_at(key: str) -> int | None:
    """Microseconds from a key below the log's prefix; None: not a file of the log."""
    digits = key.rsplit("/", 1)[-1].split("-", 1)[0]
    return int(digits) if key.endswith(".parquet") and len(digits) == 16 and digits.isdigit() else None


class Files(Protocol):
    """The files of the log."""

    def describe(self, key: str) -> LogFile | None:
        """None: no rows of the watched version. Raises ``UnreadableFile``."""

    def same(self, key: str, other: str) -> bool:
        """Whether both hold the same."""


def scan(position: Position, keys: Iterable[str], files: Files, now: int) -> Scan:
    """Describes each new file once."""
    known = {*position.done, *(file.key for file in position.waiting)}
    written = {_pod_and_number(key): key for key in known}
    new = list(islice(_new(keys, known), FILES_PER_RUN + 1))
    waiting, done, unreadable = list(position.waiting), list(position.done), []
    for key in new[:FILES_PER_RUN]:
        twin = written.setdefault(_pod_and_number(key), key)
        try:
            file = None if twin != key and files.same(key, twin) else files.describe(key)
        except UnreadableFile:
            file = None
            unreadable.append(key)
        if file is None:
            done.append(key)
        else:
            waiting.append(file)
    cut = len(new) > FILES_PER_RUN
    until = (written_at(new[FILES_PER_RUN - 1]) or now) if cut else now
    return Scan(_moved(position, done, waiting, min(now, until)), until, tuple(unreadable))


def _pod_and_number(key: str) -> str:
    return key.rsplit("/", 1)[-1].split("-", 1)[-1]


def _new(keys: Iterable[str], known: set[str]) -> Iterator[str]:
    return (key for key in keys if key not in known and written_at(key) is not None)


def _moved(position: Position, done: list[str], waiting: list[LogFile], now: int) -> Position:
    """A pod whose clock is ahead must not move the horizon past what others still write: ``now`` bounds it."""
    youngest = max((written_at(key) or 0 for key in [*done, *(file.key for file in waiting)]), default=0)
    horizon = max(position.horizon, min(youngest, now) - OVERLAP)
    remembered = tuple(sorted(key for key in done if (written_at(key) or 0) >= horizon))
    return Position(horizon=horizon, done=remembered, waiting=tuple(sorted(waiting, key=_age)))


def _age(file: LogFile) -> tuple[int, str]:
    return written_at(file.key) or 0, file.key


def finished(position: Position, key: str) -> Position:
    """All rows of ``key`` are judged."""
    waiting = tuple(file for file in position.waiting if file.key != key)
    done = (*position.done, key) if (written_at(key) or 0) >= position.horizon else position.done
    return position.model_copy(update={"waiting": waiting, "done": done})


def partly_taken(position: Position, remaining: LogFile) -> Position:
    """Some rows of a file are judged; ``remaining`` says which aren't."""
    waiting = tuple(remaining if file.key == remaining.key else file for file in position.waiting)
    return position.model_copy(update={"waiting": waiting})
