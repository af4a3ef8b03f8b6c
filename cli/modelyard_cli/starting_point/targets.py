"""What is predicted, as the trainer resolves it, and how its values are distributed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelyard_api.metrics import Metric, Task
from modelyard_api.objective import Objective
from modelyard_jobs.data import target as trainer
from modelyard_jobs.data.first_reading import texts
from modelyard_jobs.data.reading import require_column

from modelyard_cli.starting_point.yaml_text import number

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

_RARE = 0.1
_CLASSES_SHOWN = 6
_MOST_DECIMALS = 300


@dataclass(frozen=True)
class SeenTarget:
    """Task, metric and distribution; ``missing`` rows have no value and can't be used."""

    name: str
    task: Task
    metric: Metric
    missing: int
    counts: tuple[tuple[str, int], ...]  # classes with their rows, in the trainer's order; empty for Regression
    is_whole_number: bool  # classes that might be amounts
    middle: float | None  # median, for Regression, with as many digits as tell values apart

    @property
    def classes(self) -> tuple[tuple[str, float], ...]:
        """Classes with their share of the rows."""
        known = sum(count for _, count in self.counts)
        return tuple((name, count / known) for name, count in self.counts)

    @property
    def is_unbalanced(self) -> bool:
        """Whether one of two classes is rare, so that accuracy says little."""
        return len(self.classes) == 2 and min(share for _, share in self.classes) < _RARE

    def describe(self) -> str:
        """The distribution."""
        if self.task is Task.REGRESSION:
            return f"a number, half of the rows above {number(self.middle or 0.0)}"
        shown = ", ".join(f"{name} {share:.1%}" for name, share in self.classes[:_CLASSES_SHOWN])
        more = len(self.classes) - _CLASSES_SHOWN
        return f"{len(self.classes)} classes: {shown}" + (f" and {more} more" if more > 0 else "")


def look_at_target(table: "pl.DataFrame", name: str) -> SeenTarget:
    """Raises the trainer's InvalidOrder: no such column, constant, too few rows, classes that are too rare."""
    import polars as pl  # noqa: PLC0415

    require_column("--target", name, table.columns)
    column = table[name].fill_nan(None) if table[name].dtype.is_float() else table[name]
    known = column.drop_nulls()
    resolved = trainer.resolve(known, Objective(target=name))
    return SeenTarget(
        name=name,
        task=resolved.task,
        metric=resolved.metric,
        missing=len(column) - len(known),
        counts=_counts(known, resolved.classes),
        is_whole_number=resolved.task is Task.CLASSIFICATION and known.dtype.is_numeric() and len(resolved.classes) > 2,
        middle=_median(known.cast(pl.Float64).to_numpy()) if resolved.task is Task.REGRESSION else None,
    )


def _counts(known: "pl.Series", classes: Sequence[str]) -> tuple[tuple[str, int], ...]:
    if not classes:
        return ()
    counts: dict[str, int] = dict(texts(known).value_counts().iter_rows())
    return tuple((name, counts[name]) for name in classes)


def _median(values: "NDArray[np.float64]") -> float:
    """Three digits of what the middle half spans, and never fewer than three of the median itself: 1700000000.02 among 1.7e9 ± 1."""
    import numpy as np  # noqa: PLC0415

    low, middle, high = map(float, np.percentile(values, [25, 50, 75]))
    sizes = [size for size in (high - low or float(values.std()), abs(middle)) if 0 < size < math.inf]
    return round(middle, min(2 - math.floor(math.log10(min(sizes))), _MOST_DECIMALS))
