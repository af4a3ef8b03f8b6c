"""A tabular model: raw rows in, probabilities (or numbers) out. What is below it, network or forest, makes no difference to its caller."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from modelyard_api.catalogue.tasks import Task
from numpy.typing import NDArray

from modelyard_model.preparation import Columns, InputColumn, Preparation
from modelyard_model.text_files import Separator

PREDICTION = "prediction"
PROBABILITY_PREFIX = "probability_"
Outputs = NDArray[np.float64]


class Predictor(Protocol):
    """What was fitted on prepared features."""

    def outputs(self, features: NDArray[np.float64]) -> Outputs:
        """(rows, features) to probabilities (rows, classes), or for Regression to standardised values (rows,)."""

    def save(self, folder: Path) -> None:
        """Writes its files into ``folder``."""


@dataclass(frozen=True)
class Prediction:
    """Answers to rows. ``outputs``: probabilities (rows, classes) in the order of ``classes``; for Regression values (rows,)."""

    task: Task
    classes: tuple[str, ...]
    outputs: Outputs

    def predicted(self) -> list[str] | list[float]:
        """The most probable class as text, or the value."""
        if self.task is Task.REGRESSION:
            values: list[float] = self.outputs.tolist()
            return values
        return [self.classes[index] for index in self.outputs.argmax(axis=1).tolist()]

    def as_columns(self) -> dict[str, list[str] | list[float]]:
        """``prediction`` and, for Classification, one ``probability_<class>`` per class."""
        columns: dict[str, list[str] | list[float]] = {PREDICTION: self.predicted()}
        for index, name in enumerate(self.classes):
            columns[PROBABILITY_PREFIX + name] = self.outputs[:, index].tolist()
        return columns


@dataclass(frozen=True)
class TargetScale:
    """A regression target was standardised for fitting: ``value = mean + scale * output``."""

    mean: float = 0.0
    scale: float = 1.0

    def restore(self, outputs: Outputs) -> Outputs:
        """Standardised outputs in the target's own units."""
        return self.mean + self.scale * outputs


@dataclass(frozen=True)
class TabularModel:
    """A fitted preparation and what was fitted on its features. ``classes`` is empty for Regression."""

    architecture: str
    task: Task
    classes: tuple[str, ...]
    preparation: Preparation
    predictor: Predictor
    target: TargetScale = TargetScale()

    @property
    def inputs(self) -> tuple[InputColumn, ...]:
        """The raw columns it reads."""
        return self.preparation.inputs

    @property
    def separator(self) -> Separator:
        """Between fields of the text that it was trained on."""
        return self.preparation.document.separator

    def predict(self, columns: Columns) -> Prediction:
        """Answers raw rows, given by column; raises InvalidInput naming the column."""
        return self.predict_features(self.preparation.transform(columns))

    def predict_features(self, features: NDArray[np.float64]) -> Prediction:
        """Answers rows that its preparation already transformed."""
        if not len(features):
            return Prediction(self.task, self.classes, np.zeros((0, len(self.classes)) if self.classes else (0,)))
        outputs = self.predictor.outputs(features)
        if self.task is Task.REGRESSION:
            outputs = self.target.restore(outputs)
        return Prediction(self.task, self.classes, outputs)
