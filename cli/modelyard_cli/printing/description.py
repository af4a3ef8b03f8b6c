"""Everything about one resource, for reading: fields as an indented outline, lists of like things as tables, Events at the end."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from modelyard_operator.kube.interface import Object

from modelyard_cli.clock import since
from modelyard_cli.printing import listing
from modelyard_cli.printing.columns import event_time

_INDENT = "  "
_LEFT_OUT = frozenset({"name", "namespace", "labels", "annotations", "managedFields"})
_ACRONYMS = {"Uid": "UID", "Url": "URL", "Uri": "URI", "Id": "ID", "Api": "API", "Ip": "IP"}
_WIDEST_TABLE = 160
_SECRET_KEYS = ("data", "stringData")
# what a row is about, then what is said of it; the API server sorts fields by the alphabet
_READ_FIRST = (
    *("number", "type", "name", "metric", "bound", "limit", "opponent", "version", "role", "status", "state"),
    *("wanted", "got", "value", "low", "high", "reason", "from", "to"),
)
_READ_LAST = ("why", "message")
_NAMED_BY_PEOPLE = frozenset({"data", "stringData", "binaryData", "matchLabels", "labels", "annotations", "requests", "limits"})


def describe(obj: Object, events: Sequence[Object], now: datetime) -> Iterator[str]:
    """Line by line."""
    metadata = obj["metadata"]
    yield from _head(obj)
    yield "Metadata:"
    yield from _fields({key: value for key, value in metadata.items() if key not in _LEFT_OUT}, 1)
    for key, value in obj.items():
        if key in ("apiVersion", "kind", "metadata"):
            continue
        shown = _sizes(value) if obj["kind"] == "Secret" and key in _SECRET_KEYS else value
        yield from _fields({key: shown}, 0)
    yield from _events(events, now)


def label(field: str) -> str:
    """``modelVersion`` -> ``Model Version``; names that aren't camelCase stay."""
    if not re.fullmatch(r"[a-z][A-Za-z0-9]*", field):
        return field
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", field)
    titled = [word if word.isupper() else word[0].upper() + word[1:] for word in words]
    return " ".join(_ACRONYMS.get(word, word) for word in titled)


def _head(obj: Object) -> Iterator[str]:
    metadata = obj["metadata"]
    rows = {
        "Name": [metadata["name"]],
        "Namespace": [metadata.get("namespace", "")],
        "Labels": _pairs(metadata.get("labels"), "="),
        "Annotations": _pairs(metadata.get("annotations"), ": "),
        "API Version": [obj["apiVersion"]],
        "Kind": [obj["kind"]],
    }
    width = max(map(len, rows)) + 3
    for name, values in rows.items():
        for number, value in enumerate(values):
            yield (f"{name}:" if number == 0 else "").ljust(width) + value


def _pairs(values: Mapping[str, str] | None, between: str) -> list[str]:
    return [f"{key}{between}{value}" for key, value in sorted((values or {}).items())] or ["<none>"]


def _fields(fields: Mapping[str, Any], depth: int, label: Callable[[str], str] = label) -> Iterator[str]:
    """Scalars aligned with each other, then what has parts."""
    plain = {label(key): _text(value) for key, value in fields.items() if not isinstance(value, (dict, list))}
    width = max(map(len, plain), default=0) + 3
    for name, value in plain.items():
        yield f"{_INDENT * depth}{f'{name}:'.ljust(width)}{_hanging(value, len(_INDENT) * depth + width)}".rstrip()
    for key, value in fields.items():
        if isinstance(value, (dict, list)):
            yield from _parts(key, label(key), value, depth)


def _parts(key: str, name: str, value: dict[str, Any] | list[Any], depth: int) -> Iterator[str]:
    if not value:
        yield f"{_INDENT * depth}{name}:  <none>"
        return
    yield f"{_INDENT * depth}{name}:"
    if isinstance(value, dict):
        yield from _fields(value, depth + 1, str if key in _NAMED_BY_PEOPLE else label)
    elif all(isinstance(each, dict) for each in value):
        yield from _records(value, depth + 1)
    else:
        yield from (f"{_INDENT * (depth + 1)}{_text(each)}" for each in value)


def _records(records: Sequence[dict[str, Any]], depth: int) -> Iterator[str]:
    """A table where every cell is short, else one outline after the other."""
    keys = sorted({key for record in records for key, value in record.items() if value not in ("", None)}, key=_reading_order)
    rows = [[_text(record.get(key, "")) for key in keys] for record in records]
    is_flat = not any(isinstance(value, (dict, list)) for record in records for value in record.values())
    widths = listing.column_widths([[label(key) for key in keys], *rows])
    if is_flat and sum(widths) <= _WIDEST_TABLE and not any("\n" in cell for row in rows for cell in row):
        yield from (f"{_INDENT * depth}{line}".rstrip() for line in listing.lines([label(key) for key in keys], rows))
        return
    for number, record in enumerate(records):
        yield from [""] * (number > 0)
        yield from _fields(record, depth)


def _reading_order(key: str) -> tuple[int, str]:
    if key in _READ_LAST:
        return len(_READ_FIRST) + 1, key
    return (_READ_FIRST.index(key) if key in _READ_FIRST else len(_READ_FIRST)), key


def _events(events: Sequence[Object], now: datetime) -> Iterator[str]:
    if not events:
        yield "Events:  <none>"
        return
    yield "Events:"
    rows = [
        [
            str(event.get("type", "")),
            str(event.get("reason", "")),
            since(event_time(event), now),
            str(event.get("reportingController") or ""),
            str(event.get("note", "")).strip(),
        ]
        for event in sorted(events, key=event_time)
    ]
    yield from (f"{_INDENT}{line}" for line in listing.lines(["Type", "Reason", "Age", "From", "Message"], rows))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return ""
    return "" if value is None else str(value)


def _hanging(text: str, column: int) -> str:
    """Lines after the first start below it."""
    return text.replace("\n", "\n" + " " * column)


def _sizes(values: Mapping[str, str]) -> dict[str, str]:
    return {key: f"{len(value) * 3 // 4 - value.count('=')} bytes" for key, value in values.items()}
