"""The metric on what was predicted and what then happened, with a 95 % interval.

The interval leaves out whole hours of the log when there are enough of them: requests of one hour share their circumstances, and row by row the
interval of the flights data is six times too narrow.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from modelyard_api.catalogue.metrics import METRICS, Metric
from modelyard_api.conditions import Reason
from modelyard_api.model_deployment import Performance
from modelyard_api.pod_contract import GroupUnit, QualityEstimate
from modelyard_api.rendering import sentence
from modelyard_api.request_log import OUTCOME, PREDICTION, PROBABILITY_PREFIX, TIME
from modelyard_api.timestamps import SECOND
from numpy.typing import NDArray

from modelyard_jobs.evaluation.intervals import FEWEST_GROUPS, TooFew, metric_interval
from modelyard_jobs.evaluation.jackknife import Groups
from modelyard_jobs.evaluation.metrics import Scores
from modelyard_jobs.monitoring.checks.check import Context
from modelyard_jobs.monitoring.state import CheckResult

MINIMUM_LABELS = 100
MAXIMUM_LABELS = 20_000  # of more an even sample is drawn: the interval is narrow by then
_SEED = 0
_TRUTH_WORDS = {"true": "1.0", "false": "0.0"}


@dataclass(frozen=True)
class Realized:
    """The estimate, or in words why there is none (empty: simply too few labels so far)."""

    estimate: QualityEstimate | None
    problem: str = ""


class RealizedQuality:
    """Active when the whole interval lies beyond the limit of spec.monitoring.performance."""

    def run(self, context: Context) -> CheckResult | None:
        """Speaks when there are new outcomes, or new predictions that they may be about."""
        performance = context.settings.performance
        if context.outcomes is None or performance is None:
            return None
        found = realized_quality(context.outcomes, performance) if context.outcomes.height else Realized(None)
        if found.estimate is None:
            few = f"Too few true outcomes were sent to /feedback to compute {performance.metric}."
            return CheckResult(because=Reason.NOT_ENOUGH_LABELS, message=sentence(found.problem) if found.problem else few)
        problem = f" {sentence(found.problem)}" if found.problem else ""
        message = f"{_measured(found.estimate)}; {_limit(performance)}.{problem}"
        return CheckResult(active=found.estimate.degraded, subject=performance.metric, message=message, realized=found.estimate)


def _measured(realized: QualityEstimate) -> str:
    interval = f"95 % interval {realized.low:.4g} to {realized.high:.4g}{_groups(realized)}"
    return f"Realised {realized.metric} is {realized.value:.4g} ({interval}) on {realized.rows} rows"


def _groups(realized: QualityEstimate) -> str:
    """What the interval was made from, where that isn't the rows themselves."""
    if realized.groups is None or realized.group_unit in {None, GroupUnit.ROW}:
        return ""
    return f" over {realized.groups:,} {str(realized.group_unit).lower()}{'s' if realized.groups != 1 else ''}"


def _limit(performance: Performance) -> str:
    if performance.at_least is not None:
        return f"degraded when the interval lies below {performance.at_least:g}"
    return f"degraded when the interval lies above {performance.at_most:g}"


def realized_quality(labelled: pl.DataFrame, performance: Performance) -> Realized:
    """``labelled``: predictions with their outcome and time."""
    classes = [name.removeprefix(PROBABILITY_PREFIX) for name in labelled.columns if name.startswith(PROBABILITY_PREFIX)]
    if problem := _unfit(performance.metric, labelled.columns, classes):
        return Realized(None, problem)
    usable, truth = _truth(labelled, classes)
    problem = ""
    if len(truth) < labelled.height:
        problem = f"{labelled.height - len(truth)} of {labelled.height} outcomes are no {'class of the model' if classes else 'number'}"
    if len(truth) < MINIMUM_LABELS:
        return Realized(None, problem)
    if len(truth) > MAXIMUM_LABELS:
        chosen = np.sort(np.random.default_rng(_SEED).choice(len(truth), MAXIMUM_LABELS, replace=False))
        usable, truth = usable[chosen], truth[chosen]
    return Realized(_estimate(usable, Scores(truth, *_predictions_of(usable, classes)), performance), problem)


def _unfit(metric: Metric, columns: list[str], classes: list[str]) -> str:
    if PREDICTION not in columns:
        return f"the request log has no column {PREDICTION}"
    if METRICS[metric].of_classes != bool(classes):
        return f"monitoring.performance.metric {metric} does not fit: the model predicts {'classes' if classes else 'numbers'}"
    if METRICS[metric].binary_only and len(classes) != 2:
        return f"monitoring.performance.metric {metric} needs two classes, the model has {len(classes)}"
    return ""


def _estimate(usable: pl.DataFrame, scores: Scores, performance: Performance) -> QualityEstimate | None:
    clusters, unit = _clusters(usable)
    interval = metric_interval(performance.metric, scores, clusters)
    if isinstance(interval, TooFew):
        return None
    below = performance.at_least is not None and interval.high < performance.at_least
    above = performance.at_most is not None and interval.low > performance.at_most
    value, low, high = (float(f"{each:.6g}") for each in (interval.value, interval.low, interval.high))
    return QualityEstimate(
        metric=performance.metric,
        value=value,
        low=low,
        high=high,
        rows=usable.height,
        degraded=below or above,
        groups=len(np.unique(clusters)),
        group_unit=unit,
    )


def _clusters(usable: pl.DataFrame) -> tuple[NDArray[np.uint64], GroupUnit]:
    """Hours, where they are enough for an interval; else rows."""
    hours = (usable[TIME].to_numpy() // (3600 * SECOND)).astype(np.uint64)
    if Groups.of(hours).effective >= FEWEST_GROUPS:
        return hours, GroupUnit.HOUR
    return np.arange(usable.height, dtype=np.uint64), GroupUnit.ROW


def _truth(labelled: pl.DataFrame, classes: list[str]) -> tuple[pl.DataFrame, NDArray[np.float64] | NDArray[np.int64]]:
    """The rows whose outcome can be understood, and it: numbers, or indexes into ``classes``."""
    if classes:
        codes = _codes(labelled[OUTCOME].to_list(), classes)
        return labelled.filter(codes >= 0), codes[codes >= 0]
    numbers = labelled[OUTCOME].cast(pl.Float64, strict=False)
    known = numbers.is_finite().fill_null(value=False)
    return labelled.filter(known), numbers.filter(known).to_numpy()


def _predictions_of(usable: pl.DataFrame, classes: list[str]) -> tuple[NDArray[np.float64] | NDArray[np.int64], NDArray[np.float64] | None]:
    if not classes:
        return usable[PREDICTION].cast(pl.Float64).to_numpy(), None
    probabilities = usable.select(pl.col(f"{PROBABILITY_PREFIX}{name}").cast(pl.Float64) for name in classes).to_numpy()
    return _codes(usable[PREDICTION].cast(pl.String).to_list(), classes), probabilities


def _codes(texts: list[str], classes: list[str]) -> NDArray[np.int64]:
    """Index of the class, -1: none. ``1``, ``1.0`` and ``true`` are the same answer unless the model tells them apart."""
    exact = {name: index for index, name in enumerate(classes)}
    alike = {_plain(name): index for index, name in enumerate(classes)}
    spoken = alike if len(alike) == len(classes) else {}
    return np.array([exact.get(text, spoken.get(_plain(text), -1)) for text in texts], dtype=np.int64)


def _plain(text: str) -> str:
    word = text.strip().casefold()
    try:
        return str(float(word))
    except ValueError:
        return _TRUTH_WORDS.get(word, word)
