"""``x-kubernetes-validations`` of a schema: rules in CEL on every object, list and value that has some.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules. The Common Expression
Language (https://cel.dev) is evaluated by its C++ implementation.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cel_expr_python import cel
from modelyard_api.crds.schema import Schema

from modelyard_local.store.admission.problems import Path, Problem, joined, shown

Value = dict[str, Any]
_ON_OLD = re.compile(r"\boldSelf\b")
_KNOWN = {"rule", "message", "messageExpression", "fieldPath", "reason"}


class ExpressionFailed(Exception):
    """The expression has no value for this object, such as when it reads a field that isn't there."""


class Expression:
    """Compiled once; may be evaluated from several threads."""

    def __init__(self, text: str) -> None:
        """Raises ValueError if the text is no expression."""
        self.text = text
        try:
            self._compiled = _environment().compile(text)
        except Exception as error:
            raise ValueError(f"{text!r} is no CEL expression: {error}") from error

    def evaluate(self, variables: Value) -> Any:
        """The plain value. Raises ExpressionFailed."""
        result = self._compiled.eval(data=variables)
        if result.type() == cel.Type.ERROR:
            raise ExpressionFailed(str(result.value()))
        return result.plain_value()


def matches(text: str, pattern: str) -> bool:
    """Whether an RE2 pattern is found in the text."""
    return bool(_matcher().evaluate({"self": text, "oldSelf": pattern}))


@cache
def _matcher() -> Expression:
    return Expression("self.matches(oldSelf)")


@cache
def _environment() -> Any:
    return cel.NewEnv(variables={"self": cel.Type.DYN, "oldSelf": cel.Type.DYN})


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
    """For comparing with how it was: lists that are maps or sets have no request."""
    if isinstance(value, dict):
        properties: dict[str, Schema] = schema.get("properties", {})
        return {key: canonical(item, properties.get(key, {})) for key, item in value.items()}
    if isinstance(value, list):
        items = [canonical(item, schema.get("items", {})) for item in value]
        is_ordered = schema.get("x-kubernetes-list-type", "atomic") == "atomic"
        return items if is_ordered else sorted(items, key=lambda item: _request(item, schema))
    return value


def _request(item: Any, schema: Schema) -> str:
    keys = schema.get("x-kubernetes-list-map-keys")
    return json.dumps([item.get(key) for key in keys] if keys else item, sort_keys=True)


class RulesCheck:
    """Compiled once for a schema, used for many objects."""

    def __init__(self, schema: Schema) -> None:
        """Raises ValueError for a rule that can't be compiled, or says something that isn't supported here."""
        self._schema = schema
        self._root = _compiled(schema) or _Node(schema)

    def problems(self, body: Any, old: Any = None) -> list[Problem]:
        """Rules that don't hold; those about a change only where there was something before."""
        before = None if old is None else typed(old, self._schema)
        return list(_check(self._root, typed(body, self._schema), before, ()))


@dataclass(frozen=True)
class _Rule:
    expression: Expression
    message: str
    message_expression: Expression | None
    field_path: str
    is_transition: bool


@dataclass(frozen=True)
class _Node:
    """A part of the schema that has rules, or leads to some."""

    schema: Schema
    rules: tuple[_Rule, ...] = ()
    properties: dict[str, "_Node"] = field(default_factory=dict)
    items: "_Node | None" = None
    values: "_Node | None" = None


def _compiled(schema: Schema) -> _Node | None:
    properties = {name: node for name, below in schema.get("properties", {}).items() if (node := _compiled(below))}
    items = _compiled(schema["items"]) if "items" in schema else None
    others = schema.get("additionalProperties")
    values = _compiled(others) if isinstance(others, dict) else None
    rules = tuple(_rule(rule) for rule in schema.get("x-kubernetes-validations", ()))
    return _Node(schema, rules, properties, items, values) if rules or properties or items or values else None


def _rule(rule: dict[str, str]) -> _Rule:
    if unknown := set(rule) - _KNOWN:
        raise ValueError(f"the rule {rule['rule']!r} uses {', '.join(sorted(unknown))}, which isn't supported")
    text = rule["rule"]
    words = rule.get("messageExpression")
    return _Rule(
        Expression(text),
        rule.get("message", f"failed rule: {text}"),
        Expression(words) if words else None,
        rule.get("fieldPath", ""),
        bool(_ON_OLD.search(text)),
    )


def _check(node: _Node, value: Any, old: Any, path: Path) -> Iterator[Problem]:
    if value is None:
        return
    for rule in node.rules:
        if (problem := _broken(rule, node, value, old, path)) is not None:
            yield problem
    if isinstance(value, dict):
        before = old if isinstance(old, dict) else {}
        for key in value:
            below = node.properties.get(key, node.values)
            if below is not None:
                yield from _check(below, value[key], before.get(key), (*path, key))
    elif isinstance(value, list) and node.items is not None:
        for number, item in enumerate(value):
            yield from _check(node.items, item, _counterpart(node.schema, item, old), (*path, number))


def _broken(rule: _Rule, node: _Node, value: Any, old: Any, path: Path) -> Problem | None:
    variables = {"self": value, "oldSelf": None}
    if rule.is_transition:
        if old is None:
            return None
        variables = {"self": canonical(value, node.schema), "oldSelf": canonical(old, node.schema)}
    try:
        if rule.expression.evaluate(variables) is True:
            return None
        said = _message(rule, variables)
    except ExpressionFailed as failure:
        said = f"{rule.message} (the rule could not be evaluated: {failure})"
    where = joined(path) + rule.field_path
    subject = "" if isinstance(value, dict | list) else f"{shown(value)}: "
    return Problem(where, f"Invalid value: {subject}{said}" if where else said)


def _message(rule: _Rule, variables: dict[str, Any]) -> str:
    """What ``messageExpression`` says, if that works out to one line."""
    if rule.message_expression is not None:
        try:
            said = rule.message_expression.evaluate(variables)
        except ExpressionFailed:
            return rule.message
        if isinstance(said, str) and said.strip() and "\n" not in said:
            return said.strip()
    return rule.message


def _counterpart(schema: Schema, item: Any, old: Any) -> Any:
    """The item that was there before under the same keys; items of other lists have no identity."""
    if schema.get("x-kubernetes-list-type") != "map" or not isinstance(old, list):
        return None
    keys = schema["x-kubernetes-list-map-keys"]
    wanted = [item.get(key) for key in keys]
    return next((other for other in old if [other.get(key) for key in keys] == wanted), None)
