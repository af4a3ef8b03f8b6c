"""ConfigMaps and Secrets, which the API server checks by itself: pods see each key as a file."""

import base64
import binascii
import re
from typing import Any

from modelyard_operator.kube.interface import Kind, Object

from modelyard_local.store.admission.problems import Problem, refuse, refuse_unknown

_FIELDS = {
    "ConfigMap": {"data", "binaryData", "immutable"},
    "Secret": {"data", "stringData", "type", "immutable"},
}
_KEY = re.compile(r"(?!\.\.?$|\.\.)[-._a-zA-Z0-9]{1,253}")


def is_plain_data(kind: str) -> bool:
    """Whether it is one of the two."""
    return kind in _FIELDS


def admit(kind: Kind, body: Object) -> Object:
    """As it may be stored. Raises Refused."""
    refuse_unknown(kind, _unknown_fields(body))
    refuse(kind, body, _problems(body))
    return _completed(body)


def _unknown_fields(body: Object) -> list[str]:
    return sorted(set(body) - _FIELDS[body["kind"]] - {"apiVersion", "kind", "metadata"})


def _completed(body: Object) -> Object:
    """A Secret's ``stringData`` as the API server keeps it: in ``data``, base64."""
    rest = {key: value for key, value in body.items() if key != "stringData"}
    texts = body.get("stringData")
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        return body if texts else rest
    encoded = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
    return {**rest, "data": {**(body.get("data") or {}), **encoded}}


def _problems(body: Object) -> list[Problem]:
    """Keys that can't be files, and values that are no texts; the values themselves are never shown."""
    found = []
    for field in ("data", "binaryData", "stringData"):
        values = body.get(field) or {}
        if not isinstance(values, dict):
            found.append(Problem(field, "Invalid value: has to be values by key"))
            continue
        is_binary = field == "binaryData" or (body["kind"] == "Secret" and field == "data")
        found += [problem for key, value in values.items() if (problem := _problem(field, key, value, is_binary))]
    return found


def _problem(field: str, key: str, value: Any, is_binary: bool) -> Problem | None:
    where = f"{field}[{key}]"
    if not _KEY.fullmatch(key):
        return Problem(where, "Invalid value: a key has letters, digits, '-', '_' and '.', and doesn't begin with '..'")
    if not isinstance(value, str):
        return Problem(where, "Invalid value: has to be text; write it in quotes")
    if is_binary and not _is_base64(value):
        return Problem(where, "Invalid value: has to be base64" + ("; or write it under stringData as it is" if field == "data" else ""))
    return None


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return True
