"""How a job ends: its failures, terminal (the input is wrong) or transient (something doesn't answer), and its last words, a small JSON document that
the kubelet hands to the operator.
"""

import json
import os
from pathlib import Path
from typing import Any

from modelyard_api.base import ApiModel
from modelyard_api.conditions import Reason
from modelyard_api.pod_contract import (
    TERMINATION_MESSAGE_LIMIT,
    TERMINATION_MESSAGE_PATH,
    TERMINATION_PATH_VARIABLE,
    ExitCode,
    PodError,
    TrainResult,
)

_LONGEST_MESSAGE = 2048
_SHORT, _MEDIUM = 60, 100


def write(message: ApiModel) -> None:
    """Writes ``message``, shortened until it fits; the whole of a result is on its run."""
    path = Path(os.environ.get(TERMINATION_PATH_VARIABLE) or TERMINATION_MESSAGE_PATH)
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
    return json.dumps(_compact(message.to_wire()), ensure_ascii=False, separators=(",", ":")).encode()


def _compact(value: Any) -> Any:
    """Six significant digits, and no empty texts: whoever reads takes them for granted."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {name: _compact(item) for name, item in value.items() if item != ""}
    return [_compact(item) for item in value] if isinstance(value, list) else value


def _shorter(message: ApiModel, over: int) -> ApiModel:
    """Shortens what is least missed; what still doesn't fit is left to ``result.json`` on the run, which the operator then reads."""
    if isinstance(message, PodError):
        return message.model_copy(update={"message": _cut(message.message, max(200, len(message.message) - over))})
    if not isinstance(message, TrainResult):
        raise ValueError(f"{type(message).__name__} doesn't fit into {TERMINATION_MESSAGE_LIMIT} bytes")
    for shorten in (_shorter_resolved, _left_to_the_run, _shorter_warnings, _fewer):
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


def _left_to_the_run(result: TrainResult) -> dict[str, object]:
    """The operator then takes everything from the run, warnings included: what is left here is for who reads the message itself."""
    return {} if result.evidence_left_out else {"evidence": [], "evidence_left_out": True}


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


class JobFailure(Exception):
    """Base of what ends a job with a documented exit code; the message is for the person who wrote the manifest."""

    exit_code: ExitCode = ExitCode.UNEXPECTED

    def __init__(self, reason: Reason, message: str) -> None:
        """``message`` says what is wrong, where, and what to do."""
        super().__init__(message)
        self.reason = reason


class InvalidRequest(JobFailure):
    """The input is wrong and stays wrong: no retry helps."""

    exit_code = ExitCode.INVALID


class Unavailable(JobFailure):
    """Something the job needs doesn't answer: a retry may help."""

    exit_code = ExitCode.UNAVAILABLE
