"""How rows might be divided: by time where they have one, by group where things come in several rows, else by chance."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from modelyard_api.data import Split, SplitBy
from modelyard_api.metrics import Task
from modelyard_jobs.evaluation.minimums import FEWEST_OF_CLASS

from modelyard_cli.starting_point.columns import SeenColumn
from modelyard_cli.starting_point.targets import SeenTarget
from modelyard_cli.starting_point.yaml_text import scalar

_FEWEST = 40  # distinct moments or things: fewer are no sample of anything
_TEST_ROWS = 60  # twice the fewest that a criterion is judged by; fewer also make its interval wide
_SMALLEST_TEST, _LARGEST_TEST = 0.15, 0.5
_LARGEST_FOR_A_CLASS = 0.42  # beside 0.15 for validation it leaves training as many rows
_MUCH_MISSING = 0.05  # rows without the split's column are left out
_NOT_OF_THE_ROW = re.compile(r"birth|dob|born", re.IGNORECASE)  # a moment in a life, not of the observation


@dataclass(frozen=True)
class ProposedSplit:
    """A split and why it is this one; ``instead`` are lines of YAML that might be right as well."""

    split: Split
    why: str
    instead: tuple[str, ...] = ()

    def testing(self, share: float) -> "ProposedSplit":
        """The same with another share of test rows."""
        return replace(self, split=self.split.model_copy(update={"test": share}))


def proposed_splits(columns: Sequence[SeenColumn], rows: int, target: SeenTarget) -> Iterator[ProposedSplit]:
    """The most careful first; the last one, by chance, needs no column."""
    usable = [column for column in columns if column.missing <= _MUCH_MISSING and column.distinct >= _FEWEST]
    times = [column for column in usable if column.is_time and not _NOT_OF_THE_ROW.search(column.name)]
    groups = [column for column in usable if column.is_group]
    chance, why_chance = SplitBy.RANDOM, "by chance"
    if target.task is Task.CLASSIFICATION:
        chance, why_chance = SplitBy.STRATIFIED, "by chance, with the same share of each class"
    test = share_for_test(rows)
    by_chance = f"split: {{by: {chance}}} # if rows know nothing of one another"
    by_group = [f"{_by_group(column)} # if new rows are about new ones" for column in groups]
    for column in times:
        why = "the latest rows are the test: in use, too, a model only knows the past"
        instead = (*_moments_as_groups(column, rows), *by_group, by_chance)
        yield ProposedSplit(Split(by=SplitBy.TIME, column=column.name, test=test), why, instead)
    for column in groups:
        why = "rows with the same value stay together: they may be alike, and would flatter the test"
        yield ProposedSplit(Split(by=SplitBy.GROUP, column=column.name, test=test), why, (by_chance,))
    yield ProposedSplit(Split(by=chance, test=share_for_test(rows, min((count for _, count in target.counts), default=None))), why_chance)


def share_for_test(rows: int, rarest: int | None = None) -> float:
    """Of few rows, or few of the rarest class, a larger part has to be the test, or no criterion can be decided."""
    share = min(max(_SMALLEST_TEST, _share_of(rows, _TEST_ROWS)), _LARGEST_TEST)
    return wider_share(share, rarest * share, FEWEST_OF_CLASS) if rarest else share


def wider_share(share: float, have: float, need: float) -> float:
    """So that a part that holds ``have`` of something holds ``need``, as far as training keeps as much; never smaller."""
    return max(share, min(_share_of(max(have, 1.0) / share, need), _LARGEST_FOR_A_CLASS))


def _share_of(all_of_it: float, need: float) -> float:
    return math.ceil(round(100 * need / all_of_it, 6)) / 100


def _moments_as_groups(column: SeenColumn, rows: int) -> Iterator[str]:
    if 2 * column.distinct <= rows:
        yield f"{_by_group(column)} # if rows of one moment are alike, and the past is like the future"


def _by_group(column: SeenColumn) -> str:
    return f"split: {{by: Group, column: {scalar(column.name)}}}"
