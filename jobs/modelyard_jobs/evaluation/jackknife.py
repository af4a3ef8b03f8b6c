"""What a metric becomes without each group of rows: exactly, for all groups at once, in about n log n steps and memory for a few columns of rows.

Most metrics are functions of sums over rows, from which a group's part is subtracted. ROC-AUC counts pairs (Mann-Whitney), so a group takes away its
pairs with all others, of which those within itself were counted twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from modelyard_api.catalogue.metrics import Metric
from numpy.typing import NDArray

from modelyard_jobs.evaluation.metrics import Array, Scores, brier_losses, log_losses, measure, measure_of, weighted

_SMALL = 2**16
_WEIGHTS = 2**22  # of all rows and some groups at once: 32 MiB
_EXACT_GROUPS = 250  # of the largest groups, for average precision: each costs a pass over the rows


@dataclass(frozen=True)
class Groups:
    """Which group each row belongs to."""

    member: NDArray[np.intp]  # (rows,): number of the group
    count: int

    @classmethod
    def of(cls, names: NDArray[np.generic]) -> "Groups":
        """``names`` (rows,): rows of one name belong together."""
        distinct, member = np.unique(names, return_inverse=True)
        return cls(member, len(distinct))

    @classmethod
    def of_single_rows(cls, rows: int) -> "Groups":
        """Every row alone."""
        return cls(np.arange(rows), rows)

    @property
    def single_rows(self) -> bool:
        """Whether every row is alone."""
        return self.count == len(self.member)

    @property
    def effective(self) -> float:
        """The number of equally large groups that would say as much, (Σn)² / Σn² (Kish 1965)."""
        sizes = np.bincount(self.member, minlength=self.count).astype(np.float64)
        return float(sizes.sum() ** 2 / (sizes**2).sum()) if self.count else 0.0

    def total(self, values: NDArray[np.generic]) -> Array:
        """(groups,): the sum of ``values`` (rows,) in each group."""
        result: Array = np.bincount(self.member, weights=values.astype(np.float64), minlength=self.count).astype(np.float64)
        return result

    def without(self, values: NDArray[np.generic]) -> Array:
        """(groups,): the sum of ``values`` outside of each group."""
        result: Array = values.astype(np.float64).sum() - self.total(values)
        return result


def without_each_group(metric: Metric, scores: Scores, groups: Groups) -> Array:
    """(groups,): the metric on all rows but the group's; NaN where that leaves it undefined."""
    with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
        exact = measure_of(metric).without
        return exact(scores, groups) if exact else _by_weights(metric, scores, groups)


def _by_weights(metric: Metric, scores: Scores, groups: Groups) -> Array:
    """With weight 0 for the rows of a group: for any metric, in as many steps as there are groups times rows."""
    at_once = max(1, _WEIGHTS // max(1, len(groups.member)))
    parts = [np.arange(first, min(first + at_once, groups.count)) for first in range(0, groups.count, at_once)]
    return np.concatenate([weighted(metric, scores, (groups.member != part[:, None]).astype(np.float64)) for part in parts])


def _mean_without(values: Array, groups: Groups) -> Array:
    scale = np.abs(values).max(initial=0.0) or 1.0
    result: Array = groups.without(values / scale) / groups.without(np.ones(len(values))) * scale
    return result


def accuracy(scores: Scores, groups: Groups) -> Array:
    """Accuracy without each group."""
    return _mean_without((scores.truth == scores.prediction).astype(np.float64), groups)


def _counts(scores: Scores, groups: Groups, code: int) -> tuple[Array, Array, Array]:
    """(groups,) each: true positives, rows of the class, rows predicted as the class, all outside of the group."""
    actual, predicted = scores.truth == code, scores.prediction == code
    return groups.without(actual & predicted), groups.without(actual), groups.without(predicted)


def _mean_over_classes(value: Callable[[int], Array], classes: int) -> Array:
    """Over those that are defined without the group."""
    total, known = np.zeros(1), np.zeros(1)
    for code in range(classes):
        each = value(code)
        defined = ~np.isnan(each)
        total, known = total + np.where(defined, each, 0.0), known + defined
    return total / known


def _classes(scores: Scores) -> int:
    assert scores.probabilities is not None
    return int(scores.probabilities.shape[1])


def _recall_of(scores: Scores, groups: Groups, code: int) -> Array:
    hits, actual, _ = _counts(scores, groups, code)
    return hits / actual


def _f1_of(scores: Scores, groups: Groups, code: int) -> Array:
    hits, actual, predicted = _counts(scores, groups, code)
    return 2 * hits / (actual + predicted)


def balanced_accuracy(scores: Scores, groups: Groups) -> Array:
    """Balanced accuracy without each group."""
    return _mean_over_classes(lambda code: _recall_of(scores, groups, code), _classes(scores))


def f1_macro(scores: Scores, groups: Groups) -> Array:
    """Macro F1 without each group."""
    return _mean_over_classes(lambda code: _f1_of(scores, groups, code), _classes(scores))


def precision(scores: Scores, groups: Groups) -> Array:
    """Precision without each group."""
    hits, _, predicted = _counts(scores, groups, 1)
    return np.nan_to_num(hits / predicted)


def roc_auc(scores: Scores, groups: Groups) -> Array:
    """ROC-AUC without each group."""
    assert scores.probabilities is not None
    columns = scores.probabilities.T
    if len(columns) == 2:
        return _auc(scores.truth == 1, columns[1], groups)
    return _mean_over_classes(lambda code: _auc(scores.truth == code, columns[code], groups), len(columns))


def _auc(positive: NDArray[np.bool_], score: Array, groups: Groups) -> Array:
    rising = np.argsort(score, kind="stable")
    won = _pairs_won(positive, score, rising, np.zeros(len(score), dtype=np.uint8))
    within: Array | float = 0.0
    if not groups.single_rows:
        block = groups.member.astype(np.uint16) if groups.count <= _SMALL else groups.member  # small numbers are sorted in one pass
        inside = _pairs_won(positive, score, rising[np.argsort(block[rising], kind="stable")], block)
        within = groups.total(np.where(positive, inside, 0.0))
    pairs = groups.without(positive) * groups.without(~positive)
    result: Array = (won[positive].sum() - groups.total(won) + within) / pairs
    return result


def _pairs_won(positive: NDArray[np.bool_], score: Array, order: NDArray[np.intp], block: NDArray[np.integer[Any]]) -> Array:
    """(rows,): with how many rows of the other class in its block a row is in the right order; a tie counts half. ``order`` sorts by block and score."""
    ups = positive[order]
    tied = _starts(block[order], score[order])
    below_ups, below_downs = _below_and_half(ups, tied), _below_and_half(~ups, tied)
    first, last = _ends(_starts(block[order]), len(order))
    downs_before = np.r_[0, np.cumsum(~ups)]
    ups_before = np.r_[0, np.cumsum(ups)]
    won = np.empty(len(order))
    won[order] = np.where(ups, below_downs - downs_before[first], ups_before[last] - below_ups)
    return won


def _starts(*columns: NDArray[np.generic]) -> NDArray[np.bool_]:
    """(rows,): whether a row differs from the one before it."""
    changed = np.zeros(len(columns[0]), dtype=np.bool_)
    changed[:1] = True
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return changed


def _ends(starts: NDArray[np.bool_], rows: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(rows,) each: where the run of a row starts and where the next one does."""
    first = np.flatnonzero(starts)
    run = np.cumsum(starts) - 1
    return first[run], np.r_[first[1:], rows][run]


def _below_and_half(counted: NDArray[np.bool_], tied: NDArray[np.bool_]) -> Array:
    """(rows,): how many counted rows come before the row's tie, and half of those in it."""
    before = np.r_[0, np.cumsum(counted)]
    first, last = _ends(tied, len(counted))
    result: Array = (before[first] + before[last]) / 2
    return result


@dataclass(frozen=True)
class _Thresholds:
    """Rows by distinct probability of the second class, falling."""

    of_row: NDArray[np.intp]  # (rows,): number of its threshold
    positive: NDArray[np.bool_]  # (rows,)
    ups: Array  # (thresholds,): positives at each
    rows: Array  # (thresholds,): rows at each

    @classmethod
    def of(cls, scores: Scores) -> "_Thresholds":
        assert scores.probabilities is not None
        _, number = np.unique(-scores.probabilities[:, 1], return_inverse=True)
        positive = scores.truth == 1
        return cls(
            number,
            positive,
            np.bincount(number[positive], minlength=number.max() + 1).astype(np.float64),
            np.bincount(number).astype(np.float64),
        )


def average_precision(scores: Scores, groups: Groups) -> Array:
    """Of single rows exactly; of larger groups exactly for the largest, and for the others as the sum of what their rows do alone."""
    thresholds, rows = _Thresholds.of(scores), len(scores.truth)
    alone = _without_each_row(thresholds)
    if groups.single_rows:
        return groups.total(alone)
    value, sizes = measure(Metric.AVERAGE_PRECISION, scores), groups.total(np.ones(rows))
    result = value + groups.total(alone - value) * (rows - 1) / (rows - sizes)
    chosen = np.unique(np.r_[_largest(sizes), _largest(groups.total(thresholds.positive))])
    by_group = np.argsort(groups.member, kind="stable")
    ends = np.cumsum(sizes).astype(np.intp)
    for group in chosen:
        result[group] = _without_rows(thresholds, by_group[ends[group] - int(sizes[group]) : ends[group]])
    return result


def _largest(sizes: Array) -> NDArray[np.intp]:
    if len(sizes) <= _EXACT_GROUPS:
        return np.arange(len(sizes))
    return np.argpartition(-sizes, _EXACT_GROUPS)[:_EXACT_GROUPS]


def _without_rows(thresholds: _Thresholds, left_out: NDArray[np.intp]) -> float:
    numbers, count = thresholds.of_row[left_out], len(thresholds.ups)
    ups = thresholds.ups - np.bincount(numbers[thresholds.positive[left_out]], minlength=count)
    called = np.cumsum(thresholds.rows - np.bincount(numbers, minlength=count))
    return float((ups * np.cumsum(ups) / np.maximum(called, 1.0)).sum() / ups.sum())


def _without_each_row(thresholds: _Thresholds) -> Array:
    """(rows,): a row left out takes itself from its own threshold and every later one."""
    number, ups = thresholds.of_row, thresholds.ups
    hits, called = np.cumsum(ups), np.cumsum(thresholds.rows)
    fewer, total = np.maximum(called - 1, 1.0), ups.sum()
    before = np.r_[0.0, np.cumsum(ups * hits / called)][number]
    without_up = _sum_from(ups * (hits - 1) / fewer)[number] - ((hits - 1) / fewer)[number]
    without_down = _sum_from(ups * hits / fewer)[number]
    result: Array = np.where(thresholds.positive, (before + without_up) / (total - 1), (before + without_down) / total)
    return result


def _sum_from(values: Array) -> Array:
    result: Array = np.cumsum(values[::-1])[::-1]
    return result


def rmse(scores: Scores, groups: Groups) -> Array:
    """Root mean squared error without each group."""
    error = (scores.prediction - scores.truth).astype(np.float64)
    scale = np.abs(error).max(initial=0.0) or 1.0
    result: Array = scale * np.sqrt(np.maximum(_mean_without((error / scale) ** 2, groups), 0.0))
    return result


def r2(scores: Scores, groups: Groups) -> Array:
    """R² without each group."""
    truth = scores.truth.astype(np.float64)
    deviation = truth - truth.mean()
    deviation -= deviation.mean()
    scale = np.abs(deviation).max(initial=0.0) or np.nan
    deviation /= scale
    spread = _mean_without(deviation**2, groups) - _mean_without(deviation, groups) ** 2
    result: Array = 1 - (rmse(scores, groups) / scale) ** 2 / np.where(spread > 0, spread, np.nan)
    return result


def f1(scores: Scores, groups: Groups) -> Array:
    """F1 of the second class without each group."""
    return np.nan_to_num(_f1_of(scores, groups, 1))


def recall(scores: Scores, groups: Groups) -> Array:
    """Recall of the second class without each group."""
    return np.nan_to_num(_recall_of(scores, groups, 1))


def log_loss(scores: Scores, groups: Groups) -> Array:
    """Log loss without each group."""
    return _mean_without(log_losses(scores), groups)


def brier(scores: Scores, groups: Groups) -> Array:
    """Brier score without each group."""
    return _mean_without(brier_losses(scores), groups)


def mae(scores: Scores, groups: Groups) -> Array:
    """Mean absolute error without each group."""
    return _mean_without(np.abs(scores.prediction - scores.truth).astype(np.float64), groups)
