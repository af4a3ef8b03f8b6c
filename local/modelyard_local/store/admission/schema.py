"""Structural OpenAPI schemas: defaults, unknown fields, and what is wrong with an object, in the API server's words.

Defaults as the API server sets them: before validation, into objects that are there
(https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting).
OpenAPI v3.0 writes exclusive bounds as JSON Schema's draft 4 does. What differs from it is here: numbers such as 3.0 are integers, patterns
are RE2, and the ``x-kubernetes-`` keywords mean something. Fields that no schema knows are refused, as ``kubectl`` has the API server do:
a misspelt field would otherwise be lost in silence.
"""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from jsonschema import Draft4Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from modelyard_api.crds.schema import Schema

from modelyard_local.store.admission import rules
from modelyard_local.store.admission.problems import Problem, joined, shown

_INT64 = 2**63
_HIDING = {"type", "required", "enum", "maxLength", "maxItems", "maxProperties"}
_SAYINGS: dict[str, Callable[[Any], str]] = {
    "minLength": lambda limit: f"should be at least {limit} chars long",
    "minItems": lambda limit: f"should have at least {limit} items",
    "pattern": lambda pattern: f"should match '{pattern}'",
}


class SchemaCheck:
    """Made once for a schema, used for many objects."""

    def __init__(self, schema: Schema) -> None:
        self._validator: Validator = _Validator(schema)

    def problems(self, body: Any) -> list[Problem]:
        """All of them, sorted by field."""
        errors = list(self._validator.iter_errors(body))
        mistyped = {joined(error.absolute_path) for error in errors if error.validator == "type"}
        found = {_problem(error) for error in errors if error.validator == "type" or joined(error.absolute_path) not in mistyped}
        return sorted(found, key=lambda problem: (problem.path, problem.text))


def _is_integer(_: Any, value: object) -> bool:
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


def _check_pattern(_: Validator, pattern: str, value: object, __: Schema) -> Iterator[ValidationError]:
    if isinstance(value, str) and not rules.matches(value, pattern):
        yield ValidationError("")


def _check_format(_: Validator, name: str, value: object, __: Schema) -> Iterator[ValidationError]:
    if name == "int64" and isinstance(value, int | float) and not -_INT64 <= value < _INT64:
        yield ValidationError("", validator="type", validator_value="int64")
    if name == "date-time" and isinstance(value, str) and not _is_time(value):
        yield ValidationError("", validator="type", validator_value="date-time")


def _check_required(_: Validator, names: list[str], value: object, __: Schema) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        yield from (ValidationError("", path=(name,)) for name in names if name not in value)


def _check_any_of(validator: Validator, options: list[Schema], value: Any, schema: Schema) -> Iterator[ValidationError]:
    if not schema.get("x-kubernetes-int-or-string"):
        raise NotImplementedError(f"anyOf in {schema}")
    if not any(validator.is_type(value, option["type"]) for option in options):
        yield ValidationError("", validator="type", validator_value="integer,string")


def _check_list_type(_: Validator, list_type: str, value: object, schema: Schema) -> Iterator[ValidationError]:
    if list_type == "atomic" or not isinstance(value, list):
        return
    keys = schema.get("x-kubernetes-list-map-keys")
    seen: set[str] = set()
    for number, item in enumerate(value):
        identity = {name: item[name] for name in keys if name in item} if keys and isinstance(item, dict) else item
        text = json.dumps(identity, sort_keys=True)
        if text in seen:
            yield ValidationError("", validator="duplicate", instance=identity, path=(number,))
        seen.add(text)


_Validator = extend(  # type: ignore[no-untyped-call]
    Draft4Validator,
    {
        "required": _check_required,
        "pattern": _check_pattern,
        "format": _check_format,
        "anyOf": _check_any_of,
        "x-kubernetes-list-type": _check_list_type,
    },
    type_checker=Draft4Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


def _problem(error: ValidationError) -> Problem:
    keyword = str(error.validator)
    path = joined(error.absolute_path)
    return Problem(path, _text(keyword, path, error), keyword in _HIDING)


def _text(keyword: str, path: str, error: ValidationError) -> str:
    limit: Any = error.validator_value
    value: Any = error.instance
    sayings: dict[str, Callable[[], str]] = {
        "required": lambda: "Required value",
        "type": lambda: f'Invalid value: "{_type(value)}": {path} in body must be of type {limit}: "{_type(value)}"',
        "enum": lambda: f"Unsupported value: {shown(value)}: supported values: {', '.join(shown(option) for option in limit)}",
        "duplicate": lambda: f"Duplicate value: {shown(value)}",
        "maxLength": lambda: f"Too long: may not be more than {limit} bytes",
        "maxItems": lambda: f"Too many: {len(value)}: must have at most {limit} items",
        "maxProperties": lambda: f"Too many: {len(value)}: must have at most {limit} items",
    }
    if keyword in sayings:
        return sayings[keyword]()
    return f"Invalid value: {shown(value)}: {path} in body {_bound(keyword, limit, error)}"


def _bound(keyword: str, limit: Any, error: ValidationError) -> str:
    schema: Any = error.schema
    if keyword == "minimum":
        return f"should be greater than {'' if schema.get('exclusiveMinimum') else 'or equal to '}{limit}"
    if keyword == "maximum":
        return f"should be less than {'' if schema.get('exclusiveMaximum') else 'or equal to '}{limit}"
    return _SAYINGS[keyword](limit) if keyword in _SAYINGS else error.message


def _type(value: object) -> str:
    if isinstance(value, float):
        return "number"
    names = {bool: "boolean", int: "integer", str: "string", list: "array", dict: "object", type(None): "null"}
    return names[type(value)]


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


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
