"""Rows as architectures are fitted to them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from modelyard_model.heads import Head
from numpy.typing import NDArray


@dataclass(frozen=True)
class Examples:
    """Prepared features and targets (as ``head`` encodes them) of one split."""

    features: NDArray[np.float64]
    target: NDArray[Any]
    head: Head
    categorical: tuple[bool, ...] = ()  # (features,): which are codes of categories
