"""Defaults as the API server sets them: before validation, into objects that are there.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting
"""

import copy
from typing import Any

from modelyard_api.crds.schema import Schema


def with_defaults(value: Any, schema: Schema) -> Any:
    """A copy in which absent and null fields have their defaults; a null without one counts as absent."""
    if isinstance(value, dict):
        return _object(value, schema)
    if isinstance(value, list) and "items" in schema:
        return [with_defaults(item, schema["items"]) for item in value]
    return copy.deepcopy(value)


def _object(value: dict[str, Any], schema: Schema) -> dict[str, Any]:
    properties: dict[str, Schema] = schema.get("properties", {})
    given = {key: item for key, item in value.items() if item is not None or key not in properties}
    defaults = {key: each["default"] for key, each in properties.items() if "default" in each}
    values = schema.get("additionalProperties")
    others: Schema = values if isinstance(values, dict) else {}
    return {key: with_defaults(item, properties.get(key, others)) for key, item in (defaults | given).items()}
