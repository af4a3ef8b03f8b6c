"""A resource as its models read it."""

from collections.abc import Mapping
from typing import Any, TypeVar

from modelyard_api.base import ApiModel
from modelyard_operator.kube.interface import Object
from pydantic import ValidationError

from modelyard_cli.errors import CommandError

Model = TypeVar("Model", bound=ApiModel)


def read(model: type[Model], resource: Object, part: str) -> Model:
    """``spec`` or ``status``; what isn't there counts as empty. Raises CommandError where another version wrote it."""
    value: Mapping[str, Any] = resource.get(part) or {}
    try:
        return model.model_validate(value)
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(str(step) for step in each["loc"]) for each in error.errors()})[:3])
        name = f"{resource.get('kind', 'resource')} {resource['metadata']['name']}"
        raise CommandError(
            f"{part} of {name} can't be read ({fields}): it was written by another version of Modelyard; install that version of this command"
        ) from error
