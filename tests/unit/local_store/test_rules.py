"""Rules in CEL, as CustomResourceDefinitions have them."""

from typing import Any

import pytest
from modelyard_api.crds.resources import RESOURCES, custom_resource_definition
from modelyard_local.store.admission.rules import RulesCheck

Schema = dict[str, Any]
NUMBER: Schema = {"type": "number"}
INTEGER: Schema = {"type": "integer"}
TEXT: Schema = {"type": "string"}


def rule(text: str, message: str = "no", **more: str) -> Schema:
    return {"x-kubernetes-validations": [{"rule": text, "message": message, **more}]}


def record(*rules: Schema, **properties: Schema) -> Schema:
    validations = [each for schema in rules for each in schema["x-kubernetes-validations"]]
    return {"type": "object", "properties": properties, "x-kubernetes-validations": validations}


def list_map(items: Schema, *keys: str) -> Schema:
    return {"type": "array", "items": items, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)}


def said(schema: Schema, value: Any, old: Any = None) -> list[str]:
    return [str(problem) for problem in RulesCheck(schema).problems(value, old)]


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.kind)
def test_every_rule_of_our_own_resources_compiles(resource: Any) -> None:
    RulesCheck(custom_resource_definition(resource)["spec"]["versions"][0]["schema"]["openAPIV3Schema"])


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("has(self.a) != has(self.b)", {"a": 1}, True),
        ("has(self.a) != has(self.b)", {"a": 1, "b": 2}, False),
        ("[has(self.a), has(self.b)].filter(x, x).size() == 1", {"b": 2}, True),
        ("self.names.all(n, n.matches('^[a-z]+$'))", {"names": ["a", "b"]}, True),
        ("self.names.all(n, n.matches('^[a-z]+$'))", {"names": ["a", "b\n"]}, False),
        ("self.names.exists(n, n == 'a') && !self.names.exists_one(n, n == 'b')", {"names": ["a", "b", "b"]}, True),
        ("size(self.names) <= 2 && self.names.size() == 2", {"names": ["a", "b"]}, True),
        ("'a' in self.names ? self.a > 0.0 : true", {"names": ["a"], "a": 0}, False),
        ("self.a + self.b <= 0.8", {"a": 0, "b": 1}, False),
        ("self.a + self.b <= 0.8", {"a": 0.5, "b": 0}, True),
        ("self.count == 3 && self.count / 2 == 1", {"count": 3.0}, True),
    ],
)
def test_values_have_the_types_of_the_schema(text: str, value: Any, holds: bool) -> None:
    schema = record(rule(text), a=NUMBER, b=NUMBER, count=INTEGER, names={"type": "array", "items": TEXT})
    assert (said(schema, value) == []) is holds


def test_rules_apply_wherever_they_stand_and_name_the_place() -> None:
    item = record(rule("self.low < self.high", "low has to be below high"), low=NUMBER, high=NUMBER)
    schema = record(
        rule("has(self.ranges)", "ranges are needed"),
        ranges={"type": "array", "items": item},
        limits={"type": "object", "additionalProperties": {**NUMBER, **rule("self > 0.0", "more than nothing")}},
    )
    good, bad = {"low": 0, "high": 1}, {"low": 1, "high": 1}
    assert said(schema, {"ranges": [good, bad], "limits": {"cpu": 1, "memory": 0}}) == [
        "ranges[1]: Invalid value: low has to be below high",
        "limits.memory: Invalid value: 0.0: more than nothing",
    ]
    assert said(schema, {}) == ["ranges are needed"]


def test_a_field_that_is_not_there_breaks_the_rule_that_reads_it() -> None:
    [problem] = said(record(rule("self.a > 0.0", "a has to be positive"), a=NUMBER), {})
    assert problem.startswith("a has to be positive (the rule could not be evaluated: ")


def test_field_path_and_message_expression() -> None:
    schema = {"type": "object", "properties": {"spec": record(rule("self.a < 3.0", "too much", fieldPath=".a"), a=NUMBER)}}
    assert said(schema, {"spec": {"a": 3}}) == ["spec.a: Invalid value: too much"]
    worded = rule("self.a < 3.0", "too much", messageExpression="'a is ' + string(self.a) + ', at most 3'")
    assert said(record(worded, a=NUMBER), {"a": 4.5}) == ["a is 4.5, at most 3"]
    broken = rule("self.a < 3.0", "too much", messageExpression="self.b")
    assert said(record(broken, a=NUMBER), {"a": 4.5}) == ["too much"]
    unsaid = {"type": "object", "properties": {"a": NUMBER}, "x-kubernetes-validations": [{"rule": "self.a < 3.0"}]}
    assert said(unsaid, {"a": 3}) == ["failed rule: self.a < 3.0"]


def test_rules_about_a_change_hold_only_where_something_was_before() -> None:
    schema = record(rule("has(self.a) == has(oldSelf.a)", "a comes with the object"), a=NUMBER)
    assert said(schema, {"a": 1}) == []
    assert said(schema, {"a": 2}, {"a": 1}) == []
    assert said(schema, {"a": 1}, {}) == ["a comes with the object"]
    assert said(schema, {}, {"a": 1}) == ["a comes with the object"]


def test_items_of_a_list_map_are_compared_with_those_of_the_same_keys() -> None:
    item = record(rule("self.size >= oldSelf.size", "can't shrink"), name=TEXT, size=INTEGER)
    schema = {"type": "object", "properties": {"disks": list_map(item, "name")}}
    before = {"disks": [{"name": "a", "size": 5}, {"name": "b", "size": 9}]}
    assert said(schema, {"disks": [{"name": "b", "size": 9}, {"name": "new", "size": 1}, {"name": "a", "size": 6}]}, before) == []
    assert said(schema, {"disks": [{"name": "b", "size": 8}]}, before) == ["disks[0]: Invalid value: can't shrink"]


def test_order_counts_in_lists_but_not_in_list_maps() -> None:
    same = rule("self == oldSelf", "can't be changed")
    one, two = {"name": "a"}, {"name": "b"}
    as_map = record(same, items=list_map({"type": "object", "properties": {"name": TEXT}}, "name"))
    as_list = record(same, items={"type": "array", "items": {"type": "object", "properties": {"name": TEXT}}})
    as_set = record(same, items={"type": "array", "items": TEXT, "x-kubernetes-list-type": "set"})
    assert said(as_map, {"items": [two, one]}, {"items": [one, two]}) == []
    assert said(as_map, {"items": [one]}, {"items": [one, two]}) == ["can't be changed"]
    assert said(as_list, {"items": [two, one]}, {"items": [one, two]}) == ["can't be changed"]
    assert said(as_set, {"items": ["b", "a"]}, {"items": ["a", "b"]}) == []


def test_a_rule_that_says_what_is_not_supported_is_found_when_it_is_read() -> None:
    with pytest.raises(ValueError, match="optionalOldSelf, which isn't supported"):
        RulesCheck(record(rule("self == oldSelf", optionalOldSelf="true")))
    with pytest.raises(ValueError, match="is no CEL expression"):
        RulesCheck(record(rule("self.a ===")))
