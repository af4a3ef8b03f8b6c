"""Records that wait to be written: bounded in rows and bytes, so that an outage of S3 costs records, never memory or answers."""

import threading
from collections import deque
from typing import Generic, TypeVar

from modelyard_serving.request_log.records import Record

R = TypeVar("R", bound=Record)


class RecordBuffer(Generic[R]):
    """Filled by requests, emptied by one writer. What was taken counts until it is written or given up."""

    def __init__(self, max_rows: int, max_bytes: int, enough_rows: int) -> None:
        self._max_rows, self._max_bytes, self._enough = max_rows, max_bytes, enough_rows
        self._waiting: deque[R] = deque()
        self._rows = self._bytes = self._waiting_rows = 0
        self._closed = False
        self._changed = threading.Condition()

    def offer(self, record: R) -> bool:
        """Never waits for anything but the lock, which nobody holds for long; False: there was no room."""
        with self._changed:
            if self._closed or self._rows + record.rows > self._max_rows or self._bytes + record.size > self._max_bytes:
                return False
            self._waiting.append(record)
            self._rows += record.rows
            self._bytes += record.size
            self._waiting_rows += record.rows
            if self._waiting_rows >= self._enough:
                self._changed.notify()
        return True

    def take(self, seconds: float) -> list[R]:
        """Waits until enough rows are there, the time is over or the buffer is closed; then at most ``enough_rows`` rows (or one record)."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting_rows >= self._enough, seconds)
            taken: list[R] = []
            rows = 0
            while self._waiting and (not taken or rows + self._waiting[0].rows <= self._enough):
                taken.append(self._waiting.popleft())
                rows += taken[-1].rows
            self._waiting_rows -= rows
            return taken

    def release(self, records: list[R]) -> int:
        """Makes room after ``records`` were written or given up; returns their rows."""
        rows = sum(record.rows for record in records)
        with self._changed:
            self._rows -= rows
            self._bytes -= sum(record.size for record in records)
        return rows

    def close(self) -> None:
        """No more offers; ``take`` doesn't wait any longer."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def finished(self) -> bool:
        """Closed, and everything was taken."""
        with self._changed:
            return self._closed and not self._waiting

    @property
    def rows(self) -> int:
        """Rows that are neither written nor given up."""
        with self._changed:
            return self._rows
