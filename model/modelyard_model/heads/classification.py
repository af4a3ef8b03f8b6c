"""One of a few classes, with a probability for each."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from modelyard_model.heads.head import PREDICTION, PROBABILITY_PREFIX, UNSCALED, Answer, Array, Target, TargetScale
from modelyard_model.signature import DType, Field

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class ClassificationHead:
    """Bodies are fitted to the numbers of the classes."""

    classes: tuple[str, ...]
    scale: TargetScale = UNSCALED

    @property
    def width(self) -> int:
        """A logit per class."""
        return len(self.classes)

    @property
    def outputs(self) -> tuple[Field, ...]:
        """The class, and the probability of each."""
        return (Field(PREDICTION, DType.STRING), *(Field(PROBABILITY_PREFIX + name, DType.FP64) for name in self.classes))

    def fit(self, _target: Target) -> "ClassificationHead":
        """Nothing is to be known."""
        return self

    def encode(self, target: Target) -> Target:
        """As it is: numbers of classes."""
        return target

    def decode(self, encoded: Target) -> Target:
        """As it is."""
        return encoded

    def loss(self) -> "torch.nn.Module":
        """Cross-entropy."""
        from torch import nn  # noqa: PLC0415  takes seconds

        return nn.CrossEntropyLoss()

    def dtype(self) -> "torch.dtype":
        """Integers."""
        import torch  # noqa: PLC0415  seconds, and models of other kinds do without

        return torch.int64

    def squeeze(self, raw: "torch.Tensor") -> "torch.Tensor":
        """Logits."""
        return raw

    def activate(self, raw: "torch.Tensor") -> "torch.Tensor":
        """Probabilities (rows, classes)."""
        import torch  # noqa: PLC0415  seconds, and models of other kinds do without

        return torch.softmax(raw, dim=1)

    def restore(self, outputs: Array) -> Array:
        """Probabilities as they are."""
        return outputs

    def decide(self, outputs: Array) -> Target:
        """The most probable class."""
        return np.asarray(outputs.argmax(axis=1))

    def answer(self, outputs: Array) -> dict[str, Answer]:
        """``prediction``, and one ``probability_<class>`` per class."""
        columns: dict[str, Answer] = {PREDICTION: [self.classes[index] for index in self.decide(outputs).tolist()]}
        for index, name in enumerate(self.classes):
            columns[PROBABILITY_PREFIX + name] = outputs[:, index].tolist()
        return columns

    def baseline(self, target: Target) -> Array:
        """(classes,): how frequent each class is."""
        counts = np.bincount(target.astype(np.intp), minlength=len(self.classes))
        return np.asarray(counts / counts.sum(), dtype=np.float64)

    def nothing(self) -> Array:
        """(0, classes)."""
        return np.zeros((0, len(self.classes)))

    def unit(self, _outputs: Array) -> Array | float:
        """Probabilities are compared as they are."""
        return 1.0
