"""What is wrong with an object, and where."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from modelyard_operator.kube.interface import Kind, Object, Refused

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


def refuse(kind: Kind, body: Object, problems: Sequence[Problem]) -> None:
    """Raises Refused with all problems, if there are any."""
    if problems:
        said = ", ".join(map(str, problems))
        resource = f"{kind.name}.{kind.group}" if kind.group else kind.name
        raise Refused(f'{resource} "{body["metadata"].get("name", "")}" is invalid: {f"[{said}]" if len(problems) > 1 else said}')


def refuse_unknown(kind: Kind, fields: Sequence[str]) -> None:
    """Raises Refused with the paths of fields that the kind doesn't have, if there are any."""
    if fields:
        said = ", ".join(f'unknown field "{field}"' for field in fields)
        raise Refused(f'{kind.name} in version "{kind.version}" cannot be handled as a {kind.name}: strict decoding error: {said}')
