"""Means of the target by category, shrunken towards the mean of all rows as far as chance can explain their differences.

Micci-Barreca 2001, "A preprocessing scheme for high-cardinality categorical attributes in classification and prediction problems", SIGKDD Explorations 3(1);
scikit-learn's ``TargetEncoder`` is the same idea. The means of categories are taken as drawn from one distribution (empirical Bayes): its variance, and the one
within categories, are estimated over all categories by the method-of-moments estimates (Searle, Casella and McCulloch 1992, "Variance components", section 3.6). So two rows of
one category that agree by chance count for two rows, where a variance of the category's own would be zero.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

FOLDS = 5


@dataclass(frozen=True)
class KnownTarget:
    """The target of the training split as numbers whose means are taken."""

    values: NDArray[
        np.float64
    ]  # (rows, outputs): of two classes whether it is the second, of more one output each, of a regression the value
    names: tuple[str, ...]  # of the outputs where there are more than one
    groups: NDArray[np.generic]  # rows of one group stay together in cross-fitting
    seed: int

    @classmethod
    def of(
        cls, target: NDArray[np.float64] | NDArray[np.int64], classes: tuple[str, ...], groups: NDArray[np.generic], seed: int
    ) -> "KnownTarget":
        """``target``: class numbers, or values where there are no ``classes``."""
        if not classes:
            return cls(target.astype(np.float64)[:, None], (), groups, seed)
        if len(classes) == 2:
            return cls((target == 1).astype(np.float64)[:, None], (), groups, seed)
        return cls((target[:, None] == np.arange(len(classes))).astype(np.float64), classes, groups, seed)

    @cached_property
    def folds(self) -> NDArray[np.intp]:
        """(rows,): the fold of each row. Every group is in one fold, and the folds' targets are alike."""
        return training_folds(self.values[:, -1], self.groups, self.seed)


def shrunken_means(
    codes: NDArray[np.intp], target: NDArray[np.float64], categories: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """By which each category's mean differs from all rows' (categories, outputs), and the latter (outputs,).

    ``codes`` (rows,) below ``categories``; -1 is of none. A category without rows differs by 0.
    """
    known = codes >= 0
    prior = target.mean(axis=0)
    each = [_shrunken(codes[known], target[known, output] - prior[output], categories) for output in range(target.shape[1])]
    return np.column_stack(each), prior


def _shrunken(codes: NDArray[np.intp], centred: NDArray[np.float64], categories: int) -> NDArray[np.float64]:
    counts = np.bincount(codes, minlength=categories).astype(np.float64)
    rows, seen = counts.sum(), int((counts > 0).sum())
    means = np.bincount(codes, centred, categories) / np.maximum(counts, 1)
    if seen < 2 or rows <= seen:  # nothing to tell the two variances apart by
        return np.zeros(categories)
    within = float(((centred - means[codes]) ** 2).sum()) / (rows - seen)
    overall = float(np.bincount(codes, centred, categories).sum()) / rows
    between = float((counts * (means - overall) ** 2).sum()) - (seen - 1) * within
    between = max(0.0, between / (rows - float((counts**2).sum()) / rows))
    if between == 0:
        return np.zeros(categories)
    return np.asarray(means * (counts * between / (counts * between + within)))


def training_folds(target: NDArray[np.float64], groups: NDArray[np.generic], seed: int) -> NDArray[np.intp]:
    """(rows,): a fold for every group, at most five. Groups are dealt in the order of their mean target, so that no fold's rows tell its mean."""
    _, group = np.unique(groups, return_inverse=True)
    means = np.bincount(group, target) / np.bincount(group)
    generator = np.random.default_rng(seed)
    order = np.lexsort((generator.random(len(means)), means))
    dealt = np.empty(len(means), dtype=np.intp)
    hands = -(-len(means) // FOLDS)
    dealt[order] = generator.permuted(np.tile(np.arange(FOLDS), (hands, 1)), axis=1).ravel()[: len(means)]
    return dealt[group]
