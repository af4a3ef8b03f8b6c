"""What all heads have in common."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from modelyard_model.signature import Field

if TYPE_CHECKING:
    import torch

PREDICTION = "prediction"
PROBABILITY_PREFIX = "probability_"
Array = NDArray[np.float64]
Target = NDArray[Any]
Answer = list[str] | list[float]


@dataclass(frozen=True)
class TargetScale:
    """A number that is predicted was standardised for fitting: ``value = mean + scale * output``."""

    mean: float = 0.0
    scale: float = 1.0

    def restore(self, outputs: Array) -> Array:
        """Standardised outputs in the target's own units."""
        return self.mean + self.scale * outputs


UNSCALED = TargetScale()


class Head(Protocol):
    """What a task makes of a body's raw outputs. Probabilities are (rows, classes), values (rows,); ``outputs`` below is either."""

    classes: tuple[str, ...]
    scale: TargetScale

    @property
    def width(self) -> int:
        """Raw outputs of a network per row."""

    @property
    def outputs(self) -> tuple[Field, ...]:
        """The columns of an answer."""

    def fit(self, target: Target) -> Self:
        """The same with what has to be known of the training split's target."""

    def encode(self, target: Target) -> Target:
        """(rows,): the target as bodies are fitted to it."""

    def decode(self, encoded: Target) -> Target:
        """Takes back ``encode``."""

    def loss(self) -> "torch.nn.Module":
        """Of a network: takes what ``squeeze`` gives, and encoded targets of ``dtype``."""

    def dtype(self) -> "torch.dtype":
        """Of encoded targets, for ``loss``."""

    def squeeze(self, raw: "torch.Tensor") -> "torch.Tensor":
        """A network's raw outputs (rows, width) as ``loss`` takes them."""

    def activate(self, raw: "torch.Tensor") -> "torch.Tensor":
        """A network's raw outputs (rows, width) as a body's outputs: probabilities, or standardised values."""

    def restore(self, outputs: Array) -> Array:
        """A body's outputs as they are answered: probabilities, or values in the target's own units."""

    def decide(self, outputs: Array) -> Target:
        """(rows,): the class number or the value that is answered."""

    def answer(self, outputs: Array) -> dict[str, Answer]:
        """What is answered, by column."""

    def baseline(self, target: Target) -> Array:
        """The outputs of the trivial model, for every row alike."""

    def nothing(self) -> Array:
        """Outputs for no rows."""

    def unit(self, outputs: Array) -> Array | float:
        """What a difference between two outputs is measured in."""
