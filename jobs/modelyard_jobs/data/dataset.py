"""The data of one TrainingJob: checked against the manifest, read by rules fitted to it, with the target resolved and every dropped row counted."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
import polars.selectors as cs
from modelyard_api.catalogue.column_types import ColumnType
from modelyard_api.catalogue.tasks import TASKS
from modelyard_api.conditions import Reason
from modelyard_api.data import MissingMethod, SplitBy
from modelyard_api.objective import Objective
from modelyard_api.reading_notes import ReadingNote
from modelyard_api.rendering import describe_reading
from modelyard_api.training_job import TrainingJobSpec
from numpy.typing import NDArray

from modelyard_jobs.data import first_reading, parquet_table, target
from modelyard_jobs.data.column_rules import ColumnReader, declared_types
from modelyard_jobs.data.features import Features, read_features
from modelyard_jobs.data.one_column import ReadColumn
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.data.reading import require_column
from modelyard_jobs.data.target import Target
from modelyard_jobs.termination import InvalidRequest

_OF_THE_SPLIT = frozenset({"spec.data.key", "spec.data.time", "spec.data.split.column"})


@dataclass(frozen=True)
class RawRows:
    """Rows as models get them: by their own rules of reading, or as they were first read where a model has none."""

    cells: pl.DataFrame  # as the files hold them
    first_read: pl.DataFrame

    @property
    def height(self) -> int:
        """Rows."""
        return self.cells.height

    def take(self, rows: NDArray[np.intp]) -> "RawRows":
        """Some of them."""
        return self if len(rows) == self.height else RawRows(self.cells[rows], self.first_read[rows])


@dataclass(frozen=True)
class Dataset:
    """Rows that can be used, aligned: ``features`` (canonical) and ``target``."""

    table: RawTable
    read: pl.DataFrame  # all rows of the files as first read, by which rows are named
    rows_read: int  # of the files, with those that can't be used
    positions: NDArray[np.intp]  # of the usable rows in ``read``
    features: Features
    target: Target
    missing_before: dict[str, int]  # per column, in the rows as read
    dropped: dict[str, int] = field(default_factory=dict)  # why: how many
    notes: tuple[ReadingNote, ...] = ()  # what reading changed
    times: pl.Series | None = None  # of the usable rows: data.time, or the column that they are split by time by
    index: frozenset[str] = frozenset()  # columns that number the rows
    declared: dict[str, ColumnType] = field(default_factory=dict)

    @property
    def rows_used(self) -> int:
        """Rows that have what every row must have."""
        return len(self.positions)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the reader should look at."""
        return (*describe_reading(self.notes), *self.features.warnings)

    def raw_rows(self, rows: NDArray[np.intp]) -> RawRows:
        """Some of the usable rows. A champion may have been trained on what is Ignored today, so all columns are there."""
        places = self.positions[rows]
        cells = parquet_table.as_cells(
            self.table.cells[places]
        )  # by place: Polars takes some names for patterns where columns are gathered singly
        return RawRows(cells, first_reading.for_models(self.read, self.declared, self.positions, rows))

    def without_rows(self) -> "Dataset":
        """Without the cells of the files, which take most of the room and aren't fitted to: features and target stay, of the cells what is known of them."""
        return replace(self, table=replace(self.table, cells=self.table.cells.clear()), read=self.read.clear())


def as_named(table: RawTable) -> pl.DataFrame:
    """All rows as they were first read, by which they are named."""
    read = table.as_first_read
    return read.with_columns(column.fill_nan(None) for column in read.select(cs.float()).get_columns() if column.is_nan().any())


def prepare(table: RawTable, spec: TrainingJobSpec) -> Dataset:
    """Raises InvalidRequest where manifest and data don't fit. What is fitted here is how cells are written, not what is in them."""
    require_named_columns(table.cells, spec)
    reader = ColumnReader(table, spec.data)
    read = as_named(table)
    wanted = target.read(reader, spec.objective.target, spec.objective) if spec.objective.target and _is_learned(spec.objective) else None
    by_time = spec.data.split.by is SplitBy.TIME
    time = spec.data.split_column if by_time else spec.data.time
    times = reader.timestamps(time) if time else None
    positions, dropped = _usable(_needed(reader, wanted, times if by_time else None, read, spec), read.height)
    found = read_features(reader, spec.data, _not_features(spec))
    moved = [*(wanted.notes if wanted else ()), *(times.notes if times and time not in found.readings else ())]
    return Dataset(
        table=table,
        read=read,
        rows_read=read.height,
        positions=positions,
        features=found if len(positions) == read.height else found.take(positions),
        target=_resolved(wanted, positions, spec.objective),
        missing_before=_missing(read, wanted, found),
        dropped=dropped,
        notes=(*table.notes, *moved, *found.notes),
        times=times.values[positions] if times else None,
        index=frozenset(name for name in reader.names if reader.is_index(name)),
        declared=declared_types(spec.data),
    )


def _is_learned(objective: Objective) -> bool:
    """Whether the target is what is learned; that of a task without one is merely no feature."""
    return objective.task is None or TASKS[objective.task].has_target


def _resolved(wanted: ReadColumn | None, positions: NDArray[np.intp], objective: Objective) -> Target:
    if wanted:
        return target.resolve(wanted.values[positions], objective, wanted.notes)
    assert objective.task  # the objective is refused without a target, or a task that needs none
    return target.nothing_to_predict(len(positions), objective.task, objective)


def _missing(read: pl.DataFrame, wanted: ReadColumn | None, found: Features) -> dict[str, int]:
    counts = {name: read[name].null_count() for name in read.columns}
    known = {name: found.frame[name].null_count() for name in found.frame.columns}
    return counts | known | ({wanted.name: wanted.values.null_count()} if wanted and wanted.name in counts else {})


def _needed(
    reader: ColumnReader, wanted: ReadColumn | None, times: ReadColumn | None, read: pl.DataFrame, spec: TrainingJobSpec
) -> Iterator[tuple[str, str, pl.Series]]:
    """What every row must have: the column, how a row without it is counted, and where it is."""
    source = spec.objective.target_from.column if spec.objective.target_from else spec.objective.target
    if wanted and source:
        yield source, f"no value of the target ({source})", wanted.values.is_not_null()
    split = spec.data.split_column
    if split:
        present = times.values.is_not_null() if times else first_reading.is_present(read[split].alias("cells"))
        yield split, f"no value of the split's column ({split})", present
    for column in spec.data.prepare.missing.columns or []:
        if column.method is MissingMethod.DROP_ROW and column.name not in {source, split}:
            yield column.name, f"no value of {column.name} (DropRow)", reader.read(column.name).values.is_not_null()


def _usable(needed: Iterator[tuple[str, str, pl.Series]], rows: int) -> tuple[NDArray[np.intp], dict[str, int]]:
    """Positions of the rows that have what every row must have, and how many lack it."""
    usable, dropped = np.ones(rows, dtype=np.bool_), {}
    for name, why, is_there in needed:
        present = is_there.to_numpy()
        if lost := int((usable & ~present).sum()):
            dropped[why] = lost
        usable &= present
        _require_rows_left(int(usable.sum()), name, rows)
    return np.flatnonzero(usable), dropped


def require_named_columns(table: pl.DataFrame, spec: TrainingJobSpec) -> None:
    """Every column that the manifest names has to be in the data; the nearest names are proposed."""
    objective, data = spec.objective, spec.data
    named = [(f"spec.data.columns[{column.name}]", column.name) for column in data.columns or []]
    named += [(f"spec.data.prepare.missing.columns[{column.name}]", column.name) for column in data.prepare.missing.columns or []]
    if data.prepare.features:
        named += [("spec.data.prepare.features.timestamps", name) for name in data.prepare.features.timestamps or []]
    named += [("spec.data.key", name) for name in data.key or []]
    named += [("spec.data.time", data.time)] if data.time else []
    if data.split.column:
        named += [("spec.data.split.column", data.split.column)]
    if objective.target_from:
        require_column("spec.objective.targetFrom.column", objective.target_from.column, table.columns)
    elif objective.target:
        require_column("spec.objective.target", objective.target, table.columns)
    for where, name in named:
        require_column(where, name, table.columns)
        if where in _OF_THE_SPLIT:
            _require_comparable(where, table[name])


def _require_comparable(where: str, cells: pl.Series) -> None:
    """Rows are named and divided by cells that a model could read."""
    if not parquet_table.is_scalar(cells.dtype) and cells.dtype != pl.Null:
        raise InvalidRequest(
            Reason.DATA_INVALID,
            f"{where} names column {cells.name!r}, which holds {parquet_table.described(cells.dtype)}: name another one",
        )


def _require_rows_left(left: int, name: str, rows: int) -> None:
    if left == 0:
        raise InvalidRequest(
            Reason.DATA_INVALID, f"column {name!r} has no value in any of the {rows} rows, and rows without it can't be used"
        )


def target_columns(spec: TrainingJobSpec) -> frozenset[str]:
    """The target, and the column that it is derived from; none where the task has no target."""
    derived, wanted = spec.objective.target_from, spec.objective.target
    return frozenset({wanted} if wanted else ()) | frozenset({derived.column} if derived else ())


def _not_features(spec: TrainingJobSpec) -> frozenset[str]:
    names = set(target_columns(spec))
    if spec.data.split.by in {SplitBy.GROUP, SplitBy.TIME}:
        names.add(spec.data.split_column or "")
    if spec.data.time:
        names.add(spec.data.time)
    return frozenset(names)
