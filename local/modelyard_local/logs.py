"""Logs that only grow: what they end with, and putting large ones aside."""

from pathlib import Path

_LARGEST_BYTES = 20_000_000
_END_BYTES = 16_384


def prepare(log: Path) -> int:
    """Its size, to tell later lines from earlier ones; a large one is put aside first, so that there are never more than two."""
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
