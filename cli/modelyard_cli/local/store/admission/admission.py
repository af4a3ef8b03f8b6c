"""Lets an object in, with its defaults, or refuses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from modelyard_api.crds.resources import RESOURCES, custom_resource_definition
from modelyard_api.crds.schema import Schema
from modelyard_operator.kube.interface import Kind, Object, Refused

from modelyard_cli.local.runner.executable_fields import refuse_others
from modelyard_cli.local.store.admission import object_metadata, plain_data
from modelyard_cli.local.store.admission.defaults import with_defaults
from modelyard_cli.local.store.admission.problems import Problem
from modelyard_cli.local.store.admission.rules import RulesCheck
from modelyard_cli.local.store.admission.schema import SchemaCheck
from modelyard_cli.local.store.admission.unknown_fields import unknown_in_metadata, unknown_in_object, without_unknown

_CUSTOM: Mapping[str, Schema] = {
    resource.kind: custom_resource_definition(resource)["spec"]["versions"][0]["schema"]["openAPIV3Schema"] for resource in RESOURCES
}


def with_valid_metadata(kind: Kind, body: Object) -> Object:
    """The object with a namespace. Raises Refused if what its metadata says can't be."""
    body = object_metadata.with_namespace(body)
    if unknown := unknown_in_metadata(body["metadata"]):
        _refuse_unknown(kind, unknown)
    _raise_if(kind, body, object_metadata.problems(kind, body["metadata"]))
    return body


def admit(kind: Kind, body: Object, before: Object | None) -> Object:
    """The object as it may be stored, without its status where that is written apart. Raises Refused."""
    if kind.name in _CUSTOM:
        return _admit_custom(kind, body, before)
    if plain_data.is_plain_data(kind.name):
        return _admit_plain_data(kind, body)
    refuse_others(body)
    return body


def admit_status(kind: Kind, body: Object) -> Object:
    """The object with the status that may be stored. Raises Refused."""
    if kind.name not in _CUSTOM or "status" not in body:
        return body
    checks = _checks_of_status(kind.name)
    status = with_defaults(without_unknown(body["status"], checks.schema), checks.schema)
    _raise_if(kind, body, [Problem(f"status.{problem.path}", problem.text) for problem in checks.check(status)])
    return {**body, "status": status}


@dataclass(frozen=True)
class _Checks:
    schema: Schema
    shape: SchemaCheck
    rules: RulesCheck

    def check(self, body: Object, before: Object | None = None) -> list[Problem]:
        """Rules are left out where the shape is so wrong that they could only confuse."""
        problems = self.shape.problems(body)
        if not any(problem.hides_others for problem in problems):
            problems += self.rules.problems(body, before)
        return sorted(problems, key=lambda problem: problem.path)


@cache
def _checks(kind: str) -> _Checks:
    schema = _CUSTOM[kind]
    return _Checks(schema, SchemaCheck(schema), RulesCheck(schema))


@cache
def _checks_of_status(kind: str) -> _Checks:
    schema = _CUSTOM[kind]["properties"]["status"]
    return _Checks(schema, SchemaCheck(schema), RulesCheck(schema))


def _admit_custom(kind: Kind, body: Object, before: Object | None) -> Object:
    checks = _checks(kind.name)
    _refuse_unknown(kind, unknown_in_object(body, checks.schema))
    body = with_defaults({key: value for key, value in body.items() if key != "status"}, checks.schema)
    if before is None or body.get("spec") != before["spec"]:  # what was let in once may keep its spec
        _raise_if(kind, body, checks.check(body, before))
    return body


def _admit_plain_data(kind: Kind, body: Object) -> Object:
    _refuse_unknown(kind, plain_data.unknown_fields(body))
    _raise_if(kind, body, plain_data.problems(body))
    return plain_data.completed(body)


def _refuse_unknown(kind: Kind, fields: list[str]) -> None:
    if fields:
        said = ", ".join(f'unknown field "{field}"' for field in fields)
        raise Refused(f'{kind.name} in version "{kind.version}" cannot be handled as a {kind.name}: strict decoding error: {said}')


def _raise_if(kind: Kind, body: Object, problems: list[Problem]) -> None:
    if problems:
        said = ", ".join(map(str, problems))
        resource = f"{kind.name}.{kind.group}" if kind.group else kind.name
        raise Refused(f'{resource} "{body["metadata"].get("name", "")}" is invalid: {f"[{said}]" if len(problems) > 1 else said}')
