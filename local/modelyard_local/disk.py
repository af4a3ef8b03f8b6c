"""Files of the home: written whole or not at all, logs that only grow, and how much room is left on the disk."""

import os
import shutil
from pathlib import Path

_PRIVATE = 0o600
_LARGEST_BYTES = 20_000_000
_END_BYTES = 16_384
NEEDED_TO_START = 1_000_000_000
NEEDED_TO_WORK = 500_000_000


def write(path: Path, text: str) -> None:
    """Replace ``path`` at once and durably; readable by its owner alone."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def rotate(log: Path) -> int:
    """Its size, to tell later lines from earlier ones; a large one is moved away first, so that there are never more than two."""
    size = log.stat().st_size if log.exists() else 0
    if size < _LARGEST_BYTES:
        return size
    log.replace(log.with_name(f"{log.name}.1"))
    return 0


def end_of(log: Path, offset: int = 0, lines: int = 12) -> str:
    """The last lines that were written after ``offset`` bytes."""
    try:
        with log.open("rb") as file:
            file.seek(max(offset, file.seek(0, 2) - _END_BYTES))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.strip().splitlines()[-lines:])


class DiskFull(Exception):
    """Too little space to start; the message says how much there is and what would help."""


def check_start(folder: Path, free: int) -> None:
    """Raises DiskFull: databases and S3 must never be the first to notice."""
    if free < NEEDED_TO_START:
        raise DiskFull(
            f"{folder} has {readable(free)} of disk space left; the platform needs {readable(NEEDED_TO_START)} to start. "
            "Free some space, or set MODELYARD_HOME to a folder on another disk"
        )


def warning(folder: Path, free: int) -> str:
    """Empty while there is enough to work."""
    if free >= NEEDED_TO_WORK:
        return ""
    return f"{folder} has {readable(free)} of disk space left: training and logs of requests will soon fail; free some space"


def free_bytes(folder: Path) -> int:
    """What an ordinary user may still write there."""
    return shutil.disk_usage(folder).free


def readable(size: int) -> str:
    """In decimal units, as disks are sold."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
