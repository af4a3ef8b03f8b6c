"""Small files that are either the old or the new, never half, whenever the machine stops."""

import os
from pathlib import Path

_PRIVATE = 0o600


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
