"""The catalogue: names that are one object, facts that enumerations, rules and checks are derived from, and what isn't registered is refused."""

import copy
import pickle

import pytest
from modelyard_api.base import ApiModel
from modelyard_api.catalogue.architectures import (
    ARCHITECTURES,
    Architecture,
    ArchitectureSpec,
    automatic,
    parameter_problems,
    resolve_parameters,
)
from modelyard_api.catalogue.metrics import METRICS, Direction, Metric, MetricSpec, Need, Spread, default_metric, metrics_of
from modelyard_api.catalogue.names import implementation
from modelyard_api.catalogue.parameters import Choice, Integer, Real
from modelyard_api.catalogue.tasks import TASKS, Task
from modelyard_api.crds.schema import structural_schema
from modelyard_api.training_job import ModelSpec
from pydantic import ValidationError


class Manifest(ApiModel):
    metric: Metric
    task: Task | None = None


def test_equal_names_are_one_object_wherever_they_come_from() -> None:
    assert Metric("roc_auc") is Metric.ROC_AUC
    assert Manifest.model_validate_json('{"metric": "r2"}').metric is Metric.R2
    assert copy.deepcopy(Metric.R2) is Metric.R2
    assert pickle.loads(pickle.dumps(Metric.R2)) is Metric.R2
    assert Manifest(metric=Metric.R2).to_wire() == {"metric": "r2"}


def test_a_name_that_nobody_registered_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="'area' is none of roc_auc, average_precision"):
        Metric("area")
    with pytest.raises(ValidationError, match="Input should be 'Classification' or 'Regression'"):
        Manifest.model_validate({"metric": "r2", "task": "Ranking"})


def test_a_schema_lists_what_is_registered_when_it_is_made() -> None:
    spec = MetricSpec("worst", frozenset({Task.REGRESSION}), Direction.LOWER, "tests.unit.api.test_catalogue:Manifest", Spread.ERROR)
    METRICS.add(spec)
    try:
        assert structural_schema(Manifest)["properties"]["metric"]["enum"][-1] == "worst"
        assert Manifest.model_validate({"metric": "worst"}).metric == "worst"
        assert Metric("worst") in metrics_of(Task.REGRESSION)
        with pytest.raises(ValueError, match="worst is registered already"):
            METRICS.add(spec)
    finally:
        METRICS.remove("worst")
    assert "worst" not in Metric
    assert "worst" not in structural_schema(Manifest)["properties"]["metric"]["enum"]


def test_every_spec_names_something_that_can_be_imported() -> None:
    for metric in METRICS.values():
        assert callable(implementation(metric.measure).weighted)
    for architecture in ARCHITECTURES.values():
        assert callable(implementation(architecture.body))
        assert callable(implementation(architecture.learner))
    for task in TASKS.values():
        assert callable(implementation(task.head))


def test_the_usual_metric_is_one_of_its_task() -> None:
    for task in TASKS:
        assert all(default_metric(task, classes) in metrics_of(task, classes) for classes in (2, 3))
    assert {metric for metric in METRICS if Need.TWO_CLASSES in METRICS[metric].needs} == metrics_of(Task.CLASSIFICATION) - metrics_of(
        Task.CLASSIFICATION, classes=3
    )


@pytest.mark.parametrize(
    ("parameter", "good", "bad", "problem"),
    [
        (Integer("trees", 1, 10, 3), (1, 10, 2.0), 2.5, "has to be a whole number"),
        (Integer("trees", 1, 10, 3), (1,), 11, "has to be between 1 and 10"),
        (Integer("trees", 1, 10, 3), (1,), True, "has to be a number"),
        (Real("rate", 0, 1, 0.5), (0, 1, 0.25), "a", "has to be a number"),
        (Real("rate", 0, 1, 0.5), (0.5,), float("nan"), "has to be between 0 and 1"),
        (Choice("loss", ("l1", "l2"), "l1"), ("l1", "l2"), "l3", "has to be one of l1, l2"),
    ],
)
def test_parameters_are_checked(parameter: Integer | Real | Choice, good: tuple[object, ...], bad: object, problem: str) -> None:
    assert [parameter.problem(value) for value in good] == [None] * len(good)
    assert parameter.problem(bad) == problem


def test_defaults_are_allowed_and_may_depend_on_the_rows() -> None:
    for name in ARCHITECTURES:
        for rows in (0, 100, 10**9):
            assert parameter_problems(name, resolve_parameters(name, {}, rows)) == []
    assert resolve_parameters(Architecture.RANDOM_FOREST, {"min_samples_leaf": 7.0}, 10**6)["min_samples_leaf"] == 7
    assert parameter_problems(Architecture.AUTO, {"C": 1}) == ["spec.model.parameters: Auto has no parameter 'C'; it takes none"]


def test_auto_tries_the_automatic_ones_in_their_order() -> None:
    dull = ArchitectureSpec("Dull", (), "builtins:dict", "builtins:dict", (), automatic=False)
    ARCHITECTURES.add(dull)
    try:
        assert "Dull" not in automatic()
        assert ModelSpec.model_validate({"architecture": "Dull"}).architecture == "Dull"
    finally:
        ARCHITECTURES.remove("Dull")
    assert list(automatic()) == [name for name in ARCHITECTURES if name in automatic()]
