"""Whether whole numbers are names: codes of shops or products, whose order says nothing and which a model had better read as categories.

The target is predicted from the column alone, out of fold: from the means of the target per value, drawn towards the mean of all, and from curves
over the values in their order: flat, bent, in steps, and bent with steps. Categories it is only where they beat every one of the curves. Squared errors all
through, of classes as their Brier score: all that has to be known are counts and sums per value.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelyard_jobs.evaluation.jackknife import Groups

FEWEST_VALUES, ROWS_PER_VALUE = 10, 3
_STANDARD_ERRORS = 2.0
_LEAST_GAIN = 0.01  # of the target's variance: less is worth no category
_SAMPLE_ROWS = 20_000
_FOLDS = 5
_FEWEST_PIECES, _MOST_KNOTS, _MOST_LEAVES = 4, 8, 16
_VALUES_PER_PIECE = 4  # a curve with as many pieces as values would be a category too
_RIDGE = 1e-6

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CodeEvidence:
    """How much better categories predict than the best curve, as a share of the target's variance."""

    values: int  # distinct ones
    gain: float
    standard_error: float

    @property
    def are_codes(self) -> bool:
        """Whether categories are better by two standard errors, and by enough to matter."""
        return self.gain > max(_LEAST_GAIN, _STANDARD_ERRORS * self.standard_error)


@dataclass(frozen=True)
class _PerValue:
    """What a curve is fitted to: for each distinct value, in their order, its rows and the sum of the target (one column per class)."""

    counts: Array  # (values,)
    sums: Array  # (values, outputs)

    @property
    def mean(self) -> Array:
        """(outputs,): of all rows."""
        result: Array = self.sums.sum(axis=0) / self.counts.sum()
        return result

    @property
    def means(self) -> Array:
        """(values, outputs); of values without rows that of all rows."""
        result: Array = np.where(self.counts[:, None] > 0, self.sums / np.maximum(self.counts, 1)[:, None], self.mean)
        return result


def may_be_codes(values: Array) -> bool:
    """Whether ``values`` (all rows; NaN where missing) are whole numbers, neither too few different ones nor too many."""
    known = values[np.isfinite(values)]
    if (known != np.round(known)).any():
        return False
    return FEWEST_VALUES <= len(np.unique(known)) <= len(known) / ROWS_PER_VALUE


def evidence_of_codes(values: Array, truth: NDArray[np.generic], classes: int, groups: NDArray[np.generic]) -> CodeEvidence | None:
    """On training rows. None where nothing can be measured: a target that never changes, or too few groups.

    ``values`` (rows,): NaN where missing; ``truth`` (rows,): the number of the class, or the value where ``classes`` is 0; ``groups`` (rows,): rows of
    one group are in one fold.
    """
    rows = _drawn(np.flatnonzero(np.isfinite(values)))
    values, groups = values[rows], groups[rows]
    distinct, code = np.unique(values, return_inverse=True)
    outputs, folds = _outputs(truth[rows], classes), _folds(groups)
    if outputs is None or folds is None or len(distinct) < FEWEST_VALUES:
        return None
    by_category, *by_curves = (_losses(model, code, outputs, folds) for model in (_shrunken_means, *_CURVES))
    gains = [_mean_difference(curve - by_category, groups) for curve in by_curves]
    gain, error = min(gains, key=lambda each: each[0] - _STANDARD_ERRORS * each[1])
    return CodeEvidence(len(distinct), gain, error)


def _drawn(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    if len(rows) <= _SAMPLE_ROWS:
        return rows
    return np.sort(np.random.default_rng(0).choice(rows, _SAMPLE_ROWS, replace=False))


def _outputs(truth: NDArray[np.generic], classes: int) -> Array | None:
    """(rows, outputs): of variance 1 in all, around 0; of classes one column each. None where the target is constant."""
    if not len(truth):
        return None
    wanted = truth.astype(np.float64)[:, None] if not classes else (truth[:, None] == np.arange(classes)).astype(np.float64)
    wanted = wanted - wanted.mean(axis=0)
    scale = np.abs(wanted).max()
    if not np.isfinite(scale) or scale == 0:
        return None
    wanted /= scale
    result: Array = wanted / np.sqrt((wanted**2).sum(axis=1).mean())
    return result


def _folds(groups: NDArray[np.generic]) -> NDArray[np.intp] | None:
    """(rows,): the fold of each row; None where there are too few groups."""
    members = Groups.of(groups)
    if members.count < _FOLDS:
        return None
    fold = np.random.default_rng(0).permutation(members.count) % _FOLDS
    result: NDArray[np.intp] = fold[members.member]
    return result


def _losses(model: Callable[[_PerValue], Array], code: NDArray[np.intp], outputs: Array, folds: NDArray[np.intp]) -> Array:
    """(rows,): squared error of each row, predicted from the folds that it isn't in."""
    losses = np.empty(len(code))
    for held_out in (folds == number for number in range(_FOLDS)):
        fitted = _per_value(code[~held_out], outputs[~held_out], int(code.max()) + 1)
        losses[held_out] = ((outputs[held_out] - model(fitted)[code[held_out]]) ** 2).sum(axis=1)
    return losses


def _per_value(code: NDArray[np.intp], outputs: Array, values: int) -> _PerValue:
    counts: Array = np.bincount(code, minlength=values).astype(np.float64)
    sums: Array = np.stack([np.bincount(code, weights=column, minlength=values).astype(np.float64) for column in outputs.T], axis=1)
    return _PerValue(counts, sums)


def _mean_difference(losses: Array, groups: NDArray[np.generic]) -> tuple[float, float]:
    """The mean over rows and its standard error, leaving out one group at a time."""
    members = Groups.of(groups)
    without = members.without(losses) / members.without(np.ones(len(losses)))
    variance = (members.count - 1) / members.count * float(((without - without.mean()) ** 2).sum())
    return float(losses.mean()), float(np.sqrt(variance))


def _shrunken_means(seen: _PerValue) -> Array:
    """(values, outputs): means per value, drawn towards the mean of all the more, the less they differ beyond chance (DerSimonian and Laird 1986)."""
    total, values = float(seen.counts.sum()), np.count_nonzero(seen.counts)
    spread = float((seen.counts[:, None] * (seen.means - seen.mean) ** 2).sum())
    noise = max(0.0, total - spread) / max(1.0, total - values)  # the target's variance is about 1: what is left inside of the values
    between = (spread - noise * (values - 1)) / (total - float((seen.counts**2).sum()) / total)
    if not between > 0:
        return _flat(seen)
    weight = (seen.counts * between / np.maximum(seen.counts * between + noise, _RIDGE * between))[:, None]
    result: Array = weight * seen.means + (1 - weight) * seen.mean
    return result


def _pieces(seen: _PerValue, most: int) -> int:
    return int(np.clip(np.count_nonzero(seen.counts) // _VALUES_PER_PIECE, _FEWEST_PIECES, most))


def _bent(seen: _PerValue) -> Array:
    """(values, outputs): straight lines between knots, which have as many rows between them."""
    place = np.linspace(0.0, 1.0, len(seen.counts))
    share = np.cumsum(seen.counts) / seen.counts.sum()
    knots = np.interp(np.arange(1, _pieces(seen, _MOST_KNOTS)) / _pieces(seen, _MOST_KNOTS), share, place)
    basis = np.column_stack([np.ones_like(place), place, *(np.maximum(place - knot, 0.0) for knot in knots)])
    weighted = basis.T * seen.counts
    ridge = _RIDGE * seen.counts.sum() * np.eye(basis.shape[1])
    result: Array = basis @ np.linalg.solve(weighted @ basis + ridge, basis.T @ seen.sums)
    return result


def _in_steps(seen: _PerValue) -> Array:
    """(values, outputs): a small tree."""
    from sklearn.tree import DecisionTreeRegressor  # noqa: PLC0415  takes a second

    place = np.arange(len(seen.counts), dtype=np.float64)[:, None]
    present = seen.counts > 0
    tree = DecisionTreeRegressor(max_leaf_nodes=_pieces(seen, _MOST_LEAVES), random_state=0)
    tree.fit(place[present], seen.means[present], sample_weight=seen.counts[present])
    result: Array = tree.predict(place).reshape(seen.sums.shape)
    return result


def _bent_with_steps(seen: _PerValue) -> Array:
    bent = _bent(seen)
    result: Array = bent + _in_steps(_PerValue(seen.counts, seen.sums - seen.counts[:, None] * bent))
    return result


def _flat(seen: _PerValue) -> Array:
    return np.broadcast_to(seen.mean, seen.sums.shape)


_CURVES: tuple[Callable[[_PerValue], Array], ...] = (_flat, _bent, _in_steps, _bent_with_steps)
