"""What a split will hold out as its test part, and what that is too small to decide."""

import math
from dataclasses import dataclass

import numpy as np
from modelyard_api.data import Split
from modelyard_api.verdicts import VerdictReason
from modelyard_jobs.evaluation.jackknife import Groups
from modelyard_jobs.evaluation.minimums import FEWEST_GROUPS, FEWEST_OF_CLASS, FEWEST_ROWS, more_rows
from modelyard_jobs.splitting.cuts import Part
from modelyard_jobs.training_data import TrainingData
from numpy.typing import NDArray

from modelyard_cli.starting_point.targets import SeenTarget

_FEWEST_OF_ANY_CLASS = 2  # that the trainer puts into a part
_ALIKE = 0.1  # intraclass correlation that is assumed of the rows of one group


@dataclass(frozen=True)
class HeldOut:
    """The test part: as expected where rows are drawn by chance, as tried where groups or time decide."""

    share: float
    rows: int
    classes: tuple[tuple[str, int], ...]  # empty for Regression
    groups: float | None = None  # effective number, (Σn)²/Σn²; None: rows stand alone

    @property
    def design_effect(self) -> float:
        """How many rows count as one where rows of a group err alike: Kish's 1 + (m - 1)·0.1 for groups of m rows."""
        return 1 + max(0.0, self.rows / self.groups - 1) * _ALIKE if self.groups else 1.0


@dataclass(frozen=True)
class Shortage:
    """What there is too little of for any verdict."""

    reason: VerdictReason
    have: int
    need: int
    more: int  # that the whole file needs, about
    of_class: str | None = None


def by_chance(split: Split, rows: int, target: SeenTarget) -> HeldOut:
    """Of a split by chance; ``rows`` have a target. Every class gives its share."""
    classes = tuple((name, max(_FEWEST_OF_ANY_CLASS, round(count * split.test))) for name, count in target.counts)
    return HeldOut(split.test, sum(count for _, count in classes) or round(rows * split.test), classes)


def as_tried(split: Split, data: TrainingData, target: SeenTarget, scale: float) -> HeldOut:
    """Of a split by group or time, as ``data`` were divided; the file has ``scale`` times their rows."""
    test = data.assignment.rows(Part.TEST)
    groups = Groups.of(data.assignment.group[test])
    counts = zip(target.counts, rows_of_classes(data, Part.TEST), strict=False)  # none of them for Regression
    classes = tuple((name, round(count * scale)) for (name, _), count in counts)
    return HeldOut(split.test, round(len(test) * scale), classes, groups.effective)


def rows_of_classes(data: TrainingData, part: Part) -> NDArray[np.intp]:
    """(classes,): rows of each in a part, in the trainer's order."""
    target = data.dataset.target
    if not target.classes:
        return np.zeros(0, dtype=np.intp)
    return np.bincount(target.values[data.assignment.rows(part)].astype(np.intp), minlength=len(target.classes))


def shortages(part: HeldOut) -> tuple[Shortage, ...]:
    """All of them; of classes the rarest first."""
    found = [_shortage(VerdictReason.TOO_FEW_ROWS, part.rows, FEWEST_ROWS, part.share)]
    if part.groups is not None:
        found.append(_shortage(VerdictReason.TOO_FEW_GROUPS, math.floor(part.groups), FEWEST_GROUPS, part.share))
    rarest_first = sorted(part.classes, key=lambda each: each[1])
    found += [_shortage(VerdictReason.TOO_FEW_OF_CLASS, have, FEWEST_OF_CLASS, part.share, name) for name, have in rarest_first]
    return tuple(each for each in found if each.have < each.need)


def _shortage(reason: VerdictReason, have: int, need: int, share: float, of_class: str | None = None) -> Shortage:
    return Shortage(reason, have, need, more_rows(have, need, share), of_class)


def describe_shortage(short: Shortage) -> str:
    """For people."""
    what = {
        VerdictReason.TOO_FEW_OF_CLASS: f"rows of class {short.of_class}",
        VerdictReason.TOO_FEW_GROUPS: "groups of like size",
    }.get(short.reason, "rows")
    return (
        f"the test part will hold about {short.have} {what}, and no criterion is decided on fewer than {short.need}:"
        f" needs about {short.more:,} more {what}"
    )
