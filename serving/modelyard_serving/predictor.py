"""What the server needs of a model; ``modelyard_model`` provides it, tests may provide something smaller."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from modelyard_model.cells.input_column import InputColumn
from modelyard_model.heads import PREDICTION, PROBABILITY_PREFIX
from modelyard_model.text_files import Separator

Columns = dict[str, list[Any]]  # equally long lists; None is a missing value


class Prediction(Protocol):
    """The answer to some rows."""

    def as_columns(self) -> Columns:
        """``prediction`` and, of a classifier, ``probability_<class>`` per class; plain Python values."""


class Predictor(Protocol):
    """A loaded model. ``predict`` may be called from several threads at once."""

    @property
    def inputs(self) -> tuple[InputColumn, ...]:
        """The columns it reads, in order."""

    @property
    def separator(self) -> Separator:
        """Between fields of the text that it was trained on: of a request in CSV that doesn't show another."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of a classifier; empty for a regression, whose answers are numbers."""

    def predict(self, columns: Mapping[str, Sequence[object]]) -> Prediction:
        """Answers raw rows; raises InvalidInput naming the column."""


def output_names(model: Predictor) -> tuple[str, ...]:
    """The columns of every answer, in order."""
    return (PREDICTION, *(PROBABILITY_PREFIX + name for name in model.classes))
