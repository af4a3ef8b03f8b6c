"""What is predicted, as the trainer resolves it, and how its values are distributed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelyard_api.metrics import Metric, Task
from modelyard_api.objective import Objective
from modelyard_jobs.data import target as trainer
from modelyard_jobs.data.columns import texts
from modelyard_jobs.data.reading import require_column

if TYPE_CHECKING:
    import polars as pl

_RARE = 0.1
_CLASSES_SHOWN = 6


@dataclass(frozen=True)
class SeenTarget:
    """Task, metric and distribution; ``missing`` rows have no value and can't be used."""

    name: str
    task: Task
    metric: Metric
    missing: int
    classes: tuple[tuple[str, float], ...]  # with their share, in the trainer's order; empty for Regression
    is_whole_number: bool  # classes that might be amounts
    middle: float | None  # median, for Regression

    @property
    def is_unbalanced(self) -> bool:
        """Whether one of two classes is rare, so that accuracy says little."""
        return len(self.classes) == 2 and min(share for _, share in self.classes) < _RARE

    def in_words(self) -> str:
        """The distribution."""
        if self.task is Task.REGRESSION:
            return f"a number, half of the rows above {self.middle:.3g}"
        shown = ", ".join(f"{name} {share:.1%}" for name, share in self.classes[:_CLASSES_SHOWN])
        more = len(self.classes) - _CLASSES_SHOWN
        return f"{len(self.classes)} classes: {shown}" + (f" and {more} more" if more > 0 else "")


def look_at_target(table: "pl.DataFrame", name: str) -> SeenTarget:
    """Raises the trainer's InvalidOrder: no such column, constant, too few rows, classes that are too rare."""
    require_column("--target", name, table.columns)
    column = table[name].fill_nan(None) if table[name].dtype.is_float() else table[name]
    known = column.drop_nulls()
    resolved = trainer.resolve(known, Objective(target=name))
    return SeenTarget(
        name=name,
        task=resolved.task,
        metric=resolved.metric,
        missing=len(column) - len(known),
        classes=_shares(known, resolved.classes),
        is_whole_number=resolved.task is Task.CLASSIFICATION and known.dtype.is_numeric() and len(resolved.classes) > 2,
        middle=_median(known) if resolved.task is Task.REGRESSION else None,
    )


def _shares(known: "pl.Series", classes: Sequence[str]) -> tuple[tuple[str, float], ...]:
    if not classes:
        return ()
    counts: dict[str, int] = dict(texts(known).value_counts().iter_rows())
    return tuple((name, counts[name] / len(known)) for name in classes)


def _median(known: "pl.Series") -> float:
    middle = known.median()
    assert isinstance(middle, int | float)
    return float(middle)
