"""One platform process per home: an exclusive lock on a file, which the system takes back however the process ends."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

_TRIES_SECONDS = 2.0  # a command that only looks holds it for a moment


def acquire(path: Path, clock: Callable[[], float] = time.monotonic, pause: Callable[[float], None] = time.sleep) -> IO[str] | None:
    """Keep what is returned open as long as the process lives; None if another has it. The file says whose it is."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
    deadline = clock() + _TRIES_SECONDS
    while not _try(file):
        if clock() > deadline:
            file.close()
            return None
        pause(0.05)
    file.seek(0)
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def holder(path: Path) -> int | None:
    """The process id of who holds it; 0 while it is just being taken; None if nobody does."""
    try:
        with path.open("r", encoding="utf-8") as file:
            if _try(file, fcntl.LOCK_SH):
                return None
            text = file.read().strip()
            return int(text) if text.isdigit() else 0
    except FileNotFoundError:
        return None


def _try(file: IO[str], how: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
