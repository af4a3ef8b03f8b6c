"""The trivial model that a real one has to beat: how frequent each class is, or the mean."""

from dataclasses import dataclass

import numpy as np
from modelyard_api.catalogue.tasks import Task
from modelyard_model.tabular_model import Prediction
from numpy.typing import NDArray

from modelyard_jobs.fitting.problem import Problem


@dataclass(frozen=True)
class Baseline:
    """Answers every row alike."""

    task: Task
    classes: tuple[str, ...]
    output: NDArray[np.float64]  # probabilities (classes,), or the mean (0-dimensional)

    def predict(self, rows: int) -> Prediction:
        """The answers to ``rows`` rows, whatever they are."""
        return Prediction(self.task, self.classes, np.broadcast_to(self.output, (rows, *self.output.shape)).copy())


def fit_baseline(problem: Problem, target: NDArray[np.float64] | NDArray[np.int64]) -> Baseline:
    """``target`` of the training split."""
    return Baseline(problem.task, problem.classes, problem.head.baseline(target))
