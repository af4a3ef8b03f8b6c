"""Reads a JSON object from a request. Python's parser accepts NaN and Infinity; the validator decides what they mean."""

import json
from typing import Any

from modelyard_serving.errors import InvalidRequest


def read_object(body: bytes) -> dict[str, Any]:
    """Raises InvalidRequest, never with a part of the body."""
    parsed = read_value(body)
    if not isinstance(parsed, dict):
        raise InvalidRequest("malformed_json", "the body has to be a JSON object")
    return parsed


def read_value(body: bytes) -> Any:
    """Any JSON value; raises InvalidRequest with the place of the mistake."""
    try:
        return json.loads(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidRequest("malformed_json", "the body is not UTF-8") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidRequest("malformed_json", f"the body is not valid JSON: {error.msg} ({where})") from None
    except (ValueError, RecursionError):  # a number with thousands of digits; brackets nested thousands deep
        raise InvalidRequest("malformed_json", "the body is not valid JSON: too long a number or too deeply nested") from None


def write(value: object) -> bytes:
    """Compact UTF-8; raises ValueError for NaN and infinite numbers, which JSON doesn't have."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
