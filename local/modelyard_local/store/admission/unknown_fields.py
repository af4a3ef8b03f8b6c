"""Fields that no schema knows: refused, as ``kubectl`` has the API server do, because a misspelt field would otherwise be lost in silence."""

from collections.abc import Iterator
from typing import Any

from modelyard_api.crds.schema import Schema


def unknown_in_object(body: dict[str, Any], schema: Schema) -> list[str]:
    """Paths of all fields, ``metadata`` aside, that the schema doesn't have; sorted."""
    return sorted(_walk({key: value for key, value in body.items() if key != "metadata"}, schema, ""))


def without_unknown(value: Any, schema: Schema) -> Any:
    """A copy without them: what the API server keeps of a status."""
    if _takes_anything(schema):
        return value
    if isinstance(value, dict):
        return {key: without_unknown(item, below) for key, item in value.items() if (below := _below(schema, key)) is not None}
    if isinstance(value, list):
        return [without_unknown(item, schema.get("items", {})) for item in value]
    return value


def _walk(value: Any, schema: Schema, path: str) -> Iterator[str]:
    if _takes_anything(schema):
        return
    if isinstance(value, dict):
        for key, item in value.items():
            below = _below(schema, key)
            here = f"{path}.{key}" if path else key
            if below is None:
                yield here
            else:
                yield from _walk(item, below, here)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _walk(item, schema.get("items", {}), f"{path}[{number}]")


def _below(schema: Schema, key: str) -> Schema | None:
    properties: dict[str, Schema] = schema.get("properties", {})
    values = schema.get("additionalProperties")
    return properties.get(key, values if isinstance(values, dict) else None)


def _takes_anything(schema: Schema) -> bool:
    return bool(schema.get("x-kubernetes-preserve-unknown-fields"))
