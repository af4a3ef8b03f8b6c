"""Rows as architectures are fitted to them."""

from dataclasses import dataclass
from typing import Any

from modelyard_model.heads import Head
from numpy.typing import NDArray

from modelyard_jobs.columns.matrices import Features


@dataclass(frozen=True)
class Examples:
    """Prepared features and targets (as ``head`` encodes them) of one split."""

    features: Features
    target: NDArray[Any]
    head: Head
    categorical: tuple[bool, ...] = ()  # (features,): which are codes of categories
