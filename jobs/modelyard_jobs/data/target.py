"""The question, resolved against the data: what is predicted, as classes or as a number, and by which metric and criteria it is judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from modelyard_api.catalogue.metrics import Metric, default_metric, is_binary_only, metrics_of
from modelyard_api.catalogue.tasks import MOST_CLASSES, TASKS, Shown, Task, has_classes, usual_task
from modelyard_api.conditions import Reason
from modelyard_api.objective import Criterion, Objective, TargetFrom, default_criteria
from modelyard_api.reading_notes import ReadingNote, ReadingRule
from modelyard_model.cells.reading import TextReading
from numpy.typing import NDArray

from modelyard_jobs.data.column_rules import ColumnReader
from modelyard_jobs.data.first_reading import texts
from modelyard_jobs.data.one_column import ReadColumn
from modelyard_jobs.termination import InvalidRequest

_ROWS_PER_CLASS = 10
_ROWS = 50


@dataclass(frozen=True)
class Target:
    """What is predicted."""

    task: Task
    classes: tuple[str, ...]  # sorted; of two, the second is the positive one; empty where the task has none
    values: NDArray[np.float64] | NDArray[np.int64]  # (rows,): the number, or the index of the class; 0 where the task has no target
    metric: Metric
    criteria: tuple[Criterion, ...]

    def labels(self, rows: NDArray[np.intp] | None = None) -> list[str] | list[None]:
        """The true values as text, of some rows or of all; None where the task has no target."""
        values = (self.values if rows is None else self.values[rows]).tolist()
        if not TASKS[self.task].has_target:
            return [None] * len(values)
        return [self.classes[int(value)] if has_classes(self.task) else repr(float(value)) for value in values]


def read(reader: ColumnReader, name: str, objective: Objective) -> ReadColumn:
    """The target ``name`` of every row: a number, a class as text, or true/false where it is derived. Missing stays missing."""
    rule = objective.target_from
    if rule is None:
        return _as_declared_in(reader, name, objective.task)
    if name in reader.names:
        raise InvalidRequest(
            Reason.DATA_INVALID,
            f"spec.objective.target {name!r} is derived by targetFrom, but the data has a column of that name; choose another name",
        )
    source = reader.labels(rule.column) if rule.equals is not None else reader.numbers(rule.column, wanted=True)
    if source is None:
        raise InvalidRequest(
            Reason.DATA_INVALID,
            f"spec.objective.targetFrom compares column {rule.column!r} with a number, but the column holds no numbers; use equals, or correct the data",
        )
    condition = _condition(source, rule)
    return replace(source, name=name, make=lambda: condition)


def _as_declared_in(reader: ColumnReader, name: str, task: Task | None) -> ReadColumn:
    if task and has_classes(task):
        return reader.labels(name)
    is_wanted = task is not None
    numbers = reader.numbers(name, wanted=is_wanted)
    if numbers and (is_wanted or numbers.values.drop_nulls().n_unique() > MOST_CLASSES):
        return numbers
    return reader.labels(name)


def _condition(source: ReadColumn, rule: TargetFrom) -> pl.Series:
    if rule.above is not None:
        return source.make() > rule.above
    if rule.below is not None:
        return source.make() < rule.below
    assert isinstance(source.reading, TextReading)
    wanted = source.reading.read(rule.equals or "")
    if wanted is None:
        raise InvalidRequest(
            Reason.DATA_INVALID,
            f"spec.objective.targetFrom.equals is a text that means missing in column {rule.column!r};"
            f" spec.data.columns: [{{name: {rule.column}, missingWords: []}}] keeps it",
        )
    return source.make() == wanted


def resolve(column: pl.Series, objective: Objective, notes: Sequence[ReadingNote] = ()) -> Target:
    """Task, classes, metric and criteria for a target ``column`` without missing values; raises InvalidRequest. ``notes``: how it was read."""
    task, name = objective.task or _seen_task(column), objective.target or ""
    _require_enough(len(column), f" have a value of {name!r}")
    classes, values = _codes(column, name, notes) if has_classes(task) else _numbers(column, name)
    return _judged(task, classes, values, objective)


def nothing_to_predict(rows: int, task: Task, objective: Objective) -> Target:
    """Of a task that learns from the ``rows`` alone; raises InvalidRequest."""
    _require_enough(rows, " can be used")
    return _judged(task, (), np.zeros(rows), objective)


def _require_enough(rows: int, what: str) -> None:
    if rows < _ROWS:
        raise InvalidRequest(Reason.DATA_INVALID, f"only {rows} rows{what}; at least {_ROWS} are needed to train and to test")


def _judged(task: Task, classes: tuple[str, ...], values: NDArray[np.float64] | NDArray[np.int64], objective: Objective) -> Target:
    metric = objective.metric or default_metric(task, len(classes))
    criteria = tuple(objective.require) if objective.require else default_criteria(metric)
    for field, each in (("metric", metric), *((f"require[{i}].metric", c.metric) for i, c in enumerate(criteria))):
        _require_metric_fits(f"spec.objective.{field}", each, task, len(classes))
    return Target(task, classes, values, metric, criteria)


def _seen_task(column: pl.Series) -> Task:
    is_number = column.dtype.is_numeric()
    return usual_task(Shown.AMOUNTS if is_number and column.n_unique() > MOST_CLASSES else Shown.CLASSES)


def _numbers(column: pl.Series, name: str) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    if not column.dtype.is_numeric():
        raise InvalidRequest(
            Reason.DATA_INVALID, f"spec.objective.task is Regression, but the target {name!r} holds {column.dtype}, not numbers"
        )
    if column.n_unique() == 1:
        raise InvalidRequest(Reason.DATA_INVALID, f"the target {name!r} has the same value in every row: there is nothing to learn")
    return (), column.cast(pl.Float64).to_numpy()


def _codes(column: pl.Series, name: str, notes: Sequence[ReadingNote]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    words = texts(column).alias("label")
    counts = dict(words.value_counts().iter_rows())
    if len(counts) == 1:
        raise InvalidRequest(
            Reason.DATA_INVALID,
            f"the target {name!r} has one class only, in all {len(words)} rows: a model needs at least two to learn; check the data, or targetFrom"
            + _missing_words(name, notes),
        )
    rare = [name for name, count in counts.items() if count < _ROWS_PER_CLASS]
    if rare:
        raise InvalidRequest(
            Reason.DATA_INVALID,
            f"{len(rare)} of the {len(counts)} classes of the target {name!r} have fewer than {_ROWS_PER_CLASS} rows"
            f" (the smallest {min(counts.values())}): add rows, merge classes, or set task: Regression if it is a number",
        )
    classes = tuple(sorted(counts, key=_numerically if all(map(_is_number, counts)) else str))
    return classes, words.replace_strict(list(classes), list(range(len(classes))), return_dtype=pl.Int64).to_numpy()


def _missing_words(name: str, notes: Sequence[ReadingNote]) -> str:
    """What may have been a class, and how to keep it."""
    found = [note for note in notes if note.rule is ReadingRule.MISSING_WORD]
    if not found:
        return ""
    words = ", ".join(f"{note.count} cells {note.detail!r}" for note in found)
    return f". {words} count as missing: spec.data.columns: [{{name: {name}, missingWords: []}}] keeps them"


def _numerically(text: str) -> float:
    return float(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _require_metric_fits(field: str, metric: Metric, task: Task, classes: int) -> None:
    if metric not in metrics_of(task):
        raise InvalidRequest(
            Reason.INVALID_SPEC,
            f"{field} {metric} is not for {task}, which the target shows; choose one of {', '.join(sorted(metrics_of(task)))} or set spec.objective.task",
        )
    if is_binary_only(metric) and classes != 2:
        raise InvalidRequest(
            Reason.INVALID_SPEC,
            f"{field} {metric} is for two classes, the target has {classes}; choose one of {', '.join(sorted(metrics_of(task, classes)))}",
        )
