"""A pod's last words: a small JSON document that the kubelet hands to the operator."""

import os
from pathlib import Path

from modelyard_api.base import ApiModel
from modelyard_api.conditions import Reason
from modelyard_api.pod_contract import TERMINATION_MESSAGE_LIMIT, TERMINATION_MESSAGE_PATH, PodError, TrainResult

PATH_VARIABLE = "MODELYARD_TERMINATION_PATH"  # another place, for tests and local runs
_LONGEST_MESSAGE = 2048
_SHORT, _MEDIUM = 60, 100


def write(message: ApiModel) -> None:
    """Writes ``message``, shortened until it fits; the whole of a result is on its run."""
    path = Path(os.environ.get(PATH_VARIABLE) or TERMINATION_MESSAGE_PATH)
    path.write_bytes(encoded(message))


def encoded(message: ApiModel) -> bytes:
    """At most 3,072 bytes."""
    content = _bytes(message)
    while len(content) > TERMINATION_MESSAGE_LIMIT:
        message = _shorter(message, len(content) - TERMINATION_MESSAGE_LIMIT)
        content = _bytes(message)
    return content


def failure(reason: Reason, text: str) -> PodError:
    """Why the pod ended; a very long text loses its middle."""
    return PodError(reason=reason, message=_cut(text, _LONGEST_MESSAGE))


def _bytes(message: ApiModel) -> bytes:
    return message.model_dump_json(by_alias=True, exclude_none=True).encode()


def _shorter(message: ApiModel, over: int) -> ApiModel:
    """Drops what is least missed: long texts of what was resolved, then warnings, then the last metrics."""
    if isinstance(message, PodError):
        return message.model_copy(update={"message": _cut(message.message, max(200, len(message.message) - over))})
    if not isinstance(message, TrainResult):
        raise ValueError(f"{type(message).__name__} doesn't fit into {TERMINATION_MESSAGE_LIMIT} bytes")
    for shorten in (_shorter_resolved, _shorter_warnings, _shorter_reasons, _fewer):
        if update := shorten(message):
            return message.model_copy(update=update)
    raise ValueError(f"the result doesn't fit into {TERMINATION_MESSAGE_LIMIT} bytes")


def _shorter_resolved(result: TrainResult) -> dict[str, object]:
    longest = max(result.resolved, key=lambda name: len(result.resolved[name]), default="")
    if not longest or len(result.resolved[longest]) <= _SHORT:
        return {}
    return {"resolved": result.resolved | {longest: _cut(result.resolved[longest], _SHORT)}}


def _shorter_warnings(result: TrainResult) -> dict[str, object]:
    if all(len(text) <= _MEDIUM for text in result.warnings):
        return {}
    return {"warnings": [_cut(text, _MEDIUM) for text in result.warnings]}


def _shorter_reasons(result: TrainResult) -> dict[str, object]:
    if all(len(each.why) <= _SHORT for each in result.evidence):
        return {}
    return {"evidence": [each.model_copy(update={"why": _cut(each.why, _SHORT)}) for each in result.evidence]}


def _fewer(result: TrainResult) -> dict[str, object]:
    """One warning, metric or resolved value less; the first ones are what the operator needs."""
    if result.warnings:
        return {"warnings": result.warnings[:-1]}
    if len(result.metrics) > 1:
        return {"metrics": result.metrics[:-1]}
    return {"resolved": dict(list(result.resolved.items())[:-1])} if len(result.resolved) > 1 else {}


def _cut(text: str, length: int) -> str:
    """``text`` without its middle: beginnings say what, ends say what to do."""
    if len(text) <= length:
        return text
    half = (length - 3) // 2
    return f"{text[:half]}...{text[len(text) - half :]}"
