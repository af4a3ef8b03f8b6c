"""The SQLite file: a connection per thread, transactions, and waiting for changes that any process makes.

Write-ahead log with ``synchronous=FULL``: what was committed survives the end of the process and of the machine. Readers never wait for
writers, and writers of several processes queue for the lock of ``BEGIN IMMEDIATE``.
"""

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path

from modelyard_operator.kube.interface import KubeError, Unreachable

from modelyard_local.store.change_signal import ChangeSignal
from modelyard_local.store.fair_lock import FairLock, TookTooLong

_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_FSYNC}
SCHEMA_VERSION = 1
_BUSY_SECONDS = 30.0
_LOCKED_MILLISECONDS = 10_000  # while another process opens the file first, closes it last or repairs it


class StoreFull(Unreachable):
    """No space for another write; everything written before is still there."""


class StoreBusy(Unreachable):
    """Another process has been writing for too long."""


class StoreUnusable(KubeError):
    """The file is damaged, is no store, or may not be opened: trying again changes nothing."""


class StoreTooNew(StoreUnusable):
    """A newer Modelyard wrote it."""


def store_error(error: sqlite3.Error, path: Path) -> KubeError:
    """The error of the seam for one of SQLite's."""
    code = getattr(error, "sqlite_errorcode", 0)
    primary = code & 0xFF
    if code in _FULL or primary == sqlite3.SQLITE_FULL:
        return StoreFull(f"{path}: the disk is full, so nothing more can be recorded; free some space, work goes on by itself ({error})")
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(f"{path}: another process keeps writing to it; try again ({error})")
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreUnusable(
            f"{path} is damaged or no store of Modelyard's: put a copy back in its place, or move it away to start anew ({error})"
        )
    if primary in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return StoreUnusable(f"{path} can't be opened for writing: look at the rights on it and on its folder ({error})")
    return Unreachable(f"{path}: {error}")


def of_file(error: OSError, path: Path) -> KubeError:
    """The error of the seam for a file that could not be made."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull(f"{path}: the disk is full; free some space and try again")
    return StoreUnusable(f"{path} can't be opened for writing: {error.strerror}")


class Database:
    """Safe to use from several threads; several processes may open the same file."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Make the file if there is none. Raises StoreTooNew, StoreUnusable, StoreFull, StoreBusy."""
        self._path = path
        self._clock = clock
        self._of_thread = threading.local()
        self._connections: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._opening = threading.Lock()
        self._writing = threading.Lock()  # threads of one process queue here: in order, and woken at once
        self.changes = ChangeSignal(self._newest_version, clock)
        self._fair_lock = self._make_file()
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A transaction that sees one state of the store, whatever is written meanwhile."""
        connection = self._connection()
        with self._translated(), self._ended(connection):
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that alone may write; committed and on disk when the block ends, undone if it raises."""
        connection = self._connection()
        with self._writing, self._translated(), self._ended(connection):
            self._wait_for_lock(connection, "BEGIN IMMEDIATE")
            yield connection
        self.changes.learn(self._newest_version())

    def close(self) -> None:
        """Nothing is read or written from now on. A thread that is in the middle of it ends that first, with its own connection."""
        if self.changes.closed:
            return
        self.changes.close()
        with self._opening:  # a connection that another thread is using can't be closed under it: SQLite would crash
            for thread, connection in self._connections:
                if thread is threading.current_thread() or not thread.is_alive():
                    connection.close()
            self._connections.clear()

    @contextmanager
    def _ended(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Commits what the block did, unless it raises."""
        try:
            yield
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise store_error(error, self._path) from error
        except TookTooLong as error:
            raise StoreBusy(f"{self._path}: other processes have been writing to it for {_BUSY_SECONDS:.0f} s; try again") from error

    def _wait_for_lock(self, connection: sqlite3.Connection, statement: str) -> None:
        """Execute a statement that takes SQLite's lock, when it is free and it is our turn."""

        def succeeds() -> bool:
            try:
                connection.execute(statement)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                return False
            return True

        until = self._clock() + _BUSY_SECONDS
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            with self._fair_lock.held(until):
                self._fair_lock.retry(succeeds, until)
        finally:
            connection.execute(f"PRAGMA busy_timeout = {_LOCKED_MILLISECONDS}")

    def _newest_version(self) -> int:
        with self.reading() as connection:
            [newest] = connection.execute("SELECT newest FROM versions").fetchone()
        return int(newest)

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._of_thread, "connection", None)
        if found is None or self.changes.closed:
            found = self._of_thread.connection = self._open()
        return found

    def _open(self) -> sqlite3.Connection:
        """A new connection for this thread; those of threads that have ended are closed on the way."""
        with self._opening:
            if self.changes.closed:
                raise StoreUnusable(f"{self._path} was closed")
            for thread, connection in self._connections:
                if not thread.is_alive():
                    connection.close()
            self._connections = [pair for pair in self._connections if pair[0].is_alive()]
            try:
                connection = sqlite3.connect(self._path, timeout=_LOCKED_MILLISECONDS / 1000, isolation_level=None, check_same_thread=False)
                self._connections.append((threading.current_thread(), connection))
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA fullfsync = ON")  # macOS: past the drive's own cache as well
                connection.execute("PRAGMA foreign_keys = ON")
            except sqlite3.Error as error:
                raise store_error(error, self._path) from error
            return connection

    def _make_file(self) -> FairLock:
        """For its owner alone, as it holds Secrets; SQLite gives the files beside it the same rights.

        A file that is there already is left closed: closing it would drop the locks of other connections of this process.
        """
        try:
            if not self._path.exists():
                with suppress(FileExistsError):
                    os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            return FairLock(self._path.with_name(f"{self._path.name}-turn"), self._clock)
        except OSError as error:
            raise of_file(error, self._path) from error

    def _prepare(self) -> None:
        with self.reading() as connection:
            _refuse_others(connection, self._path)  # before anything is changed
        with self._translated():
            self._use_write_ahead_log(connection)
        with self.writing() as connection:
            if _version(connection) == 0:
                _make_tables(connection)

    def _use_write_ahead_log(self, connection: sqlite3.Connection) -> None:
        self._wait_for_lock(connection, "PRAGMA journal_mode = WAL")
        [mode] = connection.execute("PRAGMA journal_mode").fetchone()
        if mode != "wal":
            raise StoreUnusable(f"{self._path} is on a file system that several processes can't share; put MODELYARD_HOME on a local disk")


def _refuse_others(connection: sqlite3.Connection, path: Path) -> None:
    found = _version(connection)
    if found > SCHEMA_VERSION:
        raise StoreTooNew(
            f"{path} was written by a newer Modelyard (its version is {found}, this one reads up to {SCHEMA_VERSION}): upgrade Modelyard"
        )
    if found == 0 and connection.execute("SELECT 1 FROM sqlite_master").fetchone() is not None:
        raise StoreUnusable(f"{path} is a database of another program: move it away, or set MODELYARD_HOME to another folder")


def _version(connection: sqlite3.Connection) -> int:
    [found] = connection.execute("PRAGMA user_version").fetchone()
    return int(found)


def _make_tables(connection: sqlite3.Connection) -> None:
    """One statement at a time: ``executescript`` would commit in between."""
    script = (files(__package__) / "schema.sql").read_text(encoding="utf-8")
    statements = "\n".join(line.partition("--")[0] for line in script.splitlines()).split(";")
    for statement in filter(None, map(str.strip, statements)):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
