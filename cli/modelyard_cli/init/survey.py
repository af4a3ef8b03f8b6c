"""Looks at a file the way the trainer will, and proposes what a careful person would write down about it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from modelyard_api.catalogue.tasks import has_classes
from modelyard_api.reading_notes import ReadingNote, ReadingRule
from modelyard_api.rendering import describe_reading
from modelyard_api.training_job import TrainingJobSpec
from modelyard_api.workers import Workers
from modelyard_jobs.data.column_rules import ColumnReader
from modelyard_jobs.data.one_column import ReadColumn
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.splitting.cuts import REFERENCE_ROWS
from modelyard_jobs.termination import InvalidRequest
from modelyard_jobs.training_data import TrainingData, quick_score

from modelyard_cli.init.columns import SeenColumn, look_at_columns
from modelyard_cli.init.margins import HeldOut, Margin, Shortage, margin, shortages
from modelyard_cli.init.options import NO_OPTIONS, Options
from modelyard_cli.init.splits import ProposedSplit
from modelyard_cli.init.table import NoStart, proposed_workers, read_table
from modelyard_cli.init.targets import SeenTarget, look_at_target
from modelyard_cli.init.trial import TRIAL_ROWS, Trial, data_of, divided, spec_of, time_of, with_codes_typed, with_leaks_aside

_MOST_NAMED = 512  # columns that a manifest can say something about
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
    notes: tuple[ReadingNote, ...]  # what reading changed
    options: Options

    @property
    def shortages(self) -> tuple[Shortage, ...]:
        """What the test split is too small for."""
        return shortages(self.test)

    @property
    def ignored(self) -> tuple[SeenColumn, ...]:
        """Columns that the manifest ignores; the column of the split and that of time are ignored by being it."""
        return tuple(column for column in self.columns if column.ignored and column.name not in {self.split.column, self.time})

    @property
    def typed(self) -> tuple[SeenColumn, ...]:
        """Columns that the manifest gives a type."""
        return tuple(column for column in self.columns if column.type and not column.ignored)

    @property
    def time(self) -> str | None:
        """``data.time``."""
        return time_of(self.split, self.options)

    @property
    def reading(self) -> list[str]:
        """What reading changed, in sentences; what is left out is among ``ignored``."""
        aside = {column.name for column in self.ignored}
        named = {ReadingRule.UNNAMED, ReadingRule.REPEATED}
        return describe_reading([note for note in self.notes if note.column not in aside or note.rule in named])

    def spec(self, uri: str) -> TrainingJobSpec:
        """What the manifest will say."""
        spec = spec_of(self.target, self.columns, self.split, self.options, uri, self.margin.by)
        return spec.model_copy(update={"workers": self.workers}) if self.workers else spec

    @property
    def workers(self) -> Workers | None:
        """What the pod asks for, where that is more than by default."""
        return proposed_workers(self.rows, len(self.columns) + 1)


def survey(path: Path, target: str, model: str, options: Options = NO_OPTIONS) -> Survey:
    """``model``: the registered name. Raises NoStart or the trainer's InvalidRequest, both with a message for people."""
    table = read_table(path)
    names, rows = table.cells.columns, table.cells.height
    options.require_fit(names, target)
    reader = ColumnReader(table, data_of("trial.csv", options))
    seen, wanted = look_at_target(reader, target, options)
    read = {name: _timestamps(reader, name) if name == options.time else reader.read(name) for name in names if name != target}
    columns = _with_times_aside(look_at_columns(table, read, wanted.values))
    trial = Trial(_sampled(table), seen, options, model, rows / min(rows, TRIAL_ROWS))
    data, split, in_the_way = divided(trial, columns)
    columns, data = with_codes_typed(trial, columns, split, data)
    columns, data = with_leaks_aside(trial, columns, split, data)
    _require_room(path, columns)
    part = trial.held_out(data, split)
    reference = min(round(len(data.assignment.reference) * trial.scale), REFERENCE_ROWS)
    notes = (*table.notes, *(note for each in (wanted, *read.values()) for note in each.notes))
    return Survey(path.name, rows, columns, seen, split, reference, tuple(in_the_way), part, _margin(data, part), notes, options)


def _timestamps(reader: ColumnReader, name: str) -> ReadColumn:
    """The column of --time, whatever its form: numbers are seconds."""
    try:
        return reader.timestamps(name)
    except InvalidRequest as error:
        raise NoStart(
            f"--time names column {name!r}, whose values are no timestamps: neither ISO 8601 (as in 2026-01-31T12:00:00Z) nor dates in one other form nor"
            " seconds; name another column, or leave --time out"
        ) from error


def _sampled(table: RawTable) -> RawTable:
    cells = table.cells
    return table if cells.height <= TRIAL_ROWS else replace(table, cells=cells.sample(TRIAL_ROWS, seed=0))


def _require_room(path: Path, columns: Sequence[SeenColumn]) -> None:
    """In the manifest."""
    if sum(bool(column.ignored or column.vouched or column.type) for column in columns) > _MOST_NAMED:
        raise NoStart(
            f"more than {_MOST_NAMED} columns had better be left out, and a manifest can name only so many: take them out of {path.name}"
        )


def _with_times_aside(columns: Sequence[SeenColumn]) -> tuple[SeenColumn, ...]:
    why = "a timestamp: left out, unless prepare.features.timestamps makes hour, weekday and month of it"
    return tuple(column.ignoring(why) if column.is_time and not column.ignored else column for column in columns)


def _margin(data: TrainingData, part: HeldOut) -> Margin:
    """For a number in its own unit: a share of the rmse that a small forest reaches, as far as it is known before training."""
    target = data.dataset.target
    if has_classes(target.task):
        return margin(target.metric, part)
    explained = quick_score(data)
    explained = min(max(explained, 0.0), _MOST_EXPLAINED) if math.isfinite(explained) else _USUALLY_EXPLAINED
    return margin(target.metric, part, float(np.std(target.values)) * math.sqrt(1 - explained))
