"""Looks at a file the way the trainer will, and proposes what a careful person would write down about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard_api.data import Column, ColumnRole, Data, DataSource, SplitBy
from modelyard_api.objective import Objective, default_criteria
from modelyard_api.training_job import TrainingJobSpec
from modelyard_jobs.data.source import SourceFiles
from modelyard_jobs.failures import InvalidOrder
from modelyard_jobs.questions import look_for_leaks
from modelyard_jobs.splitting.assignment import REFERENCE_ROWS
from modelyard_jobs.training_data import TrainingData, divide

from modelyard_cli.starting_point.columns import LEAK, SeenColumn, features, look_at_columns
from modelyard_cli.starting_point.problems import NoStart
from modelyard_cli.starting_point.splits import ProposedSplit, proposed_splits
from modelyard_cli.starting_point.table import read_table
from modelyard_cli.starting_point.targets import SeenTarget, look_at_target

if TYPE_CHECKING:
    import polars as pl

_TRIAL_ROWS = 100_000  # enough to see whether a split works and a column leaks; the trainer looks at all rows
_MOST_NAMED = 512  # columns that a manifest can say something about
_VOUCHED = "; spec.data.columns vouches for it"


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

    @property
    def ignored(self) -> tuple[SeenColumn, ...]:
        """Columns that the manifest sets aside; the split's column is set aside by being it."""
        return tuple(column for column in self.columns if column.ignored and column.name != self.split.split.column)

    def spec(self, uri: str) -> TrainingJobSpec:
        """What the manifest will say."""
        return _spec(self.target, self.columns, self.split, uri)


@dataclass(frozen=True)
class _Trial:
    """Rows on which a proposal is tried, for the model that will be registered: its name decides where rows go."""

    table: "pl.DataFrame"
    target: SeenTarget
    model: str

    def spec(self, columns: Sequence[SeenColumn], split: ProposedSplit) -> TrainingJobSpec:
        return _spec(self.target, columns, split, "trial.csv")

    def data(self, columns: Sequence[SeenColumn], split: ProposedSplit) -> TrainingData:
        """Raises InvalidOrder."""
        spec = self.spec(columns, split)
        return divide(SourceFiles(spec.data.source.uri, ()), self.table, spec, self.model)


def survey(path: Path, target: str, model: str) -> Survey:
    """``model``: the registered name. Raises NoStart or the trainer's InvalidOrder, both with a message for people."""
    table = read_table(path)
    seen = look_at_target(table, target)
    columns = _with_times_aside(look_at_columns(table, target))
    trial = _Trial(table if table.height <= _TRIAL_ROWS else table.sample(_TRIAL_ROWS, seed=0), seen, model)
    data, split, in_the_way = _divided(trial, columns)
    columns = _with_leaks_aside(trial, columns, split, data)
    if sum(bool(column.ignored or column.vouched) for column in columns) > _MOST_NAMED:
        raise NoStart(
            f"more than {_MOST_NAMED} columns had better be left out, and a manifest can name only so many: take them out of {path.name}"
        )
    reference = round(len(data.assignment.reference) * table.height / trial.table.height)
    return Survey(path.name, table.height, columns, seen, split, min(reference, REFERENCE_ROWS), tuple(in_the_way))


def _with_times_aside(columns: Sequence[SeenColumn]) -> tuple[SeenColumn, ...]:
    why = "a timestamp: left out, unless prepare.features.timestamps makes hour, weekday and month of it"
    return tuple(column.ignoring(why) if column.is_time and not column.ignored else column for column in columns)


def _divided(trial: _Trial, columns: Sequence[SeenColumn]) -> tuple[TrainingData, ProposedSplit, list[str]]:
    """The first split that leaves rows and classes in every part, and what was in the way of those before it."""
    in_the_way: list[str] = []
    for proposed in proposed_splits(columns, trial.table.height, trial.target.task):
        try:
            return trial.data(columns, proposed), proposed, in_the_way
        except InvalidOrder as error:
            if proposed.split.by not in {SplitBy.TIME, SplitBy.GROUP}:
                raise
            in_the_way.append(f"not split by {proposed.split.by} of {proposed.split.column!r}: {error}")
    raise AssertionError("a split by chance is always proposed")


def _with_leaks_aside(trial: _Trial, columns: tuple[SeenColumn, ...], split: ProposedSplit, data: TrainingData) -> tuple[SeenColumn, ...]:
    """Until no column is left that alone gives the target away: with one gone, another may stand out."""
    while leaks := _leaks(data, trial.spec(columns, split)):
        aside = tuple(column.ignoring(leaks[column.name]) if column.name in leaks else column for column in columns)
        if not features(aside):
            return tuple(replace(column, vouched=leaks[column.name]) if column.name in leaks else column for column in columns)
        columns, data = aside, trial.data(aside, split)
    return columns


def _leaks(data: TrainingData, spec: TrainingJobSpec) -> dict[str, str]:
    """Column: why it is suspected. All are vouched for, so that the trainer's search goes on after the first."""
    names = [feature.name for feature in data.dataset.features.columns]
    vouched = spec.data.model_copy(update={"columns": [Column(name=name) for name in names]})
    warnings = look_for_leaks(data, spec.model_copy(update={"data": vouched}))
    found = {name: text for name in names for text in warnings if text.startswith(f"column {name!r} alone ")}
    return {name: f"{LEAK}: {text.removeprefix(f'column {name!r} ').removesuffix(_VOUCHED)}" for name, text in found.items()}


def _spec(target: SeenTarget, columns: Sequence[SeenColumn], split: ProposedSplit, uri: str) -> TrainingJobSpec:
    named = [
        Column(name=column.name, role=ColumnRole.IGNORED if column.ignored else ColumnRole.FEATURE)
        for column in columns
        if (column.ignored or column.vouched) and column.name != split.split.column
    ]
    data = Data(source=DataSource(uri=uri), columns=named or None, split=split.split)
    objective = Objective(target=target.name, task=target.task, metric=target.metric, require=list(default_criteria(target.metric)))
    return TrainingJobSpec(objective=objective, data=data)
