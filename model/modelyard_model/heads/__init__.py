"""Heads: what a task makes of a model. One file per task; everything that depends on the task asks its head.

A body gives raw outputs, (rows, ``width``) or (rows,) where ``width`` is 1; its head knows what a body is fitted to, by which loss, and what is answered.
"""

from modelyard_api.catalogue.names import implementation
from modelyard_api.catalogue.tasks import TASKS, Task

from modelyard_model.heads.head import PREDICTION, PROBABILITY_PREFIX, UNSCALED, Head, TargetScale

__all__ = ["PREDICTION", "PROBABILITY_PREFIX", "UNSCALED", "Head", "TargetScale", "head_of"]


def head_of(task: Task, classes: tuple[str, ...] = (), scale: TargetScale = UNSCALED) -> Head:
    """The head of ``task``; ``classes`` in the order of their numbers, ``scale`` of a number that is predicted."""
    made: Head = implementation(TASKS[task].head)(classes, scale)
    return made
