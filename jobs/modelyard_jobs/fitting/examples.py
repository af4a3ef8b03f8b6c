"""Rows as architectures are fitted to them."""

from dataclasses import dataclass
from typing import Any

from modelyard_model.tabular_model import TargetScale
from numpy.typing import NDArray

from modelyard_jobs.columns.matrices import Features


@dataclass(frozen=True)
class Examples:
    """Prepared features and targets (class numbers, or values standardised by ``scale``) of one split."""

    features: Features
    target: NDArray[Any]
    scale: TargetScale
