"""Values as rules see them: of the types that the schema says, not of those that JSON happened to be written in."""

import json
from typing import Any

from modelyard_api.crds.schema import Schema


def typed(value: Any, schema: Schema) -> Any:
    """``number`` is a double even if it was written 0, ``integer`` an int even if it was written 3.0: CEL doesn't mix them."""
    if isinstance(value, dict):
        properties: dict[str, Schema] = schema.get("properties", {})
        values = schema.get("additionalProperties")
        others: Schema = values if isinstance(values, dict) else {}
        return {key: typed(item, properties.get(key, others)) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item, schema.get("items", {})) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"number": float, "integer": int}.get(schema.get("type", ""), lambda number: number)(value)
    return value


def canonical(value: Any, schema: Schema) -> Any:
    """For comparing with how it was: lists that are maps or sets have no order."""
    if isinstance(value, dict):
        properties: dict[str, Schema] = schema.get("properties", {})
        return {key: canonical(item, properties.get(key, {})) for key, item in value.items()}
    if isinstance(value, list):
        items = [canonical(item, schema.get("items", {})) for item in value]
        is_ordered = schema.get("x-kubernetes-list-type", "atomic") == "atomic"
        return items if is_ordered else sorted(items, key=lambda item: _order(item, schema))
    return value


def _order(item: Any, schema: Schema) -> str:
    keys = schema.get("x-kubernetes-list-map-keys")
    return json.dumps([item.get(key) for key in keys] if keys else item, sort_keys=True)
