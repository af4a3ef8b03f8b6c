"""A tabular model: raw rows in, probabilities (or numbers) out. What is below it, network or forest, makes no difference to its caller."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from modelyard_api.catalogue.tasks import Task
from numpy.typing import NDArray

from modelyard_model.cells.input_column import InputColumn
from modelyard_model.columns.column import Columns, SummarisedColumn
from modelyard_model.heads import UNSCALED, Head, TargetScale, head_of
from modelyard_model.preparation import Preparation
from modelyard_model.signature import Field, Signature
from modelyard_model.text_files import Separator

Outputs = NDArray[np.float64]


class Predictor(Protocol):
    """What was fitted on prepared features."""

    def outputs(self, features: NDArray[np.float64]) -> Outputs:
        """(rows, features) to probabilities (rows, classes), or for Regression to standardised values (rows,)."""

    def save(self, folder: Path) -> None:
        """Writes its files into ``folder``."""


@dataclass(frozen=True)
class Prediction:
    """Of some rows. ``outputs``: probabilities (rows, classes) in the order of ``classes``; for Regression values (rows,)."""

    task: Task
    classes: tuple[str, ...]
    outputs: Outputs

    def as_columns(self) -> dict[str, list[str] | list[float]]:
        """The outputs of the model's signature: of a classification ``prediction`` and one ``probability_<class>`` per class."""
        return head_of(self.task, self.classes).answer(self.outputs)


@dataclass(frozen=True)
class TabularModel:
    """A fitted preparation and what was fitted on its features. ``classes`` is empty for Regression."""

    architecture: str
    task: Task
    classes: tuple[str, ...]
    preparation: Preparation
    predictor: Predictor
    target: TargetScale = UNSCALED

    @cached_property
    def head(self) -> Head:
        """What its task makes of the predictor's outputs."""
        return head_of(self.task, self.classes, self.target)

    @property
    def inputs(self) -> tuple[InputColumn, ...]:
        """The raw columns it reads."""
        return self.preparation.inputs

    @cached_property
    def signature(self) -> Signature:
        """Raw columns in, and the outputs of its head."""
        return Signature(tuple(column.field for column in self.inputs), self.head.outputs)

    @cached_property
    def logged(self) -> tuple[Field, ...]:
        """What the request log and the reference sample keep of the inputs: the columns themselves, or their summaries."""
        columns = self.preparation.document.columns
        kept = (column.summary_fields if isinstance(column, SummarisedColumn) else (column.input.field,) for column in columns)
        return tuple(field for fields in kept for field in fields)

    def summarise(self, columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Raw rows as ``logged`` says; raises InvalidInput."""
        found = dict(columns)
        for column in self._summarised:
            found |= {name: list(cells) for name, cells in column.summary(found.pop(column.name)).items()}
        return found

    @cached_property
    def _summarised(self) -> tuple[SummarisedColumn, ...]:
        return tuple(column for column in self.preparation.document.columns if isinstance(column, SummarisedColumn))

    @property
    def separator(self) -> Separator:
        """Between fields of the text that it was trained on."""
        return self.preparation.document.separator

    def predict(self, columns: Columns) -> Prediction:
        """For raw rows, given by column; raises InvalidInput naming the column."""
        parts = [self.predict_features(features) for features in self.preparation.batches(columns)]
        return parts[0] if len(parts) == 1 else replace(parts[0], outputs=np.concatenate([part.outputs for part in parts]))

    def predict_features(self, features: NDArray[np.float64]) -> Prediction:
        """For rows that its preparation already transformed."""
        if not len(features):
            return Prediction(self.task, self.classes, self.head.nothing())
        return Prediction(self.task, self.classes, self.head.restore(self.predictor.outputs(features)))
