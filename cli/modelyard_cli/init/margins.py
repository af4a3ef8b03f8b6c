"""What the test split will hold out, what that is too small to decide, and how much worse a later version may be: a margin that chance doesn't reach.

A version as good as its champion passes ``notWorseThan`` in 80 % of all trainings where the margin is 2.8 standard errors of their difference (1.96 for
the interval, 0.84 for the power). The standard error of a metric is that at a plausible value: ROC-AUC 0.8 after Hanley and McNeil, Radiology 143 (1982);
0.8 for what is a proportion of rows (binomial); R² 0.5 after Olkin and Finn, Psychological Bulletin 118 (1995); of normal errors for rmse and mae; and
losses that scatter about as much as their mean. Two models that err together with a correlation of 0.7 differ by sqrt(2(1 - 0.7)) of that. Measured on
Titanic, diabetes and a table of few categories: 0.65 to 0.82 between a linear model and a forest, 0.74 to 0.99 between a model and one fitted to half its rows.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from modelyard_api.catalogue.metrics import (
    METRICS,
    STANDARD_ERRORS_TO_DECIDE,
    Metric,
    MetricSpec,
    Spread,
    default_margin,
    lower_is_better,
    rows_to_decide,
)
from modelyard_api.data import Split
from modelyard_api.verdicts import VerdictReason
from modelyard_jobs.evaluation.intervals import FEWEST_GROUPS, FEWEST_OF_CLASS, FEWEST_ROWS, more_rows
from modelyard_jobs.evaluation.jackknife import Groups
from modelyard_jobs.splitting.cuts import SplitName
from modelyard_jobs.training_data import TrainingData
from numpy.typing import NDArray

from modelyard_cli.init.targets import SeenTarget

_FEWEST_OF_ANY_CLASS = 2  # that the trainer puts into a part
_ALIKE = 0.1  # intraclass correlation that is assumed of the rows of one group
_MOST = 0.05  # in the metric's unit, of an error as a share: more would let quality slip
_VALUE = 0.8
_CORRELATION = 0.7
_DECIMALS, _DIGITS = 2, 2


@dataclass(frozen=True)
class HeldOut:
    """The test split: as expected where rows are drawn by chance, as tried where groups or time decide."""

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
    test = data.assignment.rows(SplitName.TEST)
    groups = Groups.of(data.assignment.group[test])
    counts = zip(target.counts, rows_of_classes(data, SplitName.TEST), strict=False)  # none of them for Regression
    classes = tuple((name, round(count * scale)) for (name, _), count in counts)
    return HeldOut(split.test, round(len(test) * scale), classes, groups.effective)


def rows_of_classes(data: TrainingData, part: SplitName) -> NDArray[np.intp]:
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
        f"the test split will hold about {short.have} {what}, and no criterion is decided on fewer than {short.need}:"
        f" needs about {short.more:,} more {what}"
    )


@dataclass(frozen=True)
class Margin:
    """``by`` of a notWorseThan criterion, in the metric's unit; None: the default, which the test split can tell from chance."""

    by: float | None
    rows: int  # of the test split
    rows_needed: int | None = None  # where even the largest margin can't be distinguished from chance


def margin(metric: Metric, part: HeldOut, typical: float = 1.0) -> Margin:
    """``typical``: a value of the metric that a model may reach, needed for errors, whose margin is a share of it."""
    error = error_of_difference(metric, part)
    resolved = STANDARD_ERRORS_TO_DECIDE * error
    if resolved <= (default_margin(metric, 1.0) or 0.0):
        return Margin(None, part.rows)
    needed = math.ceil(rows_to_decide(part.rows, error, _MOST)) if resolved > _MOST else None
    if lower_is_better(metric):
        rounded = math.floor if needed else math.ceil
        return Margin(_to_digits(min(resolved, _MOST) * typical, rounded), part.rows, needed)
    return Margin(min(_to_decimals(resolved, _DECIMALS, math.ceil), _MOST), part.rows, needed)


def error_of_difference(metric: Metric, part: HeldOut) -> float:
    """Standard error of the difference of two models on the same rows; of an error metric as a share of its value."""
    return _error(METRICS[metric], _Sample(part)) * math.sqrt(2 * (1 - _CORRELATION))


class _Sample:
    """Rows that count as independent: all, and of each class."""

    def __init__(self, part: HeldOut) -> None:
        self.rows = max(1.0, part.rows / part.design_effect)
        self.classes = [max(1.0, count / part.design_effect) for _, count in part.classes]


def _area(sample: _Sample) -> float:
    """Of two classes, or the mean of each against the rest."""
    if len(sample.classes) == 2:
        return _hanley_mcneil(*sample.classes)
    each = [_hanley_mcneil(count, max(1.0, sample.rows - count)) for count in sample.classes]
    return math.hypot(*each) / len(each)


def _hanley_mcneil(some: float, others: float) -> float:
    """The mean of both ways round: theirs is for scores with one long tail, and says too little where the positives are many."""
    square = _VALUE**2
    pairs = (_VALUE / (2 - _VALUE) - square + 2 * square / (1 + _VALUE) - square) / 2
    return math.sqrt((_VALUE * (1 - _VALUE) + (some + others - 2) * pairs) / (some * others))


def _binomial(rows: float) -> float:
    return math.sqrt(_VALUE * (1 - _VALUE) / rows)


def _of_all(sample: _Sample) -> float:
    return _binomial(sample.rows)


def _of_positives(sample: _Sample) -> float:
    return _binomial(sample.classes[1])


def _mean_over_classes(sample: _Sample) -> float:
    return math.hypot(*map(_binomial, sample.classes)) / len(sample.classes)


def _error(spec: MetricSpec, sample: _Sample) -> float:
    if spec.spread is Spread.ERROR:
        return spec.relative_spread / math.sqrt(sample.rows)
    return _SHARES[spec.spread](sample)


_SHARES: Mapping[Spread, Callable[[_Sample], float]] = {
    Spread.AREA: _area,
    Spread.ROWS: _of_all,
    Spread.POSITIVES: _of_positives,
    Spread.CLASSES: _mean_over_classes,
}


def _to_digits(value: float, rounded: Callable[[float], int]) -> float:
    return _to_decimals(value, _DIGITS - 1 - math.floor(math.log10(value)), rounded)


def _to_decimals(value: float, decimals: int, rounded: Callable[[float], int]) -> float:
    scaled = round(value * 10.0**decimals, 9)  # 0.03 is 3.0000000000000004 hundredths
    return round(rounded(scaled) / 10.0**decimals, max(decimals, 0))
