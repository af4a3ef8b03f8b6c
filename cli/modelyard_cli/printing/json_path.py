"""The part of kubectl's JSONPath that printer columns use: ``.a.b``, ``[0]`` and ``[?(@.x=="y")]``.

See https://kubernetes.io/docs/reference/kubectl/jsonpath/; anything else is refused, never misread.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

_STEP = re.compile(
    r"""\.(?P<field>[\w-]+)
      | \[(?P<index>\d+)\]
      | \[\?\(@\.(?P<filter>[\w.-]+)\s*==\s*(?P<value>"[^"]*"|'[^']*'|\w+)\)\]""",
    re.VERBOSE,
)
_Step = Callable[[Any], Iterator[Any]]


def first(path: str, obj: Any) -> Any:
    """The first value that the path finds, as the API server shows in a column; None: nothing is there."""
    found = [obj]
    for step in _steps(path):
        found = [value for each in found for value in step(each)]
    return found[0] if found else None


def _steps(path: str) -> Iterator[_Step]:
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise ValueError(f"JSONPath {path!r}: {path[position:]!r} is not understood")
        yield _step(match)
        position = match.end()


def _step(match: re.Match[str]) -> _Step:
    if field := match["field"]:
        return lambda value: iter([value[field]] if isinstance(value, dict) and field in value else [])
    if match["index"] is not None:
        index = int(match["index"])
        return lambda value: iter(value[index : index + 1] if isinstance(value, list) else [])
    path, wanted = f".{match['filter']}", _literal(match["value"])
    return lambda value: (each for each in (value if isinstance(value, list) else ()) if first(path, each) == wanted)


def _literal(text: str) -> Any:
    return text[1:-1] if text[0] in "\"'" else json.loads(text)
