"""Spec and status of a resource of ours as their models read them, and what is said where one can't be read."""

from collections.abc import Mapping
from typing import Any, TypeVar

from modelyard_api.base import ApiModel
from pydantic import ValidationError

from modelyard_operator.kube.interface import Object
from modelyard_operator.plan import Event

_SHOWN = 5
ModelT = TypeVar("ModelT", bound=ApiModel)


def read(model: type[ModelT], resource: Object, part: str) -> tuple[ModelT | None, str]:
    """``spec`` or ``status``; None, and which fields are wrong, where another version wrote it. What isn't there counts as empty."""
    value: Mapping[str, Any] = resource.get(part) or {}
    try:
        return model.model_validate(value), ""
    except ValidationError as error:
        problems = [".".join([part, *map(str, one["loc"])]) + f": {one['msg']}" for one in error.errors()]
        return None, "; ".join(problems[:_SHOWN])


def status_unreadable(problem: str) -> Event:
    """Nothing may be concluded from a status that can't be read, so nothing is done, and what runs goes on."""
    return Event("Warning", "StatusUnreadable", f"nothing is done: {problem}; install the operator's version that wrote it, or a newer one")
