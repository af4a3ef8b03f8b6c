"""Intervals of single metrics and of differences, grouped and not."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from modelyard_api.metrics import LOWER_IS_BETTER, Metric
from modelyard_jobs.evaluation.intervals import Interval, TooFew, improvement_interval, metric_interval
from modelyard_jobs.evaluation.metrics import measure

from tests.simulation.coverage import Coverage, coverage, repeat
from tests.simulation.populations import Groups, Population, ranked, true_values
from tests.simulation.tables import Outcome

Counts = tuple[int, int]
METRICS = (
    Metric.ROC_AUC,
    Metric.AVERAGE_PRECISION,
    Metric.ACCURACY,
    Metric.BALANCED_ACCURACY,
    Metric.F1,
    Metric.LOG_LOSS,
    Metric.BRIER,
    Metric.RMSE,
    Metric.MAE,
    Metric.R2,
)
DESIGNS = tuple(
    Groups(*design, shared) for shared in (0.1, 0.5) for design in ((12, 30.0, 0.3), (20, 30.0, 0.7), (40, 15.0, 1.0), (80, 10.0, 0.8))
)
WIDEST = 1.3
HEADER = ("Groups", "Effective", "Metric", "True", "Hold the truth", "Width")
RARE = (((90, 10), (0.6, 0.75, 0.9, 0.97)), ((390, 10), (0.6, 0.75, 0.9, 0.97)), ((20, 10), (0.75, 0.95)), ((270, 30), (0.75, 0.97)))
OF_CLASSES = (Metric.ROC_AUC, Metric.BALANCED_ACCURACY, Metric.RECALL, Metric.AVERAGE_PRECISION)


def single_metrics(draws: int, designs: Sequence[Groups] = DESIGNS, metrics: Sequence[Metric] = METRICS) -> Outcome:
    """Of a model, on rows in groups."""
    rows, failures, population = [], [], Population(signal=1.5)
    for design, metric in product(designs, metrics):

        def interval(random: np.random.Generator, design: Groups = design, metric: Metric = metric) -> Interval | TooFew:
            clusters = design.draw(random)
            return metric_interval(metric, population.draw(metric, clusters, design.shared, random)[0], clusters)

        truth = true_values(metric, population)[0]
        found = coverage(repeat(interval, draws, (1, len(rows))), truth)
        rows.append(_row(design, metric, truth, found))
        failures += found.failures(f"{metric}, {design}", 0.93 if design.shared <= 0.1 else 0.86, WIDEST)
    text = "At least 0.93 hold the truth at a correlation of 0.1 and 0.86 at 0.5; at most 1.3 times as wide as the true middle 95 %."
    return Outcome("A metric, rows in groups", text, HEADER, rows, failures)


def differences(draws: int, designs: Sequence[Groups] = DESIGNS, metrics: Sequence[Metric] = METRICS) -> Outcome:
    """Of two models on the same rows, of which the first is a little better."""
    rows, failures, population = [], [], Population(first=0.7, second=0.5)
    for design, metric in product(designs, metrics):

        def interval(random: np.random.Generator, design: Groups = design, metric: Metric = metric) -> Interval | TooFew:
            clusters = design.draw(random)
            return improvement_interval(metric, *population.draw(metric, clusters, design.shared, random), clusters)

        first, second = true_values(metric, population)
        truth = second - first if metric in LOWER_IS_BETTER else first - second
        found = coverage(repeat(interval, draws, (2, len(rows))), truth)
        rows.append(_row(design, metric, truth, found))
        failures += found.failures(f"difference, {metric}, {design}", 0.92, WIDEST)
    text = "At least 0.92 hold the truth, at most 1.3 times as wide as the true middle 95 %."
    return Outcome("A difference of two models, rows in groups", text, HEADER, rows, failures)


def rare_classes(draws: int, cases: Sequence[tuple[Counts, Sequence[float]]] = RARE) -> Outcome:
    """Of a model, on single rows, from ten of the rarer class."""
    rows, failures = [], []
    for counts, area in ((counts, area) for counts, areas in cases for area in areas):
        many = ranked(area, (counts[0] * 5000, counts[1] * 5000), np.random.default_rng(0))
        for metric in OF_CLASSES:

            def interval(
                random: np.random.Generator, counts: Counts = counts, area: float = area, metric: Metric = metric
            ) -> Interval | TooFew:
                return metric_interval(metric, ranked(area, counts, random), np.arange(sum(counts), dtype=np.uint64))

            truth, name = measure(metric, many), f"{counts[1]} of {sum(counts)} rows"
            found = coverage(repeat(interval, draws, (3, len(rows))), truth)
            rows.append((name, metric.value, f"{truth:.3f}", f"{found.held:.3f}", f"{found.width:.2f}"))
            failures += found.failures(f"{metric} {truth:.3f}, {name}", 0.93, np.inf)
    text = "At least 0.93 hold the truth. Near 1 the intervals are wide: few rows can't tell a good model from a perfect one."
    header = ("Rarer class", "Metric", "True", "Hold the truth", "Width")
    return Outcome("A metric, single rows, few of the rarer class", text, header, rows, failures)


def _row(design: Groups, metric: Metric, truth: float, found: Coverage) -> tuple[str, ...]:
    return str(design), f"{found.groups:.1f}", metric.value, f"{truth:.3f}", f"{found.held:.3f}", f"{found.width:.2f}"
