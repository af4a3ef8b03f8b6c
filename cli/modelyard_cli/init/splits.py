"""How rows might be divided: by time where they have one, by group where things come in several rows, else by chance."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from modelyard_api.catalogue.tasks import has_classes
from modelyard_api.data import Split, SplitBy
from modelyard_jobs.evaluation.intervals import FEWEST_OF_CLASS

from modelyard_cli.init.columns import SeenColumn
from modelyard_cli.init.options import Options
from modelyard_cli.init.table import NoStart, require_nameable
from modelyard_cli.init.targets import SeenTarget
from modelyard_cli.init.yaml_text import scalar

_FEWEST = 40  # distinct timestamps or things: fewer are no sample of anything
_TEST_ROWS = 60  # twice the fewest that a criterion is judged by; fewer also make its interval wide
_SMALLEST_TEST, _LARGEST_TEST = 0.15, 0.5
_LARGEST_FOR_A_CLASS = 0.42  # beside 0.15 for validation it leaves training as many rows
_MUCH_MISSING = 0.05  # rows without the split's column are left out
_NOT_OF_THE_ROW = re.compile(r"birth|dob|born", re.IGNORECASE)  # a moment in a life, not of the observation


@dataclass(frozen=True)
class ProposedSplit:
    """A split and why it is this one; ``instead`` are lines of YAML that might be right as well."""

    split: Split  # by Time without a column: data.time has it
    column: str | None  # that it goes by
    why: str
    instead: tuple[str, ...] = ()

    def testing(self, share: float) -> "ProposedSplit":
        """The same with another share of test rows."""
        return replace(self, split=self.split.model_copy(update={"test": share}))


def proposed_splits(columns: Sequence[SeenColumn], rows: int, target: SeenTarget, options: Options) -> Iterator[ProposedSplit]:
    """The most careful first; without ``options`` the last one, by chance, needs no column. Raises NoStart where an option lacks its column."""
    by = options.split_by
    usable = [column for column in columns if by or (column.missing <= _MUCH_MISSING and column.distinct >= _FEWEST)]
    times = [column for column in usable if column.is_time and not _NOT_OF_THE_ROW.search(column.name)]
    groups = [column for column in usable if column.is_group]
    named = {column.name: column for column in columns}
    times = [named[options.time]] if options.time else times
    groups = [named[options.group]] if options.group else groups
    if by in {None, SplitBy.TIME}:
        yield from _by_time(times, groups, rows, target, required=by is SplitBy.TIME)
    if by is SplitBy.GROUP or (by is None and not options.time):
        yield from _by_groups(groups, rows, target, required=by is SplitBy.GROUP)
    if by not in {SplitBy.TIME, SplitBy.GROUP}:
        yield _by_chance(rows, target, by)


def _by_time(
    times: Sequence[SeenColumn], groups: Sequence[SeenColumn], rows: int, target: SeenTarget, *, required: bool
) -> Iterator[ProposedSplit]:
    if required and not times:
        raise NoStart("--split Time needs a column that says when a row happened, and none looks like one: name it with --time COLUMN")
    by_group = [f"{_in_groups(column)} # if new rows are about new ones" for column in groups]
    for column in times:
        why = "the latest rows are the test: in use, too, a model only knows the past"
        instead = (*_timestamps_as_groups(column, rows), *by_group, _chance_instead(target))
        require_nameable(column.name)
        yield ProposedSplit(Split(by=SplitBy.TIME, test=share_for_test(rows)), column.name, why, instead)


def _by_groups(groups: Sequence[SeenColumn], rows: int, target: SeenTarget, *, required: bool) -> Iterator[ProposedSplit]:
    if required and not groups:
        raise NoStart(
            "--split Group needs a column whose equal values stay together, such as a customer or a device, and none looks like one: name it with"
            " --group COLUMN"
        )
    for column in groups:
        why = "rows with the same value stay together: they may be alike, and would flatter the test"
        require_nameable(column.name)
        split = Split(by=SplitBy.GROUP, column=column.name, test=share_for_test(rows))
        yield ProposedSplit(split, column.name, why, (_chance_instead(target),))


def _by_chance(rows: int, target: SeenTarget, by: SplitBy | None) -> ProposedSplit:
    usual, why = _chance(target)
    if has_classes(target.task) and by is SplitBy.RANDOM:
        usual, why = SplitBy.RANDOM, "by chance"
    test = share_for_test(rows, min((count for _, count in target.counts), default=None))
    return ProposedSplit(Split(by=usual, test=test), None, why)


def _chance(target: SeenTarget) -> tuple[SplitBy, str]:
    if has_classes(target.task):
        return SplitBy.STRATIFIED, "by chance, with the same share of each class"
    return SplitBy.RANDOM, "by chance"


def _chance_instead(target: SeenTarget) -> str:
    return f"split: {{by: {_chance(target)[0]}}} # if rows know nothing of one another"


def share_for_test(rows: int, rarest: int | None = None) -> float:
    """Of few rows, or few of the rarest class, a larger part has to be the test, or no criterion can be decided."""
    share = min(max(_SMALLEST_TEST, _share_of(rows, _TEST_ROWS)), _LARGEST_TEST)
    return wider_share(share, rarest * share, FEWEST_OF_CLASS) if rarest else share


def wider_share(share: float, have: float, need: float) -> float:
    """So that a part that holds ``have`` of something holds ``need``, as far as training keeps as much; never smaller."""
    return max(share, min(_share_of(max(have, 1.0) / share, need), _LARGEST_FOR_A_CLASS))


def _share_of(all_of_it: float, need: float) -> float:
    return math.ceil(round(100 * need / all_of_it, 6)) / 100


def _timestamps_as_groups(column: SeenColumn, rows: int) -> Iterator[str]:
    if 2 * column.distinct <= rows:
        yield f"{_in_groups(column)} # if rows of one moment are alike, and the past is like the future"


def _in_groups(column: SeenColumn) -> str:
    return f"split: {{by: Group, column: {scalar(column.name)}}}"
