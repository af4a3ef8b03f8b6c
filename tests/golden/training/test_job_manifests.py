"""The Jobs that a TrainingJob becomes, whole."""

from collections.abc import Callable
from typing import Any

from modelyard_api.resource_status import MlflowRun, TrainingJobStatus
from modelyard_api.training_job import TrainingJobSpec
from modelyard_operator.pod_template import Images
from modelyard_operator.training import render
from modelyard_operator.training.observed import Observed

from tests.unit.training_operator.manifests import training_job

IMAGES = Images(jobs="registry.test/modelyard/jobs:0.1.0", serving="", monitoring="", pull_policy="IfNotPresent")
GPU = {
    "objective": {"task": "Classification", "target": "late", "targetFrom": {"column": "arr_delay", "above": 15}},
    "data": {
        "source": {"uri": "s3://datasets/flights/*.parquet", "credentials": {"secretRef": {"name": "s3-reader"}}},
        "split": {"by": "Group", "column": "date"},
    },
    "model": {"architecture": "MLP", "parameters": [{"name": "hidden_width", "value": 128}]},
    "workers": {
        "resources": {"requests": {"cpu": "4", "memory": "16Gi"}, "limits": {"memory": "16Gi", "nvidia.com/gpu": "1"}},
        "nodeSelector": {"accelerator": "l4"},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "priorityClassName": "research",
        "imagePullSecrets": [{"name": "registry-login"}],
        "gracePeriodSeconds": 120,
    },
    "promotion": {"model": "flights"},
}


def observed(**spec: Any) -> Observed:
    resource = training_job(**spec)
    return Observed(resource, TrainingJobSpec.model_validate(resource["spec"]), TrainingJobStatus(mlflow=MlflowRun(run_id="run-1")))


def test_the_minimal_one(golden: Callable[..., None]) -> None:
    golden("minimal.yaml", render.attempt_job(observed(), 1, IMAGES))


def test_one_that_asks_for_a_gpu_and_everything_else(golden: Callable[..., None]) -> None:
    golden("gpu.yaml", render.attempt_job(observed(name="flights-mlp", **GPU), 2, IMAGES))


def test_a_comparison_with_a_later_champion(golden: Callable[..., None]) -> None:
    golden("comparison.yaml", render.comparison_job(observed(), "4", IMAGES))
