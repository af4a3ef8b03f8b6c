"""Intervals of single metrics and of differences, grouped and not."""

from collections.abc import Mapping, Sequence
from itertools import count, product

import numpy as np
from modelyard_api.catalogue.metrics import Metric, lower_is_better
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
RARE = (((90, 10), (0.6, 0.75, 0.9, 0.97)), ((390, 10), (0.6, 0.75, 0.9, 0.97)), ((20, 10), (0.75, 0.95)), ((270, 30), (0.75, 0.97)))
OF_CLASSES = (Metric.ROC_AUC, Metric.BALANCED_ACCURACY, Metric.RECALL, Metric.AVERAGE_PRECISION)


def single_metrics(draws: int, designs: Sequence[Groups] = DESIGNS, metrics: Sequence[Metric] = METRICS) -> Outcome:
    """Of a model, on rows in groups."""
    population, found = Population(signal=1.5), {}
    for design, metric in product(designs, metrics):

        def interval(random: np.random.Generator, design: Groups = design, metric: Metric = metric) -> Interval | TooFew:
            clusters = design.draw(random)
            return metric_interval(metric, population.draw(metric, clusters, design.shared, random)[0], clusters)

        found[design, metric] = coverage(repeat(interval, draws, (1, len(found))), true_values(metric, population)[0])
    failures = [
        failure
        for (design, metric), each in found.items()
        for failure in each.failures(f"{metric}, {design}", 0.93 if design.shared <= 0.1 else 0.86, WIDEST)
    ]
    text = "At least 0.93 hold the truth at a correlation of 0.1 and 0.86 at 0.5; at most 1.3 times as wide as the true middle 95 %."
    return Outcome("A metric, rows in groups", text, _header(metrics), _rows(found, designs, metrics), failures)


def differences(draws: int, designs: Sequence[Groups] = DESIGNS, metrics: Sequence[Metric] = METRICS) -> Outcome:
    """Of two models on the same rows, of which the first is a little better."""
    population, found = Population(first=0.7, second=0.5), {}
    for design, metric in product(designs, metrics):

        def interval(random: np.random.Generator, design: Groups = design, metric: Metric = metric) -> Interval | TooFew:
            clusters = design.draw(random)
            return improvement_interval(metric, *population.draw(metric, clusters, design.shared, random), clusters)

        first, second = true_values(metric, population)
        truth = second - first if lower_is_better(metric) else first - second
        found[design, metric] = coverage(repeat(interval, draws, (2, len(found))), truth)
    failures = [
        failure for (design, metric), each in found.items() for failure in each.failures(f"difference, {metric}, {design}", 0.92, WIDEST)
    ]
    text = "At least 0.92 hold the truth, at most 1.3 times as wide as the true middle 95 %."
    return Outcome("A difference of two models, rows in groups", text, _header(metrics), _rows(found, designs, metrics), failures)


def rare_classes(draws: int, cases: Sequence[tuple[Counts, Sequence[float]]] = RARE) -> Outcome:
    """Of a model, on single rows, from ten of the rarer class."""
    rows, failures, seed = [], [], count()
    for counts, area in ((counts, area) for counts, areas in cases for area in areas):
        cells, many = [f"{counts[1]} of {sum(counts)}"], ranked(area, (counts[0] * 5000, counts[1] * 5000), np.random.default_rng(0))
        for metric in OF_CLASSES:

            def interval(
                random: np.random.Generator, counts: Counts = counts, area: float = area, metric: Metric = metric
            ) -> Interval | TooFew:
                return metric_interval(metric, ranked(area, counts, random), np.arange(sum(counts), dtype=np.uint64))

            truth = measure(metric, many)
            found = coverage(repeat(interval, draws, (3, next(seed))), truth)
            cells.append(f"{truth:.2f}: {found}")
            failures += found.failures(f"{metric} {truth:.3f}, {cells[0]} rows", 0.93, np.inf)
        rows.append(cells)
    text = (
        "The true value, the share that holds it (at least 0.93) and the width. Near 1 few rows can't tell a good model from a perfect one."
    )
    return Outcome("A metric, single rows, few of the rarer class", text, ("Rarer class", *OF_CLASSES), rows, failures)


def _header(metrics: Sequence[Metric]) -> tuple[str, ...]:
    return ("Groups", "Effective", *metrics)


def _rows(found: Mapping[tuple[Groups, Metric], Coverage], designs: Sequence[Groups], metrics: Sequence[Metric]) -> list[tuple[str, ...]]:
    """One per design, the share that holds the truth and the width for each metric."""
    effective = {design: np.mean([found[design, metric].groups for metric in metrics]) for design in designs}
    return [(str(design), f"{effective[design]:.0f}", *(str(found[design, metric]) for metric in metrics)) for design in designs]
