"""Defaults, unknown fields and shapes, as the API server sees them."""

from typing import Any

import pytest
from modelyard_local.store.admission.schema import SchemaCheck, unknown_in_object, with_defaults, without_unknown

Schema = dict[str, Any]
SCHEMA: Schema = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 5, "pattern": "^[a-z]*$"},
        "mode": {"type": "string", "enum": ["Fast", "Slow"], "maxLength": 4, "default": "Fast"},
        "count": {"type": "integer", "format": "int64", "minimum": 1},
        "share": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 1, "exclusiveMaximum": True},
        "since": {"type": "string", "format": "date-time"},
        "limit": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}], "pattern": "^[0-9]+$"},
        "anything": {"x-kubernetes-preserve-unknown-fields": True},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 1},
        "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "inner": {"type": "object", "properties": {"deep": {"type": "integer", "format": "int64", "default": 7}}},
        "given": {"type": "object", "default": {}, "properties": {"deep": {"type": "integer", "format": "int64", "default": 7}}},
        "items": {
            "type": "array",
            "minItems": 1,
            "maxItems": 3,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "properties": {"name": {"type": "string"}, "size": {"type": "integer", "default": 1}}},
        },
    },
}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": None}, 'name: Invalid value: "null": name in body must be of type string: "null"'),
        ({"name": ""}, 'name: Invalid value: "": name in body should be at least 1 chars long'),
        ({"name": "abcdef"}, "name: Too long: may not be more than 5 bytes"),
        ({"name": "a\n"}, r"name: Invalid value: \"a\n\": name in body should match '^[a-z]*$'".replace('\\"', '"')),
        ({"mode": "None"}, 'mode: Unsupported value: "None": supported values: "Fast", "Slow"'),
        ({"count": 0}, "count: Invalid value: 0: count in body should be greater than or equal to 1"),
        ({"count": 1.5}, 'count: Invalid value: "number": count in body must be of type integer: "number"'),
        ({"count": True}, 'count: Invalid value: "boolean": count in body must be of type integer: "boolean"'),
        ({"count": 2**63}, 'count: Invalid value: "integer": count in body must be of type int64: "integer"'),
        ({"share": 0}, "share: Invalid value: 0: share in body should be greater than 0"),
        ({"share": 1}, "share: Invalid value: 1: share in body should be less than 1"),
        ({"share": "0.5"}, 'share: Invalid value: "string": share in body must be of type number: "string"'),
        ({"since": "yesterday"}, 'since: Invalid value: "string": since in body must be of type date-time: "string"'),
        ({"limit": 1.5}, 'limit: Invalid value: "number": limit in body must be of type integer,string: "number"'),
        ({"limit": "x"}, "limit: Invalid value: \"x\": limit in body should match '^[0-9]+$'"),
        ({"labels": {"a": 1}}, 'labels.a: Invalid value: "integer": labels.a in body must be of type string: "integer"'),
        ({"labels": {"a": "1", "b": "2"}}, "labels: Too many: 2: must have at most 1 items"),
        ({"tags": ["a", "b", "a"]}, 'tags[2]: Duplicate value: "a"'),
        ({"items": []}, "items: Invalid value: []: items in body should have at least 1 items"),
        ({"items": [{"name": "a"}, {"name": "b"}, {"name": "a"}]}, 'items[2]: Duplicate value: {"name":"a"}'),
    ],
)
def test_what_is_wrong_is_said_in_the_api_servers_words(change: dict[str, Any], says: str) -> None:
    assert [str(problem) for problem in SchemaCheck(SCHEMA).problems({"name": "a", **change})] == [says]


@pytest.mark.parametrize(
    "change",
    [{"count": 3.0}, {"share": 0.5}, {"limit": 3}, {"limit": "3"}, {"since": "2026-01-01T00:00:00Z"}, {"anything": [1, {"a": None}]}],
)
def test_what_is_right_is_accepted(change: dict[str, Any]) -> None:
    assert SchemaCheck(SCHEMA).problems({"name": "a", **change}) == []


def test_a_missing_field_is_named() -> None:
    assert [str(problem) for problem in SchemaCheck(SCHEMA).problems({})] == ["name: Required value"]


def test_defaults_come_into_objects_that_are_there() -> None:
    given = {"inner": {}, "items": [{"name": "a"}, {"name": "b", "size": 2}]}
    assert with_defaults(given, SCHEMA) == {
        "mode": "Fast",
        "inner": {"deep": 7},
        "given": {"deep": 7},
        "items": [{"name": "a", "size": 1}, {"name": "b", "size": 2}],
    }
    assert given == {"inner": {}, "items": [{"name": "a"}, {"name": "b", "size": 2}]}


def test_null_is_as_good_as_absent() -> None:
    assert with_defaults({"name": None, "mode": None, "anything": {"a": None}}, SCHEMA) == {
        "mode": "Fast",
        "given": {"deep": 7},
        "anything": {"a": None},
    }


def test_unknown_fields_are_found_at_any_depth() -> None:
    body = {
        "metadata": {},
        "nam": 1,
        "inner": {"deeper": 1},
        "items": [{"name": "a"}, {"x": 1}],
        "labels": {"any": "a"},
        "anything": {"a": 1},
    }
    assert unknown_in_object(body, SCHEMA) == ["inner.deeper", "items[1].x", "nam"]
    assert without_unknown(body, SCHEMA) == {"inner": {}, "items": [{"name": "a"}, {}], "labels": {"any": "a"}, "anything": {"a": 1}}
