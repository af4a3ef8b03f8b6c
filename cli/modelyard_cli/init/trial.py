"""Proposals tried on the file's own rows: whether a split leaves enough in every part, what gives the target away, and which numbers are names."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from modelyard_api.data import Data, DataSource, SplitBy
from modelyard_api.objective import Objective, default_criteria
from modelyard_api.training_job import TrainingJobSpec
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.data.source import SourceFiles
from modelyard_jobs.evaluation.integer_codes import CodeEvidence, evidence_of_codes, may_be_codes
from modelyard_jobs.splitting.cuts import SplitName
from modelyard_jobs.termination import InvalidRequest
from modelyard_jobs.training_data import TrainingData, divide, leaks

from modelyard_cli.init.columns import SeenColumn, features
from modelyard_cli.init.margins import HeldOut, Shortage, as_tried, by_chance, rows_of_classes, shortages
from modelyard_cli.init.options import Options
from modelyard_cli.init.splits import ProposedSplit, proposed_splits, wider_share
from modelyard_cli.init.table import NoStart
from modelyard_cli.init.targets import SeenTarget

TRIAL_ROWS = 100_000  # enough to see whether a split works and a column leaks; the trainer looks at all rows
_TRIES = 4  # of a wider test split, by group or time


@dataclass(frozen=True)
class Trial:
    """Rows on which a proposal is tried, for the model that will be registered: its name decides where rows go."""

    table: RawTable
    target: SeenTarget
    options: Options
    model: str
    scale: float  # how many times as many rows the file has

    def spec(self, columns: Sequence[SeenColumn], split: ProposedSplit) -> TrainingJobSpec:
        """As it would be, without a margin."""
        return spec_of(self.target, columns, split, self.options, "trial.csv", None)

    def data(self, columns: Sequence[SeenColumn], split: ProposedSplit) -> TrainingData:
        """Raises InvalidRequest."""
        spec = self.spec(columns, split)
        return divide(SourceFiles(spec.data.source.uri, ()), self.table, spec, self.model)

    def held_out(self, data: TrainingData, split: ProposedSplit) -> HeldOut:
        """The test split of the whole file."""
        if split.column is None:
            return by_chance(split.split, round(len(data.dataset.target.values) * self.scale), self.target)
        return as_tried(split.split, data, self.target, self.scale)


def divided(trial: Trial, columns: Sequence[SeenColumn]) -> tuple[TrainingData, ProposedSplit, list[str]]:
    """The first split that leaves rows and classes in every part, and what was in the way of those before it."""
    in_the_way: list[str] = []
    for proposed in proposed_splits(columns, trial.table.cells.height, trial.target, trial.options):
        try:
            return *_widened(trial, columns, proposed, trial.data(columns, proposed)), in_the_way
        except InvalidRequest as error:
            if proposed.column is None:
                raise
            in_the_way.append(f"not split by {proposed.split.by} of {proposed.column!r}: {error}")
    raise NoStart("; ".join(in_the_way))  # the options say so; else a split by chance is proposed


def _widened(
    trial: Trial, columns: Sequence[SeenColumn], proposed: ProposedSplit, data: TrainingData
) -> tuple[TrainingData, ProposedSplit]:
    """With a larger test split where this one is too small to decide, as long as it leaves training as many rows of the rare classes."""
    for _ in range(_TRIES):
        short = shortages(trial.held_out(data, proposed))
        shares = {wider_share(proposed.split.test, each.have, each.need) for each in short} - {proposed.split.test}
        widest_first = (proposed.testing(share) for share in sorted(shares, reverse=True))
        found = next(((divided, wider) for wider in widest_first if (divided := _tried(trial, columns, wider, short))), None)
        if found is None:
            break
        data, proposed = found
    return data, proposed


def _tried(trial: Trial, columns: Sequence[SeenColumn], wider: ProposedSplit, short: Sequence[Shortage]) -> TrainingData | None:
    try:
        divided = trial.data(columns, wider)
    except InvalidRequest:
        return None
    return divided if _leaves_enough(divided, short) else None


def _leaves_enough(data: TrainingData, short: Sequence[Shortage]) -> bool:
    rare = {each.of_class for each in short}
    counts = zip(data.dataset.target.classes, rows_of_classes(data, SplitName.TRAIN), rows_of_classes(data, SplitName.TEST), strict=True)
    return all(train >= test for name, train, test in counts if name in rare)


def with_codes_typed(
    trial: Trial, columns: tuple[SeenColumn, ...], split: ProposedSplit, data: TrainingData
) -> tuple[tuple[SeenColumn, ...], TrainingData]:
    """Whole numbers that are names become categories, where that is better on training rows."""
    train, target, frame = data.assignment.rows(SplitName.TRAIN), data.dataset.target, data.dataset.features.frame

    def evidence(column: SeenColumn) -> CodeEvidence | None:
        if column.ignored or not column.is_number or column.name not in frame.columns:
            return None
        values = frame[column.name].alias("cells").cast(pl.Float64).fill_null(np.nan).to_numpy()
        if not may_be_codes(values):
            return None
        found = evidence_of_codes(values[train], target.values[train], len(target.classes), data.assignment.group[train])
        return found if found and found.are_codes else None

    typed = tuple(column.as_codes(found) if (found := evidence(column)) else column for column in columns)
    return (columns, data) if typed == columns else (typed, trial.data(typed, split))


def with_leaks_aside(
    trial: Trial, columns: tuple[SeenColumn, ...], split: ProposedSplit, data: TrainingData
) -> tuple[tuple[SeenColumn, ...], TrainingData]:
    """Until no column is left that alone gives the target away: with one gone, another may stand out."""
    while True:
        # A column that is given a type is named, and so vouched for: here nobody has looked at it yet
        found = {each.column: replace(each, vouched=False) for each in leaks(data, trial.spec(columns, split))}
        columns = tuple(column if column.ignored else replace(column, leak=found.get(column.name)) for column in columns)
        aside = tuple(column.ignoring(column.suspicion) if column.vouched else column for column in columns)
        if aside == columns or not features(aside):
            return columns, data
        columns, data = aside, trial.data(aside, split)


def time_of(split: ProposedSplit, options: Options) -> str | None:
    """``data.time``: the column of a split by time, or the one that was named."""
    return split.column if split.split.by is SplitBy.TIME else options.time


def data_of(uri: str, options: Options) -> Data:
    """What is known about the data before they are looked at."""
    return Data(source=DataSource(uri=uri), key=list(options.key) or None, time=options.time)


def spec_of(
    target: SeenTarget, columns: Sequence[SeenColumn], split: ProposedSplit, options: Options, uri: str, by: float | None
) -> TrainingJobSpec:
    """What the manifest will say; ``by``: the margin of "not worse than the champion"."""
    time = time_of(split, options)
    named = [each for column in columns if column.name not in {split.column, time} and (each := column.declared)]
    data = data_of(uri, options).model_copy(update={"time": time, "columns": named or None, "split": split.split})
    criteria = [each.model_copy(update={"by": by}) if each.not_worse_than else each for each in default_criteria(target.metric)]
    return TrainingJobSpec(objective=Objective(target=target.name, task=target.task, metric=target.metric, require=criteria), data=data)
