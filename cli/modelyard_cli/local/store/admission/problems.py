"""What is wrong with an object, and where."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
_LONGEST_VALUE = 200


@dataclass(frozen=True)
class Problem:
    """One sentence about one field, as the API server says it."""

    path: str
    text: str
    hides_others: bool = False  # rules can't be evaluated on an object of the wrong shape

    def __str__(self) -> str:
        """``spec.field: what is wrong``."""
        return f"{self.path}: {self.text}" if self.path else self.text


def joined(path: Iterable[str | int]) -> str:
    """``spec.data.columns[1].name``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def shown(value: Any) -> str:
    """A value as JSON, cut where it gets long."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
