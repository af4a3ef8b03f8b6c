"""What is fitted to what, and what comes out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from modelyard_api.catalogue.architectures import Architecture
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.parameters import Value
from modelyard_api.catalogue.tasks import Task
from modelyard_api.training_job import Training
from modelyard_model.heads import Head, head_of
from modelyard_model.tabular_model import Predictor, TabularModel
from numpy.typing import NDArray

from modelyard_jobs.columns.matrices import Features
from modelyard_jobs.fitting.preparing import ColumnPlan

DEFAULT_EPOCHS = 50  # at most, where the manifest says nothing


@dataclass(frozen=True)
class Problem:
    """The question and the settings. ``classes`` in the order of the class numbers in ``Rows.target``; empty for Regression."""

    task: Task
    classes: tuple[str, ...]
    metric: Metric
    plan: ColumnPlan
    training: Training
    device: str | None = None  # cpu, cuda; None: CUDA where there is one

    @property
    def head(self) -> Head:
        """What the task makes of a model, before a target is seen."""
        return head_of(self.task, self.classes)


@dataclass(frozen=True)
class Rows:
    """One split: canonical feature columns (Float64 or String), the target (class number or value) and the group of each row."""

    features: pl.DataFrame
    target: NDArray[np.float64] | NDArray[np.int64]
    groups: NDArray[np.generic]  # rows with the same value belong together: text or integers

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.target)

    def take(self, rows: NDArray[np.intp]) -> "Rows":
        """The rows with these positions."""
        return Rows(self.features[rows], self.target[rows], self.groups[rows])

    def with_rows(self, others: "Rows") -> "Rows":
        """Both, these first."""
        return Rows(
            pl.concat([self.features, others.features]),
            np.concatenate([self.target, others.target]),
            np.concatenate([self.groups, others.groups]),
        )


@dataclass(frozen=True)
class EpochReport:
    """One epoch of a network. Losses are mean cross-entropy, or mean squared error of the standardised target."""

    epoch: int  # from 1
    epochs: int  # at most
    train_loss: float
    validation_loss: float
    validation_metric: float  # NaN where the metric is undefined on the validation split


Report = Callable[[EpochReport], None]


@dataclass(frozen=True)
class Learned:
    """What a learner fitted to prepared features, how it went, and what the reader should know."""

    predictor: Predictor
    epochs: tuple[EpochReport, ...] = ()
    best_epoch: int | None = None  # the epoch whose weights were kept
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeaderboardRow:
    """How one architecture did when Auto chose; ``score`` is None where it could not be fitted, ``note`` says why."""

    architecture: Architecture
    score: float | None
    standard_error: float | None
    seconds: float
    selected: bool
    note: str = ""


@dataclass(frozen=True)
class FittedModel:
    """A model ready to be saved, and how it came about."""

    model: TabularModel
    architecture: Architecture  # never Auto
    parameters: Mapping[str, Value]
    epochs: tuple[EpochReport, ...] = ()
    best_epoch: int | None = None  # the epoch whose weights were kept
    leaderboard: tuple[LeaderboardRow, ...] = ()
    warnings: tuple[str, ...] = ()
    fitted_on: tuple[str, ...] = ("train",)  # parts of the split


@dataclass(frozen=True)
class Examples:
    """Prepared features and targets (as ``head`` encodes them) of one split."""

    features: Features
    target: NDArray[Any]
    head: Head
    categorical: tuple[bool, ...] = ()  # (features,): which are codes of categories
