"""From a pydantic model to a structural OpenAPI v3 schema, as a CustomResourceDefinition wants it.

Structural means: no references, no nullable unions, no ``additionalProperties: false``; see
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

from collections.abc import Mapping
from typing import Any

from modelyard_api.base import ApiModel

Schema = dict[str, Any]

_PASSED_ON = (
    "type",
    "description",
    "format",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "maxProperties",
    "required",
    "default",
)


def structural_schema(model: type[ApiModel]) -> Schema:
    """The whole schema of ``model`` with every reference resolved."""
    document = model.model_json_schema(by_alias=True, mode="validation")
    return _convert(document, document.get("$defs", {}))


def _convert(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    node = _resolve(node, definitions)
    if "x-kubernetes-preserve-unknown-fields" in node:
        return {key: node[key] for key in ("description", "x-kubernetes-preserve-unknown-fields") if key in node}
    schema: Schema = {key: node[key] for key in _PASSED_ON if key in node}
    schema |= {key: value for key, value in node.items() if key.startswith("x-kubernetes-")}
    _convert_bounds(node, schema)
    if node.get("x-kubernetes-int-or-string"):
        return _int_or_string(schema)
    if "const" in node:
        schema |= {"type": "string", "enum": [node["const"]]}
    if properties := node.get("properties"):
        schema["properties"] = {name: _convert(value, definitions) for name, value in properties.items()}
    if items := node.get("items"):
        schema["items"] = _convert(items, definitions)
    if isinstance(values := node.get("additionalProperties"), Mapping):
        schema["additionalProperties"] = _convert(values, definitions)
    return _bound_enum(schema)


def _resolve(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Follow ``$ref`` and drop the null of an optional field; what stands beside them wins."""
    resolved = {key: value for key, value in node.items() if key not in ("$ref", "anyOf", "allOf")}
    if reference := node.get("$ref"):
        resolved = _resolve(definitions[reference.rsplit("/", 1)[1]], definitions) | resolved
    options = [option for option in node.get("anyOf", []) if option.get("type") != "null"]
    if len(options) == 1:
        resolved = _resolve(options[0], definitions) | resolved
    if "default" in resolved:
        resolved["default"] = _without_nulls(resolved["default"])
        if resolved["default"] is None:
            del resolved["default"]
    return resolved


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return value


def _convert_bounds(node: Mapping[str, Any], schema: Schema) -> None:
    """OpenAPI v3.0 writes an exclusive bound as a flag beside the bound; integers get their width."""
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if exclusive in node:
            schema[inclusive] = node[exclusive]
            schema[exclusive] = True
    if schema.get("type") == "integer":
        schema["format"] = "int64"


def _int_or_string(schema: Schema) -> Schema:
    """Kubernetes quantities: the only place where a field takes two types."""
    schema.pop("type", None)
    return schema | {"anyOf": [{"type": "integer"}, {"type": "string"}]}


def _bound_enum(schema: Schema) -> Schema:
    if "enum" in schema and schema.get("type") == "string":
        schema["maxLength"] = max(len(value) for value in schema["enum"])
    return schema
