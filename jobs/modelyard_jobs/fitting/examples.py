"""Rows as architectures are fitted to them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from modelyard_model.tabular_model import TargetScale
from numpy.typing import NDArray


@dataclass(frozen=True)
class Examples:
    """Prepared features and targets (class numbers, or values standardised by ``scale``) of one split."""

    features: NDArray[np.float64]
    target: NDArray[Any]
    scale: TargetScale
