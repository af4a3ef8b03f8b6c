"""TrainingJobs and ModelDeployments: by the same CustomResourceDefinitions that a cluster has."""

from dataclasses import dataclass
from functools import cache

from modelyard_api.crds.resources import RESOURCES, custom_resource_definition
from modelyard_api.crds.schema import Schema
from modelyard_operator.kube.interface import Kind, Object

from modelyard_local.store.admission.problems import Problem, refuse, refuse_unknown
from modelyard_local.store.admission.rules import RulesCheck
from modelyard_local.store.admission.schema import SchemaCheck, unknown_in_object, with_defaults, without_unknown


def admit(kind: Kind, body: Object, before: Object | None) -> Object:
    """The object with its defaults and without its status. Raises Refused."""
    checks = _checks(kind.name)
    refuse_unknown(kind, unknown_in_object(body, checks.schema))
    body = with_defaults({key: value for key, value in body.items() if key != "status"}, checks.schema)
    if before is None or body.get("spec") != before["spec"]:  # what was let in once may keep its spec
        refuse(kind, body, checks.problems(body, before))
    return body


def admit_status(kind: Kind, body: Object) -> Object:
    """The object, with what the schema knows of its status. Raises Refused."""
    checks = _checks_of_status(kind.name)
    status = with_defaults(without_unknown(body.get("status") or {}, checks.schema), checks.schema)
    refuse(kind, body, [Problem(f"status.{problem.path}", problem.text) for problem in checks.problems(status)])
    return {**body, "status": status}


@dataclass(frozen=True)
class _Checks:
    schema: Schema
    shape: SchemaCheck
    rules: RulesCheck

    def problems(self, body: Object, before: Object | None = None) -> list[Problem]:
        """Rules are left out where the shape is so wrong that they could only confuse."""
        found = self.shape.problems(body)
        if not any(problem.hides_others for problem in found):
            found += self.rules.problems(body, before)
        return sorted(found, key=lambda problem: problem.path)


@cache
def _checks(kind: str) -> _Checks:
    return _checks_of(_schema(kind))


@cache
def _checks_of_status(kind: str) -> _Checks:
    return _checks_of(_schema(kind)["properties"]["status"])


def _checks_of(schema: Schema) -> _Checks:
    return _Checks(schema, SchemaCheck(schema), RulesCheck(schema))


@cache
def _schema(kind: str) -> Schema:
    resource = next(each for each in RESOURCES if each.kind == kind)
    [version] = custom_resource_definition(resource)["spec"]["versions"]
    schema: Schema = version["schema"]["openAPIV3Schema"]
    return schema
