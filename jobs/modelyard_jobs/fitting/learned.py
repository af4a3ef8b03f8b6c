"""What every learner gives."""

from collections.abc import Callable
from dataclasses import dataclass

from modelyard_model.tabular_model import Predictor

from modelyard_jobs.fitting.problem import EpochReport

Report = Callable[[EpochReport], None]


@dataclass(frozen=True)
class Learned:
    """What was fitted to prepared features, how it went, and what the reader should know."""

    predictor: Predictor
    epochs: tuple[EpochReport, ...] = ()
    best_epoch: int | None = None  # the epoch whose weights were kept
    notes: tuple[str, ...] = ()
