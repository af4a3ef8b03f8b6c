"""A child that the API server does not make is said in the status of its owner at once, with a reason that tells whether another try may help."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from modelyard_api.conditions import Reason
from modelyard_operator.kube.interface import Forbidden, Kube, KubeError, Refused, ServerFailed, Unreachable
from modelyard_operator.kube.writer import PlanError, Writer, WriterContext
from modelyard_operator.plan import Plan
from modelyard_operator.reconciler import View
from modelyard_operator.registry.interface import Registry

OWNER: dict[str, Any] = {"kind": "ModelDeployment", "metadata": {"name": "flights", "namespace": "ml", "uid": "u"}}
SERVICE: dict[str, Any] = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "flights", "namespace": "ml"}, "spec": {}}
FULL = "POST /api/v1/namespaces/ml/services: failed to allocate a serviceIP: range is full"
QUOTA = "POST /api/v1/namespaces/ml/services: exceeded quota: services"


class Failing:
    """An API server that makes nothing."""

    def __init__(self, error: KubeError) -> None:
        self.error = error

    def get(self, *_: object) -> None:
        return None

    def create(self, _body: object) -> None:
        raise self.error


def run(error: KubeError, plan: Plan) -> None:
    server = Failing(error)
    context = WriterContext(lambda: True, "test", lambda: datetime(2026, 1, 31, tzinfo=UTC))
    Writer(cast("Kube", server), cast("Registry", None), context).run(plan, OWNER, cast("View", server))


@pytest.mark.parametrize("plan", [Plan(create=(SERVICE,)), Plan(apply=(SERVICE,))], ids=["create", "apply"])
@pytest.mark.parametrize(
    ("error", "reason", "says"),
    [
        (ServerFailed(FULL), Reason.CHILD_FAILED, f"the API server could not make Service ml/flights: {FULL}"),
        (Forbidden(QUOTA), Reason.CHILD_FAILED, f"the API server refused Service ml/flights: {QUOTA}"),
        (
            Refused("spec.ports: Required value"),
            Reason.INVALID_SPEC,
            "the API server refused Service ml/flights: spec.ports: Required value",
        ),
    ],
    ids=["500", "403", "422"],
)
def test_it_is_a_problem_for_the_status(plan: Plan, error: KubeError, reason: Reason, says: str) -> None:
    with pytest.raises(PlanError) as caught:
        run(error, plan)
    assert (caught.value.problem.reason, caught.value.problem.message) == (reason, says)


def test_a_server_that_is_not_reached_is_only_another_try() -> None:
    with pytest.raises(Unreachable):
        run(Unreachable("no answer"), Plan(create=(SERVICE,)))
