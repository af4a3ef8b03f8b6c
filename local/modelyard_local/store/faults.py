"""What can be wrong with the store's file, in words."""

import errno
import sqlite3
from pathlib import Path

from modelyard_operator.kube.interface import KubeError, Unreachable


class StoreFull(Unreachable):
    """No space for another write; everything written before is still there."""


class StoreBusy(Unreachable):
    """Another process has been writing for too long."""


class StoreUnusable(KubeError):
    """The file is damaged, is no store, or may not be opened: trying again changes nothing."""


class StoreTooNew(StoreUnusable):
    """A newer Modelyard wrote it."""


_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_FSYNC}


def in_words(error: sqlite3.Error, path: Path) -> KubeError:
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
