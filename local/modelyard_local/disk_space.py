"""How much room the home has left, and what to say when it is little."""

import shutil
from pathlib import Path

NEEDED_TO_START = 1_000_000_000
NEEDED_TO_WORK = 500_000_000


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
