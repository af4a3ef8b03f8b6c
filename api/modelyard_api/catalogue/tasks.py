"""The kinds of question that a model answers."""

from dataclasses import dataclass
from typing import ClassVar

from modelyard_api.catalogue.names import Catalogue, Name


class Task(Name):
    """What kind of question the model answers."""

    CLASSIFICATION: ClassVar["Task"]
    REGRESSION: ClassVar["Task"]


@dataclass(frozen=True)
class TaskSpec:
    """What is known of a task without data."""

    name: str
    has_classes: bool  # the target is one of a few; else a number
    default_metric: str  # what training optimises where the manifest names no metric
    head: str  # encodes targets, makes answers: "package.module:attribute"
    default_metric_of_two: str | None = None  # the same for two classes, where that differs


Task.CLASSIFICATION, Task.REGRESSION = Task.register("Classification"), Task.register("Regression")
TASKS: Catalogue[Task, TaskSpec] = Catalogue(
    Task,
    TaskSpec("Classification", True, "f1_macro", "modelyard_model.heads.classification:ClassificationHead", "roc_auc"),
    TaskSpec("Regression", False, "rmse", "modelyard_model.heads.regression:RegressionHead"),
)


def has_classes(task: Task) -> bool:
    """Whether its target is one of a few classes."""
    return TASKS[task].has_classes
