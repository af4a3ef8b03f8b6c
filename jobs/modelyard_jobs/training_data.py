"""From the manifest to rows in their splits, the problem that models are fitted to, and the search for leaks. Training and a later comparison go the same way, and so see the same rows."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from modelyard_api.catalogue.tasks import has_classes
from modelyard_api.conditions import Reason
from modelyard_api.data import SplitBy
from modelyard_api.training_job import TrainingJobSpec
from modelyard_clients.platform import Platform, read_source_keys
from modelyard_clients.s3 import client_of
from numpy.typing import NDArray

from modelyard_jobs.data import dataset, reading, source
from modelyard_jobs.data.dataset import Dataset, RawRows
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.data.source import SourceFiles
from modelyard_jobs.fitting import Rows
from modelyard_jobs.splitting.assignment import Assignment, Earlier, assign
from modelyard_jobs.splitting.assignment import Rows as SplitRows
from modelyard_jobs.splitting.cuts import Classes, SplitName
from modelyard_jobs.splitting.membership import Membership
from modelyard_jobs.termination import InvalidRequest

if TYPE_CHECKING:
    import polars as pl
from modelyard_api.catalogue.tasks import TASKS

from modelyard_jobs.evaluation.leakage import LeakFinding, Sample, drawn, find_leaks, score_together, warnings_or_refusal
from modelyard_jobs.fitting import Problem, plan_columns

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingData:
    """The data set, where it came from, and which row goes where."""

    source: SourceFiles
    dataset: Dataset
    assignment: Assignment
    registered: str  # the model's name in the registry, which salts the split
    tested: RawRows | None = None  # the test split, where the other rows' cells were let go
    place: NDArray[np.intp] | None = (
        None  # (rows,): of each in ``dataset.features.frame``, where that lies part by part; None: as in the files
    )

    def part(self, part: SplitName) -> Rows:
        """The rows of one part, as models are fitted to them."""
        rows = self.assignment.rows(part)
        return Rows(self._frame_of(part, rows), self.dataset.target.values[rows], self.assignment.group[rows])

    def _frame_of(self, part: SplitName, rows: NDArray[np.intp]) -> "pl.DataFrame":
        if self.place is None:
            return self.dataset.features.frame[rows]
        return self.dataset.features.frame.slice(int((self.assignment.part < part).sum()), len(rows))

    def frame(self, rows: NDArray[np.intp]) -> "pl.DataFrame":
        """The features of some rows, read."""
        return self.dataset.features.frame[self._places(rows)]

    def feature(self, name: str, rows: NDArray[np.intp]) -> "pl.Series":
        """One column of them, for who needs no two at a time."""
        return self.dataset.features.frame[name].gather(self._places(rows))

    def _places(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        return rows if self.place is None else self.place[rows]

    def by_part(self) -> "TrainingData":
        """The same with features that lie part by part, so that a part is a view of them and no copy."""
        order = np.argsort(self.assignment.part, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return replace(self, dataset=replace(self.dataset, features=self.dataset.features.take(order)), place=place)

    def with_tested_cells(self) -> "TrainingData":
        """Keeps the cells of the rows alone that models are judged on: all others would lie about while a model is fitted."""
        tested = self.dataset.raw_rows(self.assignment.rows(SplitName.TEST))
        return replace(self, dataset=self.dataset.without_rows(), tested=tested)

    def raw_rows(self, rows: NDArray[np.intp]) -> RawRows:
        """Some rows as a stored model gets them."""
        if self.tested is None:
            return self.dataset.raw_rows(rows)
        kept = self.assignment.rows(SplitName.TEST)
        if not np.isin(rows, kept).all():
            return self._with_cells().raw_rows(rows)
        return self.tested.take(np.searchsorted(kept, rows))

    def recognised_by(self, membership: Membership) -> NDArray[np.int8] | None:
        """(rows,): in which part another model had each row, UNKNOWN where it hadn't; None where its rows can't be recognised any more."""
        if not membership.can_recognise(self.dataset.read):
            return None
        read = self.dataset.read if membership.is_named_like(self.assignment.identity) else self._with_cells().read
        return membership.recognise(read, self.dataset.positions, self.registered, self.assignment.identity)

    def _with_cells(self) -> Dataset:
        """The files are read again where more of their cells are needed than were kept: for a model that names its rows by other columns."""
        if self.tested is None:
            return self.dataset
        table = reading.read(self.source)
        return replace(self.dataset, table=table, read=dataset.as_named(table))


def load(spec: TrainingJobSpec, registered: str, platform: Platform, folder: Path, earlier: Earlier | None) -> TrainingData:
    """Reads and divides the data. ``registered`` salts the split, ``earlier`` is what an earlier run of the model kept of it.

    Raises InvalidRequest or Unavailable.
    """
    files = source.fetch(client_of(read_source_keys(None, platform)), spec.data.source.uri, folder)
    return divide(files, reading.read(files), spec, registered, earlier).with_tested_cells()


def divide(files: SourceFiles, table: RawTable, spec: TrainingJobSpec, registered: str, earlier: Earlier | None = None) -> TrainingData:
    """What was read from ``files``, checked against the manifest and divided; raises InvalidRequest."""
    _log.info(
        "read %d rows, %d columns from %d file(s), %d bytes, sha256 %s",
        table.cells.height,
        table.cells.width,
        len(files.files),
        files.size,
        files.digest[:12],
    )
    return assigned(files, dataset.prepare(table, spec), spec, registered, earlier)


def assigned(files: SourceFiles, data: Dataset, spec: TrainingJobSpec, registered: str, earlier: Earlier | None = None) -> TrainingData:
    """The rows of a data set, each in its part; raises InvalidRequest."""
    for why, count in data.dropped.items():
        _log.info("left out %d rows: %s", count, why)
    classes = Classes.of(data.target.classes, data.target.values.astype(np.int64)) if has_classes(data.target.task) else None
    rows = SplitRows(
        data.read, data.positions, classes, dataset.target_columns(spec), tuple(spec.data.key or ()), times=data.times, index=data.index
    )
    split = spec.data.split.model_copy(update={"column": spec.data.split_column})
    assignment = assign(rows, split, registered, earlier)
    _require_classes(data, assignment)
    _log.info("split: %s", ", ".join(f"{name} {size}" for name, size in assignment.sizes().items() if size))
    copies = assignment.copies
    _log.info("pairs of equal rows: %d, by chance about %.3g: they are %s", copies.pairs, copies.expected_pairs, copies.duplicates)
    return TrainingData(files, data, assignment, registered)


def _require_classes(data: Dataset, assignment: Assignment) -> None:
    """Two classes have to be everywhere; of more, all in training and two in the others."""
    if not has_classes(data.target.task):
        return
    for part in (SplitName.TRAIN, SplitName.VALIDATION, SplitName.TEST):
        values = data.target.values[assignment.part == part]
        found = len(np.unique(values))
        needed = len(data.target.classes) if part is SplitName.TRAIN else 2
        if found < needed:
            raise InvalidRequest(
                Reason.DATA_INVALID,
                f"the {part.name.lower()} split of {len(values)} rows holds {found} of the target's {len(data.target.classes)} classes,"
                f" {needed} are needed: give more rows of the rare classes, or other shares or another column in spec.data.split",
            )


def split_warnings(data: TrainingData, spec: TrainingJobSpec) -> list[str]:
    """A split that ignores time where the data have it."""
    split, times = spec.data.split, data.dataset.features.looks_like_time
    if split.by in {SplitBy.GROUP, SplitBy.TIME} or not times:
        return []
    return [
        f"column {times[0]!r} holds timestamps, but rows are split {split.by} by row: rows of one time may be alike and flatter the test;"
        " see spec.data.split by Time or Group"
    ]


def pose(data: TrainingData, spec: TrainingJobSpec) -> Problem:
    """Raises InvalidRequest where a method for missing values doesn't fit its column."""
    target = data.dataset.target
    features = data.dataset.features
    kinds = {feature.name: feature.type for feature in features.columns}
    plan = plan_columns(kinds, spec.data.prepare.missing, features.readings, data.dataset.table.separator)
    return Problem(target.task, target.classes, target.metric, plan, spec.training)


def look_for_leaks(data: TrainingData, spec: TrainingJobSpec) -> list[str]:
    """All warnings about the data; raises InvalidRequest where a column gives the answer away."""
    return [*warnings_or_refusal(leaks(data, spec)), *split_warnings(data, spec), *data.dataset.warnings]


def leaks(data: TrainingData, spec: TrainingJobSpec) -> tuple[LeakFinding, ...]:
    """Every column that alone gives the target away, seen on the training rows; none where there is no target."""
    if not TASKS[data.dataset.target.task].has_target:
        return ()
    return find_leaks(_sample(data), data.dataset.features.columns, spec.data)


def quick_score(data: TrainingData) -> float:
    """ROC-AUC or R² that a small forest reaches within the training rows; NaN where they are too few."""
    return score_together(_sample(data), data.dataset.features.columns)


def _sample(data: TrainingData) -> Sample:
    rows, target = drawn(data.assignment.rows(SplitName.TRAIN)), data.dataset.target
    return Sample(data.frame(rows), target.task, target.classes, target.values[rows], data.assignment.group[rows])
