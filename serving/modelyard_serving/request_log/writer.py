"""Records wait in a buffer, and a thread writes them to S3 as Parquet files. It keeps trying; it never delays a response."""

import logging
import re
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from modelyard_clients.platform import read_platform
from modelyard_clients.s3 import client_of

from modelyard_serving.clock import Clock
from modelyard_serving.request_log.records import Record

_log = logging.getLogger(__name__)
_FIRST_RETRY_SECONDS = 0.5
_LAST_RETRY_SECONDS = 15.0

R = TypeVar("R", bound=Record)
Put = Callable[[str, bytes], None]  # key, bytes; raises when they could not be stored
Count = Callable[[int], object]


def pod_name() -> str:
    """The pod's name (its host name) as it may be part of a key."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname()) or "pod"


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


@dataclass(frozen=True)
class Destination:
    """Where files go and what is counted. ``prefix`` ends with a slash."""

    prefix: str
    pod: str
    put: Put
    written: Count  # rows
    dropped: Count  # rows


class ParquetWriter(Generic[R]):
    """Takes records, writes files named ``date=…/<microseconds>-<pod>-<number>.parquet``.

    A file is written at least once: when S3 took it but the answer was lost, its rows come again under a later key.
    """

    def __init__(
        self, buffer: RecordBuffer[R], encode: Callable[[Sequence[R]], bytes], destination: Destination, clock: Clock, interval: float
    ) -> None:
        self._buffer = buffer
        self._encode = encode
        self._to = destination
        self._clock = clock
        self._interval = interval
        self._number = 0
        self._closing = threading.Event()
        self._give_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"write {destination.prefix}", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def offer(self, record: R) -> bool:
        """Hands a record over without waiting; one for which there is no room is counted as dropped."""
        taken = self._buffer.offer(record)
        if not taken:
            self._to.dropped(record.rows)
        return taken

    def finish(self) -> None:
        """Takes nothing more and starts to write what is left."""
        self._buffer.close()
        self._closing.set()

    def close(self, seconds: float) -> None:
        """Finishes within ``seconds``; what isn't written then is counted as dropped."""
        self.finish()
        self._thread.join(max(0.0, seconds))
        self._give_up.set()
        if lost := self._buffer.rows:
            self._to.dropped(lost)
            _log.error("%d rows for %s are lost: they could not be written before the end", lost, self._to.prefix)

    def _run(self) -> None:
        while not self._buffer.finished and not self._give_up.is_set():
            records = self._buffer.take(self._interval)
            if records and (outcome := self._write(records)) is not None:
                (self._to.written if outcome else self._to.dropped)(self._buffer.release(records))

    def _write(self, records: list[R]) -> bool | None:
        """True: stored; False: can't be written at all; None: the server ended first."""
        try:
            content = self._encode(records)
        except Exception as error:  # a record that can't be encoded must not end the thread
            _log.error("%d records can't be written as Parquet (%s); they are dropped", len(records), type(error).__name__)
            return False
        self._number += 1
        return self._store(content)

    def _store(self, content: bytes) -> bool | None:
        delay = _FIRST_RETRY_SECONDS
        while not self._give_up.is_set():
            try:
                self._to.put(self._key(), content)
            except Exception as error:
                _log.warning("can't write to %s now (%s); trying again", self._to.prefix, _first_line(error))
            else:
                return True
            if self._closing.wait(delay):
                self._give_up.wait(_FIRST_RETRY_SECONDS)
            delay = min(2 * delay, _LAST_RETRY_SECONDS)
        return None

    def _key(self) -> str:
        """The time is that of this attempt: a reader that remembers the last key it saw must not miss a file that comes late."""
        now = self._clock.now()
        return f"{self._to.prefix}date={now:%Y-%m-%d}/{int(now.timestamp() * 1_000_000):016d}-{self._to.pod}-{self._number}.parquet"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:300] or type(error).__name__


class PlatformBucket:
    """Reads the platform's files again after a failure, so that keys that were renewed meanwhile are used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: tuple[Any, str] | None = None

    def put(self, key: str, content: bytes) -> None:
        """Stores one object; raises what boto3 raises, or PlatformIncomplete."""
        client, bucket = self._connected()
        try:
            client.put_object(Bucket=bucket, Key=key, Body=content)
        except Exception:
            self._connection = None
            raise

    def _connected(self) -> tuple[Any, str]:
        with self._lock:
            if self._connection is None:
                platform = read_platform()
                self._connection = (client_of(platform), platform.s3_bucket)
            return self._connection
