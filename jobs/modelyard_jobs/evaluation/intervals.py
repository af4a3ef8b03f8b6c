"""95 % intervals by leaving out one group at a time, because rows of one group (a day's weather) err together. The same rows give the same interval.

Jackknife after Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 11. Few groups, or few rows of a class, know their own spread
badly: the t distribution gets degrees of freedom after Satterthwaite (1946), in which a group counts by what its rows contribute to the variance.
``docs/statistics.md`` has the formulas and how often the intervals were seen to hold the truth.
"""

import math
from dataclasses import dataclass

import numpy as np
from modelyard_api.catalogue.metrics import METRICS, Metric, Need, lower_is_better
from modelyard_api.verdicts import VerdictReason
from numpy.typing import NDArray
from scipy.special import stdtrit

from modelyard_jobs.evaluation.jackknife import Groups, without_each_group
from modelyard_jobs.evaluation.metrics import Array, Scores, measure
from modelyard_jobs.evaluation.sampling_models import SamplingModel, bounded_model, effect_of_one_answer, loss_variance

FEWEST_ROWS = 30
FEWEST_GROUPS = 10  # effective number (see intervals): below this the t quantile makes an interval that decides nothing
FEWEST_OF_CLASS = 10  # of every class, for class metrics
_HALVINGS = 50
_MODEL_FREEDOM = 10  # degrees of freedom that the variance which a model's own probabilities expect counts for
_ROUNDING = 1e-12  # of a value: changes below it are none


def more_rows(have: int, need: int, share: float) -> int:
    """About how many more rows the data need so that a part holding ``share`` of them has ``need`` instead of ``have``."""
    return max(0, math.ceil((need - have) / share))


@dataclass(frozen=True)
class Interval:
    """A measured value with its 95 % interval."""

    value: float
    low: float
    high: float
    standard_error: float
    groups: float  # effective number of groups, (sum of n)² / sum of n²; of rows where each is alone


@dataclass(frozen=True)
class TooFew:
    """Why there is no interval."""

    reason: VerdictReason
    value: float | None  # what was measured nevertheless
    of_class: int | None  # number of the class of which there are too few rows or groups
    have: int
    need: int


@dataclass(frozen=True)
class _Spread:
    """How far chance moves a value."""

    variance: float
    freedom: float  # degrees of freedom that the variance is known with

    @property
    def t(self) -> float:
        return float(stdtrit(self.freedom, 0.975))


def metric_interval(metric: Metric, scores: Scores, clusters: NDArray[np.uint64]) -> Interval | TooFew:
    """The metric's own interval. ``clusters`` (rows,) names each row's group."""
    groups, value = Groups.of(clusters), _settled(metric, measure(metric, scores))
    if problem := _too_few(metric, scores, groups, value):
        return problem
    spread, model = _spread(metric, scores, None, groups), bounded_model(metric, scores)
    if not np.isfinite(spread.variance):
        return _one_group(value)
    if model is not None and (spread.variance or not _certain(metric, scores)):
        return _bounded(value, spread, model, groups)
    expected = (spread.freedom * spread.variance + _MODEL_FREEDOM * loss_variance(metric, scores)) / (spread.freedom + _MODEL_FREEDOM)
    error = float(np.sqrt(max(spread.variance, expected)))
    low, high = _beyond(metric, value, spread.t * error)
    return Interval(value, low, high, error, groups.effective)


def improvement_interval(metric: Metric, scores: Scores, opponent: Scores, clusters: NDArray[np.uint64]) -> Interval | TooFew:
    """How much better ``scores`` are than ``opponent`` on the same rows, paired; positive is better, whichever way the metric goes."""
    groups = Groups.of(clusters)
    value = (measure(metric, scores) - measure(metric, opponent)) * (-1.0 if lower_is_better(metric) else 1.0)
    if problem := _too_few(metric, scores, groups, value):
        return problem
    if _same(metric, scores, opponent):
        return Interval(0.0, 0.0, 0.0, 0.0, groups.effective)
    spread = _spread(metric, scores, opponent, groups)
    if not np.isfinite(spread.variance):
        return _one_group(value)
    error = float(np.sqrt(spread.variance + 2 * effect_of_one_answer(metric, scores) ** 2))
    reach = spread.t * error or _width_alone(metric, scores, clusters)
    return Interval(value, value - reach, value + reach, error, groups.effective)


def standard_error(metric: Metric, scores: Scores, clusters: NDArray[np.generic]) -> float | None:
    """Of the metric, however few the rows; None where it can't be measured."""
    groups = Groups.of(clusters)
    if groups.count < 2:
        return None
    spread = _spread(metric, scores, None, groups)
    return float(np.sqrt(spread.variance)) if np.isfinite(spread.variance) else None


def difference_error(metric: Metric, scores: Scores, opponent: Scores, clusters: NDArray[np.generic]) -> tuple[float, float] | None:
    """Standard error of the paired difference, however few the rows, and the degrees of freedom it is known with; None where it can't be measured."""
    groups = Groups.of(clusters)
    if groups.count < 2:
        return None
    spread = _spread(metric, scores, opponent, groups)
    return (float(np.sqrt(spread.variance)), spread.freedom) if np.isfinite(spread.variance) else None


def _too_few(metric: Metric, scores: Scores, groups: Groups, value: float) -> TooFew | None:
    measured = value if np.isfinite(value) else None
    rows, smallest, apart = len(scores.truth), _rarest(scores, None), _rarest(scores, groups)
    if rows < FEWEST_ROWS:
        return TooFew(VerdictReason.TOO_FEW_ROWS, measured, None, rows, FEWEST_ROWS)
    if Need.EVERY_CLASS in METRICS[metric].needs and smallest[1] < FEWEST_OF_CLASS:
        return TooFew(VerdictReason.TOO_FEW_OF_CLASS, measured, *smallest, FEWEST_OF_CLASS)
    if measured is None:
        return TooFew(VerdictReason.UNDEFINED, None, None, rows, rows)
    if groups.effective < FEWEST_GROUPS:
        return TooFew(VerdictReason.TOO_FEW_GROUPS, measured, None, int(groups.effective), FEWEST_GROUPS)
    if Need.EVERY_CLASS in METRICS[metric].needs and apart[1] < 2:
        return TooFew(VerdictReason.TOO_FEW_GROUPS, measured, *apart, FEWEST_GROUPS)
    return None


def _one_group(value: float) -> TooFew:
    """Without one of the groups the metric is undefined, as r2 where the truth is constant in all others."""
    return TooFew(VerdictReason.TOO_FEW_GROUPS, value, None, 1, FEWEST_GROUPS)


def _rarest(scores: Scores, groups: Groups | None) -> tuple[int, int]:
    """The class with the fewest rows, or in the fewest groups, and how many."""
    if scores.probabilities is None:
        return 0, 0
    counts = np.zeros(scores.probabilities.shape[1], dtype=np.int64)
    for code in range(len(counts)):
        inside = scores.truth == code
        counts[code] = inside.sum() if groups is None else len(np.unique(groups.member[inside]))
    return int(counts.argmin()), int(counts.min())


def _spread(metric: Metric, scores: Scores, opponent: Scores | None, groups: Groups) -> _Spread:
    """Of the metric, or of the difference to the opponent's.

    A difference is taken around the mean of what is left without each group, and has twice the degrees of freedom: as careful as for a metric, its
    intervals held the truth more often than they say, and with 15 groups a gate missed too many models that are better by three standard errors.
    """
    alone = _changes(metric, scores, opponent, Groups.of_single_rows(len(scores.truth)))
    together = alone if groups.single_rows else _changes(metric, scores, opponent, groups)
    center = 0.0 if opponent is None else together.mean()
    variance = (groups.count - 1) / groups.count * float(((together - center) ** 2).sum())
    freedom = max(1.0, _effective_groups(metric, scores, alone, groups) - 1)
    return _Spread(variance, freedom if opponent is None else 2 * freedom)


def _changes(metric: Metric, scores: Scores, opponent: Scores | None, groups: Groups) -> Array:
    """(groups,): by how much the value changes without each."""
    value = measure(metric, scores)
    result = without_each_group(metric, scores, groups) - value
    if opponent is not None:
        value = max(value, measure(metric, opponent), key=abs)
        result -= without_each_group(metric, opponent, groups) - measure(metric, opponent)
    return np.where(np.abs(result) <= _ROUNDING * abs(value), 0.0, result)


def _effective_groups(metric: Metric, scores: Scores, alone: Array, groups: Groups) -> float:
    """(Σv)² / Σv², where v is what a group's rows contribute to the variance on average over the rows of their class."""
    kind = scores.truth.astype(np.intp) if METRICS[metric].of_classes else np.zeros(len(alone), dtype=np.intp)
    each = np.bincount(kind, weights=alone**2) / np.maximum(np.bincount(kind), 1)
    contribution = groups.total(each[kind])
    largest = contribution.max()
    return float((contribution / largest).sum() ** 2 / ((contribution / largest) ** 2).sum()) if largest > 0 else groups.effective


def _bounded(value: float, spread: _Spread, model: SamplingModel, groups: Groups) -> Interval:
    """Score interval of a metric between 0 and 1: all values from which the measured one is at most t standard errors away (Wilson 1927).

    At another value the variance is as many times the model's as at the measured one.
    """
    together = len(groups.member) / groups.effective  # where no error was seen in any group, each counts as one row
    floor = model.variance(value) * (1.0 if spread.variance else together)
    variance = max(spread.variance, floor)
    inside = 0 < value < 1
    t = _Spread(variance, spread.freedom * (1 + floor / variance) if model.smooth and inside else spread.freedom).t
    factor = t**2 * (variance / model.variance(value) if inside else together)
    low, high = (_end(value, end, factor, model) for end in (0.0, 1.0))
    return Interval(value, low, high, float(np.sqrt(variance)) if inside else (high - low) / (2 * t), groups.effective)


def _end(value: float, end: float, factor: float, model: SamplingModel) -> float:
    """The last value towards ``end`` that satisfies the score equation, by halving."""
    inside, outside = value, end
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if (value - middle) ** 2 <= factor * model.variance(middle):
            inside = middle
        else:
            outside = middle
    return inside


def _beyond(metric: Metric, value: float, reach: float) -> tuple[float, float]:
    """On a logarithmic scale, which can't pass an end: of the loss, or for r2 of the share that isn't explained."""
    least, most = METRICS[metric].bounds
    if least is None and most is None:
        return value - reach, value + reach
    if least is None and most is not None:
        low, high = _above_zero(most - value, reach)
        return most - high, most - low
    return _above_zero(value, reach)


def _above_zero(value: float, reach: float) -> tuple[float, float]:
    if value <= 0 or not reach:
        return value, value
    with np.errstate(over="ignore"):
        factor = float(np.exp(reach / value))
    return value / factor, value * factor


def _certain(metric: Metric, scores: Scores) -> bool:
    """Whether the value can't be another on other rows: a model that always predicts the same ranks at random and recalls all of a class or none."""
    probabilities = scores.probabilities
    return Need.EVERY_CLASS in METRICS[metric].needs and probabilities is not None and bool((probabilities == probabilities[:1]).all())


def _same(metric: Metric, scores: Scores, opponent: Scores) -> bool:
    """Whether both models are the same as far as the metric looks at them."""
    if scores.probabilities is None or opponent.probabilities is None:
        return np.array_equal(scores.prediction, opponent.prediction)
    if Need.RANKING in METRICS[metric].needs:
        return all(np.array_equal(_ranks(a), _ranks(b)) for a, b in zip(scores.probabilities.T, opponent.probabilities.T, strict=True))
    return np.array_equal(scores.probabilities, opponent.probabilities) and np.array_equal(scores.prediction, opponent.prediction)


def _ranks(values: Array) -> NDArray[np.intp]:
    return np.unique(values, return_inverse=True)[1]


def _width_alone(metric: Metric, scores: Scores, clusters: NDArray[np.uint64]) -> float:
    """Both models have the same value with no variance, as where both rank perfectly: as far apart as the interval of one is wide."""
    alone = metric_interval(metric, scores, clusters)
    return alone.high - alone.low if isinstance(alone, Interval) else 0.0


def _settled(metric: Metric, value: float) -> float:
    """Without the rounding of sums that should be 1."""
    return 1.0 if METRICS[metric].bounds == (0.0, 1.0) and abs(value - 1) < _ROUNDING else value
