"""How often the gates pass models whose true quality is known."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from modelyard_api.catalogue.metrics import Metric, lower_is_better
from modelyard_jobs.evaluation.intervals import Interval, TooFew, improvement_interval
from modelyard_jobs.evaluation.metrics import Scores
from numpy.typing import NDArray

from tests.simulation.coverage import repeat
from tests.simulation.populations import Groups, Population, shifted, true_values
from tests.simulation.tables import Outcome

METRICS = (Metric.ROC_AUC, Metric.ACCURACY, Metric.F1, Metric.LOG_LOSS, Metric.RMSE, Metric.R2)
DESIGNS = (Groups(15, 30.0, 0.0, 0.1), Groups(25, 20.0, 0.5, 0.5), Groups(60, 15.0, 1.0, 0.1), Groups(300))
STANDARD_ERRORS = (
    3.0  # that a better model is better by, a worse one worse, and that the margin is wide; the rows needed are reckoned with 2.8
)
HEADER = (
    "Groups",
    "Effective",
    "Metric",
    "Equal is better",
    "Better by 3 SE is better",
    "Worse by the margin is not worse",
    "Equal is not worse",
)
RARE_CHANGES = ((100, 0.03, 0.0), (400, 0.01, 0.0), (400, 0.015, 0.005), (400, 0.03, 0.02), (1000, 0.01, 0.0), (1000, 0.006, 0.001))
_SHIFTS = np.linspace(0, 1, 12)


def passes_better_than(interval: Interval, by: float = 0.0) -> bool:
    """As the operator judges ``betterThan``."""
    return interval.low > by


def passes_not_worse_than(interval: Interval, margin: float) -> bool:
    """As the operator judges ``notWorseThan``."""
    return interval.low > -margin


def gates(draws: int, designs: Sequence[Groups] = DESIGNS, metrics: Sequence[Metric] = METRICS) -> Outcome:
    """Of betterThan and notWorseThan with a margin of three standard errors."""
    rows, failures = [], []
    for design in designs:
        for metric in metrics:
            equal = _intervals(design, metric, shifted(0), draws, (4, len(rows), 0))
            distance = STANDARD_ERRORS * float(np.sqrt(np.mean([each.standard_error**2 for each in equal])))
            better = _intervals(design, metric, population_with(metric, distance), draws, (4, len(rows), 1))
            worse = _intervals(design, metric, population_with(metric, -distance), draws, (4, len(rows), 2))
            shares = (
                _share([passes_better_than(each) for each in equal]),
                _share([passes_better_than(each) for each in better]),
                _share([passes_not_worse_than(each, distance) for each in worse]),
                _share([passes_not_worse_than(each, distance) for each in equal]),
            )
            groups = float(np.mean([each.groups for each in equal]))
            rows.append((str(design), f"{groups:.1f}", metric.value, *(f"{share:.3f}" for share in shares)))
            failures += _failures(f"{metric}, {design}", shares)
    return Outcome(
        "Gates",
        "Equal models pass `betterThan` in at most 0.05, models better by three standard errors in at least 0.80. With a margin of three standard errors, "
        "models worse by the margin pass `notWorseThan` in at most 0.05, equal ones in at least 0.80.",
        HEADER,
        rows,
        failures,
    )


def rare_disagreement(draws: int) -> Outcome:
    """Of accuracy, for models that decide alike but for few rows: a gate must not take no change seen for no change."""
    rows, failures = [], []
    for count, lost, won in RARE_CHANGES:
        margin = lost - won
        worse = _changed(count, lost, won, draws, (6, len(rows), 0))
        equal = _changed(count, (lost + won) / 2, (lost + won) / 2, draws, (6, len(rows), 1))
        shares = _share([passes_not_worse_than(each, margin) for each in worse]), _share([passes_better_than(each) for each in equal])
        rows.append((f"{count}", f"{lost:g}", f"{won:g}", f"{margin:g}", *(f"{share:.3f}" for share in shares)))
        if max(shares) > 0.05:
            failures.append(f"{count} rows, {lost:g} lost, {won:g} won: {max(shares):.3f} pass, at most 0.05 may")
    text = "Two models that decide differently on a small share of the rows. At most 0.05 pass `notWorseThan` when worse by the margin, or `betterThan` when equal."
    header = ("Rows", "Right only before", "Right only now", "Margin", "Worse by the margin is not worse", "Equal is better")
    return Outcome("Accuracy of models that rarely disagree", text, header, rows, failures)


def _changed(count: int, lost: float, won: float, draws: int, seed: Sequence[int]) -> list[Interval]:
    truth, before = np.arange(count) % 2, np.where(np.arange(count) % 10 == 0, 1 - np.arange(count) % 2, np.arange(count) % 2)
    right, wrong = float((truth == before).mean()), float((truth != before).mean())

    def draw(random: np.random.Generator) -> Interval | TooFew:
        change = random.random(count) < np.where(truth == before, lost / right, won / wrong)
        now = np.where(change, 1 - before, before)
        return improvement_interval(
            Metric.ACCURACY, _decided(truth, now, 0.2), _decided(truth, before, 0.3), np.arange(count, dtype=np.uint64)
        )

    return repeat(draw, draws, seed)


def _decided(truth: NDArray[np.int64], prediction: NDArray[np.int64], doubt: float) -> Scores:
    """``doubt`` is the chance of the other class: models that decide alike are still two models."""
    chance = np.where(prediction == 1, 1 - doubt, doubt)
    return Scores(truth, prediction, np.column_stack([1 - chance, chance]))


def _intervals(design: Groups, metric: Metric, population: Population, draws: int, seed: Sequence[int]) -> list[Interval]:
    def draw(random: np.random.Generator) -> Interval | TooFew:
        clusters = design.draw(random)
        return improvement_interval(metric, *population.draw(metric, clusters, design.shared, random), clusters)

    return repeat(draw, draws, seed)


def population_with(metric: Metric, improvement: float) -> Population:
    """In which the first model is truly better than the second by ``improvement``."""
    known = _improvements(metric)
    if abs(improvement) > known[-1]:
        raise ValueError(f"models can differ by at most {known[-1]:.3f} in {metric}, not by {improvement:.3f}: take more rows")
    return shifted(float(np.sign(improvement) * np.interp(abs(improvement), known, _SHIFTS)))


@lru_cache(maxsize=32)
def _improvements(metric: Metric) -> tuple[float, ...]:
    """For each of the shifts. Both models being alike, the opposite shift has the opposite improvement."""
    sign = -1 if lower_is_better(metric) else 1
    values = [true_values(metric, shifted(float(by))) for by in _SHIFTS]
    found = [sign * (first - second) for first, second in values]
    return (0.0, *found[1:])


def _share(passed: Sequence[bool]) -> float:
    return float(np.mean(passed))


def _failures(name: str, shares: tuple[float, float, float, float]) -> list[str]:
    limits = (
        ("equal models pass betterThan", shares[0], 0.05, True),
        ("models better by 3 SE pass betterThan", shares[1], 0.8, False),
        ("models worse by the margin pass notWorseThan", shares[2], 0.05, True),
        ("equal models pass notWorseThan", shares[3], 0.8, False),
    )
    return [
        f"gate, {name}: {what} in {share:.3f}, {'at most' if most else 'at least'} {limit} is required"
        for what, share, limit, most in limits
        if (share > limit if most else share < limit)
    ]
