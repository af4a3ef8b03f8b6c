"""The tasks that a model can be trained for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from modelyard_api.catalogue.names import Catalogue, Name


class Task(Name):
    """What the model predicts."""

    CLASSIFICATION: ClassVar["Task"]
    REGRESSION: ClassVar["Task"]


class Shown(StrEnum):
    """What a target shows, where the manifest names no task."""

    AMOUNTS = "amounts"  # a number with more distinct values than ``MOST_CLASSES``
    CLASSES = "classes"  # anything else


MOST_CLASSES = 20  # distinct values of a number that nobody calls an amount


@dataclass(frozen=True)
class TaskSpec:
    """What is known of a task without data."""

    name: str
    has_classes: bool  # the target is one of a few; else a number
    default_metric: str  # what training optimises where the manifest names no metric
    head: str  # encodes targets, makes predictions: "package.module:attribute"
    default_metric_of_two: str | None = None  # the same for two classes, where that differs
    shown_by: Shown | None = None  # the target that makes it the task of a manifest that names none; None: it has to be named
    has_target: bool = True  # False: it learns from the rows alone, and a manifest needn't name a target


Task.CLASSIFICATION, Task.REGRESSION = Task.register("Classification"), Task.register("Regression")
TASKS: Catalogue[Task, TaskSpec] = Catalogue(
    Task,
    TaskSpec("Classification", True, "f1_macro", "modelyard_model.heads.classification:ClassificationHead", "roc_auc", Shown.CLASSES),
    TaskSpec("Regression", False, "rmse", "modelyard_model.heads.regression:RegressionHead", shown_by=Shown.AMOUNTS),
)


def has_classes(task: Task) -> bool:
    """Whether its target is one of a few classes."""
    return TASKS[task].has_classes


def usual_task(shown: Shown) -> Task:
    """The task of a target that shows this, where the manifest names none."""
    return next(task for task, spec in TASKS.items() if spec.shown_by is shown)


def tasks_without_target() -> tuple[Task, ...]:
    """Those that learn from the rows alone."""
    return tuple(task for task, spec in TASKS.items() if not spec.has_target)
