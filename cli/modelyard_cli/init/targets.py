"""What is predicted, as the trainer resolves it, and how its values are distributed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import Shown, Task, has_classes, usual_task
from modelyard_api.objective import Objective
from modelyard_jobs.data import target as trainer
from modelyard_jobs.data.column_rules import ColumnReader
from modelyard_jobs.data.first_reading import texts
from modelyard_jobs.data.one_column import ReadColumn
from modelyard_jobs.evaluation.intervals import FEWEST_OF_CLASS
from modelyard_model.cells.reading import NumberReading
from numpy.typing import NDArray

from modelyard_cli.init.options import Options
from modelyard_cli.init.table import NoStart
from modelyard_cli.init.yaml_text import number

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
    why_task: str = ""  # where it isn't the one that the trainer would take

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
        if not has_classes(self.task):
            return f"a number, half of the rows above {number(self.middle or 0.0)}"
        shown = ", ".join(f"{name} {share:.1%}" for name, share in self.classes[:_CLASSES_SHOWN])
        more = len(self.classes) - _CLASSES_SHOWN
        return f"{len(self.classes)} classes: {shown}" + (f" and {more} more" if more > 0 else "")


def look_at_target(reader: ColumnReader, name: str, options: Options) -> tuple[SeenTarget, ReadColumn]:
    """Also gives the column as it is read. Raises NoStart, or the trainer's InvalidRequest: constant, too few rows, classes that are too rare."""
    task, why = _task(reader, name, options)
    column = trainer.read(reader, name, Objective(target=name, task=task))
    known = column.values.drop_nulls()
    resolved = trainer.resolve(known, Objective(target=name, task=task), column.notes)
    options.require_metric_fits(name, resolved.task, len(resolved.classes))
    is_number = isinstance(column.reading, NumberReading) or reader.numbers(name, wanted=False) is not None
    seen = SeenTarget(
        name=name,
        task=resolved.task,
        metric=options.metric or resolved.metric,
        missing=column.values.null_count(),
        counts=_counts(known, resolved.classes),
        is_whole_number=has_classes(resolved.task) and is_number and len(resolved.classes) > 2,
        middle=_median(known.cast(pl.Float64).to_numpy()) if not has_classes(resolved.task) else None,
        why_task=why,
    )
    return seen, column


def _task(reader: ColumnReader, name: str, options: Options) -> tuple[Task | None, str]:
    """None: as the trainer sees it. Numbers of which some are too rare to be classes are amounts."""
    if options.task:
        _require_numbers(reader, name, options.task)
        return options.task, ""
    numbers = reader.numbers(name, wanted=False)
    values = trainer.read(reader, name, Objective(target=name)).values.drop_nulls()
    if numbers is None or values.dtype.is_numeric() or values.n_unique() <= 2:
        return None, ""
    counts = values.value_counts()["count"]
    rare = int((counts < FEWEST_OF_CLASS).sum())
    if not rare:
        return None, ""
    return usual_task(Shown.AMOUNTS), f"as classes {rare} of its {len(counts)} numbers would have fewer than {FEWEST_OF_CLASS} rows"


def _require_numbers(reader: ColumnReader, name: str, task: Task) -> None:
    if not has_classes(task) and reader.numbers(name, wanted=True) is None:
        raise NoStart(
            f"--task Regression predicts a number, and the target {name!r} holds none: name another --target, or leave --task out"
        )


def _counts(known: pl.Series, classes: Sequence[str]) -> tuple[tuple[str, int], ...]:
    if not classes:
        return ()
    counts: dict[str, int] = dict(texts(known).value_counts().iter_rows())
    return tuple((name, counts[name]) for name in classes)


def _median(values: NDArray[np.float64]) -> float:
    """Three digits of what the middle half spans, and never fewer than three of the median itself: 1700000000.02 among 1.7e9 ± 1."""
    low, middle, high = map(float, np.percentile(values, [25, 50, 75]))
    sizes = [size for size in (high - low or float(values.std()), abs(middle)) if 0 < size < math.inf]
    return round(middle, min(2 - math.floor(math.log10(min(sizes))), _MOST_DECIMALS))
