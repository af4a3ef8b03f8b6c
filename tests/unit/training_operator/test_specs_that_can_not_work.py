"""Found before any pod is made: the condition names the field."""

from typing import Any

import pytest

from tests.unit.training_operator.manifests import AS_GOOD, WORSE, result, training_job
from tests.unit.training_operator.world import World

COLUMNS = [{"name": f"column {number} with a name that is rather long {'x' * 80}"} for number in range(512)]
MISSING = [{"name": column["name"], "method": "Constant", "value": "y" * 256} for column in COLUMNS]
CASES: list[tuple[dict[str, Any], str]] = [
    (
        {"model": {"architecture": "RandomForest", "parameters": [{"name": "n_estimators", "value": "many"}]}},
        "spec.model.parameters[n_estimators].value has to be a number",
    ),
    (
        {"model": {"architecture": "MLP", "parameters": [{"name": "depth", "value": 3}]}},
        "spec.model.parameters: MLP has no parameter 'depth'; it takes dropout, hidden_layers, hidden_width, weight_decay",
    ),
    (
        {"objective": {"target": "y", "task": "Regression", "metric": "roc_auc"}},
        "spec.objective.metric: not a metric of Regression; there are mae, r2, rmse",
    ),
    (
        {"objective": {"target": "y", "require": [{"metric": "roc_auc", "atLeast": 0.6}, {"metric": "rmse", "atMost": 3}]}},
        "spec.objective.require[0].metric, spec.objective.require[1].metric: some are metrics of Classification, some of Regression; "
        "one task can't have both",
    ),
    (
        {"objective": {"target": "late", "targetFrom": {"column": "delay", "above": 15}, "metric": "rmse"}},
        "spec.objective.metric: not a metric of Classification; there are accuracy, ",
    ),
    (
        {"data": {"source": {"uri": "s3://datasets/x.csv"}, "columns": COLUMNS, "prepare": {"missing": {"columns": MISSING}}}},
        "bytes are more than a pod's request can have (120000); name fewer columns",
    ),
]


@pytest.mark.parametrize(("spec", "message"), CASES)
def test_a_spec_that_can_not_work_fails_before_any_pod(spec: dict[str, Any], message: str) -> None:
    world = World(training_job(**spec))
    world.settle()
    failed = world.condition("Failed")
    assert failed is not None
    assert failed[:2] == ("True", "InvalidSpec")
    assert message in failed[2]
    assert (world.job_names(), world.status().state) == ([], "Failed")
    assert world.told() == [("Warning", "InvalidSpec")]


def test_a_spec_that_a_newer_operator_refuses_leaves_a_finished_one_alone() -> None:
    world = World(training_job())
    world.settle()
    world.pod_ends("penguins-1", 0, result())
    world.settle()
    world.resource()["spec"]["model"] = {"architecture": "Oracle"}
    world.settle()
    assert world.status().state == "Promoted"


def test_a_status_that_can_not_be_read_stops_everything() -> None:
    world = World(training_job())
    world.resource()["status"] = {"attempts": "three"}
    plan = world.plan()
    assert (plan.create, plan.status, plan.registry) == ((), None, ())
    assert [event.reason for event in plan.events] == ["StatusUnreadable"]


def test_one_that_is_being_deleted_is_left_alone() -> None:
    world = World(training_job())
    world.resource()["metadata"]["deletionTimestamp"] = "2026-01-31T12:00:00Z"
    assert world.settle().create == ()
    assert world.writes == []


@pytest.mark.parametrize(
    ("state", "followed"),
    [("Pending", None), ("Failed", None), ("Promoted", None), ("CriteriaNotMet", "ml.penguins"), ("ApprovalPending", "ml.penguins")],
)
def test_the_alias_matters_from_the_result_to_the_promotion(state: str, followed: str | None) -> None:
    world = World(training_job(promotion={"approval": "Manual" if state == "ApprovalPending" else "Automatic"}))
    world.settle()
    if state == "Failed":
        world.resource()["status"]["conditions"] = [
            {"type": "Failed", "status": "True", "reason": "InvalidSpec", "lastTransitionTime": "2026-01-31T12:00:00Z"}
        ]
    elif state != "Pending":
        world.pod_ends("penguins-1", 0, result(*([WORSE, AS_GOOD] if state == "CriteriaNotMet" else [])))
        world.settle()
    assert world.reconciler.followed_model(world.resource()) == followed
    assert world.reconciler.followed_model({"kind": "TrainingJob", "metadata": {}, "spec": 3}) is None
