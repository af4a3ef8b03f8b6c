"""What an answer of the API server means: every failure becomes one of the errors of the seam, in the server's own words."""

import json
from collections.abc import Mapping
from typing import Any

from modelyard_operator.kube.interface import (
    AlreadyExists,
    Conflict,
    Expired,
    Forbidden,
    KubeError,
    NotFound,
    Object,
    Refused,
    ServerFailed,
    Throttled,
    Unreachable,
)

_DEFAULT_RETRY_AFTER_SECONDS = 1.0
_ERRORS: Mapping[int, type[KubeError]] = {
    400: Refused,
    403: Forbidden,
    404: NotFound,
    405: Refused,
    410: Expired,
    413: Refused,
    415: Refused,
    422: Refused,
}


def error_of(request: str, code: int, body: bytes, headers: Mapping[str, str]) -> KubeError:
    """The error for an answer that is not 2xx; ``request`` is what was tried, such as ``POST /api/v1/namespaces/a/pods``."""
    status = _status(body)
    return error_of_status({**status, "code": code}, request, headers.get("Retry-After", ""))


def error_of_status(status: Object, request: str, retry_after: str = "") -> KubeError:
    """The error for a ``Status`` object, which also comes as the ERROR event of a watch."""
    code = int(status.get("code") or 500)
    message = f"{request}: {status.get('message') or f'HTTP {code}'}"
    if code == 409:
        return AlreadyExists(message) if status.get("reason") == "AlreadyExists" else Conflict(message)
    if code == 429:
        return Throttled(message, _seconds(retry_after))
    if code >= 500 and status.get("kind") == "Status":
        return ServerFailed(message)
    return _ERRORS.get(code, Unreachable)(message)  # 401 as well: a token is renewed on disk, then the same request succeeds


def _status(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:  # a proxy's page, or nothing
        return {"message": body[:200].decode(errors="replace").strip()}
    return parsed if isinstance(parsed, dict) else {}


def _seconds(retry_after: str) -> float:
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        return _DEFAULT_RETRY_AFTER_SECONDS
