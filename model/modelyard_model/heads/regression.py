"""A number."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from modelyard_model.heads.head import PREDICTION, UNSCALED, Answer, Array, Target, TargetScale
from modelyard_model.signature import DType, Field

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class RegressionHead:
    """Bodies are fitted to the target standardised by the training split's mean and standard deviation."""

    classes: tuple[str, ...] = ()
    scale: TargetScale = UNSCALED

    @property
    def width(self) -> int:
        """One value."""
        return 1

    @property
    def outputs(self) -> tuple[Field, ...]:
        """The value alone."""
        return (Field(PREDICTION, DType.FP64),)

    def fit(self, target: Target) -> "RegressionHead":
        """Mean and standard deviation of the training split."""
        spread = float(target.std())
        return replace(self, scale=TargetScale(float(target.mean()), spread if spread > 0 else 1.0))

    def encode(self, target: Target) -> Target:
        """Standardised."""
        return np.asarray((target - self.scale.mean) / self.scale.scale)

    def decode(self, encoded: Target) -> Target:
        """In the target's own units."""
        return self.scale.restore(encoded)

    def loss(self) -> "torch.nn.Module":
        """Mean squared error."""
        from torch import nn  # noqa: PLC0415  takes seconds

        return nn.MSELoss()

    def dtype(self) -> "torch.dtype":
        """Of what networks compute in."""
        import torch  # noqa: PLC0415  seconds, and models of other kinds do without

        return torch.float32

    def squeeze(self, raw: "torch.Tensor") -> "torch.Tensor":
        """(rows,)."""
        return raw[:, 0]

    def activate(self, raw: "torch.Tensor") -> "torch.Tensor":
        """(rows,), standardised."""
        return raw[:, 0]

    def restore(self, outputs: Array) -> Array:
        """In the target's own units."""
        return self.scale.restore(outputs)

    def decide(self, outputs: Array) -> Target:
        """The value."""
        return outputs

    def answer(self, outputs: Array) -> dict[str, Answer]:
        """``prediction``."""
        values: list[float] = outputs.tolist()
        return {PREDICTION: values}

    def baseline(self, target: Target) -> Array:
        """The mean, without a dimension."""
        return np.asarray(target.mean(), dtype=np.float64)

    def nothing(self) -> Array:
        """(0,)."""
        return np.zeros(0)

    def unit(self, outputs: Array) -> Array | float:
        """The larger of 1, the value itself and the target's scale."""
        return np.maximum(np.abs(outputs), max(1.0, self.scale.scale))
