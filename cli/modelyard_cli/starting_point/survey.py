"""Looks at a file the way the trainer will, and proposes what a careful person would write down about it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from modelyard_api.data import Column, ColumnRole, Data, DataSource, SplitBy
from modelyard_api.metrics import Task
from modelyard_api.objective import Objective, default_criteria
from modelyard_api.training_job import TrainingJobSpec
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.data.source import SourceFiles
from modelyard_jobs.failures import InvalidOrder
from modelyard_jobs.questions import leaks, quick_score
from modelyard_jobs.splitting.cuts import Part
from modelyard_jobs.splitting.reserve import REFERENCE_ROWS
from modelyard_jobs.training_data import TrainingData, divide

from modelyard_cli.starting_point.columns import SeenColumn, features, look_at_columns
from modelyard_cli.starting_point.held_out import HeldOut, Shortage, as_tried, by_chance, rows_of_classes, shortages
from modelyard_cli.starting_point.margins import Margin, margin
from modelyard_cli.starting_point.problems import NoStart
from modelyard_cli.starting_point.splits import ProposedSplit, proposed_splits, wider_share
from modelyard_cli.starting_point.table import read_table
from modelyard_cli.starting_point.targets import SeenTarget, look_at_target

if TYPE_CHECKING:
    pass

_TRIAL_ROWS = 100_000  # enough to see whether a split works and a column leaks; the trainer looks at all rows
_MOST_NAMED = 512  # columns that a manifest can say something about
_TRIES = 4  # of a wider test part, by group or time
_USUALLY_EXPLAINED, _MOST_EXPLAINED = 0.5, 0.99  # R²


@dataclass(frozen=True)
class Survey:
    """All that was seen and is proposed."""

    file: str
    rows: int
    columns: tuple[SeenColumn, ...]  # all but the target
    target: SeenTarget
    split: ProposedSplit
    reference_rows: int  # that a monitor will compare with
    warnings: tuple[str, ...]
    test: HeldOut
    margin: Margin  # of "not worse than the champion"

    @property
    def shortages(self) -> tuple[Shortage, ...]:
        """What the test part is too small for."""
        return shortages(self.test)

    @property
    def ignored(self) -> tuple[SeenColumn, ...]:
        """Columns that the manifest sets aside; the split's column is set aside by being it."""
        return tuple(column for column in self.columns if column.ignored and column.name != self.split.split.column)

    def spec(self, uri: str) -> TrainingJobSpec:
        """What the manifest will say."""
        return _spec(self.target, self.columns, self.split, uri, self.margin.by)


@dataclass(frozen=True)
class _Trial:
    """Rows on which a proposal is tried, for the model that will be registered: its name decides where rows go."""

    table: RawTable
    target: SeenTarget
    model: str
    scale: float  # how many times as many rows the file has

    def spec(self, columns: Sequence[SeenColumn], split: ProposedSplit) -> TrainingJobSpec:
        return _spec(self.target, columns, split, "trial.csv", None)

    def data(self, columns: Sequence[SeenColumn], split: ProposedSplit) -> TrainingData:
        """Raises InvalidOrder."""
        spec = self.spec(columns, split)
        return divide(SourceFiles(spec.data.source.uri, ()), self.table, spec, self.model)

    def held_out(self, data: TrainingData, split: ProposedSplit) -> HeldOut:
        """The test part of the whole file."""
        if split.split.column is None:
            return by_chance(split.split, round(len(data.dataset.target.values) * self.scale), self.target)
        return as_tried(split.split, data, self.target, self.scale)


def survey(path: Path, target: str, model: str) -> Survey:
    """``model``: the registered name. Raises NoStart or the trainer's InvalidOrder, both with a message for people."""
    raw = read_table(path)
    table = raw.as_first_read
    seen = look_at_target(table, target)
    columns = _with_times_aside(look_at_columns(table, target))
    sample = raw if table.height <= _TRIAL_ROWS else replace(raw, cells=raw.cells.sample(_TRIAL_ROWS, seed=0))
    trial = _Trial(sample, seen, model, table.height / sample.cells.height)
    data, split, in_the_way = _divided(trial, columns)
    columns, data = _with_leaks_aside(trial, columns, split, data)
    if sum(bool(column.ignored or column.vouched) for column in columns) > _MOST_NAMED:
        raise NoStart(
            f"more than {_MOST_NAMED} columns had better be left out, and a manifest can name only so many: take them out of {path.name}"
        )
    part = trial.held_out(data, split)
    reference = min(round(len(data.assignment.reference) * trial.scale), REFERENCE_ROWS)
    return Survey(path.name, table.height, columns, seen, split, reference, tuple(in_the_way), part, _margin(data, part))


def _with_times_aside(columns: Sequence[SeenColumn]) -> tuple[SeenColumn, ...]:
    why = "a timestamp: left out, unless prepare.features.timestamps makes hour, weekday and month of it"
    return tuple(column.ignoring(why) if column.is_time and not column.ignored else column for column in columns)


def _divided(trial: _Trial, columns: Sequence[SeenColumn]) -> tuple[TrainingData, ProposedSplit, list[str]]:
    """The first split that leaves rows and classes in every part, and what was in the way of those before it."""
    in_the_way: list[str] = []
    for proposed in proposed_splits(columns, trial.table.cells.height, trial.target):
        try:
            return *_widened(trial, columns, proposed, trial.data(columns, proposed)), in_the_way
        except InvalidOrder as error:
            if proposed.split.by not in {SplitBy.TIME, SplitBy.GROUP}:
                raise
            in_the_way.append(f"not split by {proposed.split.by} of {proposed.split.column!r}: {error}")
    raise AssertionError("a split by chance is always proposed")


def _widened(
    trial: _Trial, columns: Sequence[SeenColumn], proposed: ProposedSplit, data: TrainingData
) -> tuple[TrainingData, ProposedSplit]:
    """With a larger test part where this one is too small to decide, as long as it leaves training as many rows of the rare classes."""
    for _ in range(_TRIES):
        short = shortages(trial.held_out(data, proposed))
        shares = {wider_share(proposed.split.test, each.have, each.need) for each in short} - {proposed.split.test}
        widest_first = (proposed.testing(share) for share in sorted(shares, reverse=True))
        found = next(((divided, wider) for wider in widest_first if (divided := _tried(trial, columns, wider, short))), None)
        if found is None:
            break
        data, proposed = found
    return data, proposed


def _tried(trial: _Trial, columns: Sequence[SeenColumn], wider: ProposedSplit, short: Sequence[Shortage]) -> TrainingData | None:
    try:
        divided = trial.data(columns, wider)
    except InvalidOrder:
        return None
    return divided if _leaves_enough(divided, short) else None


def _leaves_enough(data: TrainingData, short: Sequence[Shortage]) -> bool:
    rare = {each.of_class for each in short}
    counts = zip(data.dataset.target.classes, rows_of_classes(data, Part.TRAIN), rows_of_classes(data, Part.TEST), strict=True)
    return all(train >= test for name, train, test in counts if name in rare)


def _with_leaks_aside(
    trial: _Trial, columns: tuple[SeenColumn, ...], split: ProposedSplit, data: TrainingData
) -> tuple[tuple[SeenColumn, ...], TrainingData]:
    """Until no column is left that alone gives the target away: with one gone, another may stand out."""
    while True:
        found = {each.column: each for each in leaks(data, trial.spec(columns, split))}
        columns = tuple(column if column.ignored else replace(column, leak=found.get(column.name)) for column in columns)
        aside = tuple(column.ignoring(column.suspicion) if column.vouched else column for column in columns)
        if aside == columns or not features(aside):
            return columns, data
        columns, data = aside, trial.data(aside, split)


def _margin(data: TrainingData, part: HeldOut) -> Margin:
    """For a number in its own unit: a share of the rmse that a small forest reaches, as far as it is known before training."""
    target = data.dataset.target
    if target.task is not Task.REGRESSION:
        return margin(target.metric, part)
    explained = quick_score(data)
    explained = min(max(explained, 0.0), _MOST_EXPLAINED) if math.isfinite(explained) else _USUALLY_EXPLAINED
    return margin(target.metric, part, float(np.std(target.values)) * math.sqrt(1 - explained))


def _spec(target: SeenTarget, columns: Sequence[SeenColumn], split: ProposedSplit, uri: str, by: float | None) -> TrainingJobSpec:
    named = [
        Column(name=column.name, role=ColumnRole.IGNORED if column.ignored else ColumnRole.FEATURE)
        for column in columns
        if (column.ignored or column.vouched) and column.name != split.split.column
    ]
    data = Data(source=DataSource(uri=uri), columns=named or None, split=split.split)
    criteria = [each.model_copy(update={"by": by}) if each.not_worse_than else each for each in default_criteria(target.metric)]
    return TrainingJobSpec(objective=Objective(target=target.name, task=target.task, metric=target.metric, require=criteria), data=data)
