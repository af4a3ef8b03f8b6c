"""Chains of models, each a little worse than the champion: ``notWorseThan`` against champion and anchor must not let quality walk down."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from modelyard_api.catalogue.metrics import Metric
from modelyard_jobs.evaluation.intervals import Interval, improvement_interval
from modelyard_jobs.evaluation.metrics import Scores
from scipy.special import ndtri

from tests.simulation.coverage import repeat
from tests.simulation.gates import passes_not_worse_than
from tests.simulation.populations import Clusters, Groups, together
from tests.simulation.tables import Outcome

LENGTH = 20
STEP = 0.5  # of the margin: how much worse than the champion of that moment each candidate is
DESIGN = Groups(20, 20.0, 0.0, 0.1)
MARGINS = (1.5, 2.8, 5.0)  # in standard errors
HEADER = ("Metric", "Margin in SE", "Accepted of 20", "End at start - margin", "End below start - margin")
_ACCURACY, _ALIKE = 0.85, 0.8  # at the start; correlation of the errors of two models


@dataclass(frozen=True)
class _Rows:
    """What all models share on one test split."""

    clusters: Clusters
    difficulty: np.ndarray
    truth: np.ndarray

    @classmethod
    def draw(cls, random: np.random.Generator) -> "_Rows":
        clusters = DESIGN.draw(random)
        return cls(clusters, together(clusters, DESIGN.shared, random), random.integers(0, 2, len(clusters)))

    def scores(self, metric: Metric, loss: float, random: np.random.Generator) -> Scores:
        """Of a model whose true metric is worse than at the start by ``loss``."""
        error = np.sqrt(_ALIKE) * self.difficulty + np.sqrt(1 - _ALIKE) * random.normal(size=len(self.truth))
        if metric is Metric.RMSE:
            return Scores(np.zeros(len(error)), error * (1 + loss), None)
        prediction = np.where(error < ndtri(_ACCURACY - loss), self.truth, 1 - self.truth)
        chance = 0.2 + 0.6 * prediction
        return Scores(self.truth, prediction, np.column_stack([1 - chance, chance]))


def chains(draws: int, metrics: Sequence[Metric] = (Metric.ACCURACY, Metric.RMSE), margins: Sequence[float] = MARGINS) -> Outcome:
    """With fresh rows for every candidate."""
    rows, failures = [], []
    for metric in metrics:
        error = _standard_error(metric)
        for in_errors in margins:
            random = np.random.default_rng([5, len(rows)])
            ends = Counter(_chain(metric, in_errors * error, random) for _ in range(draws))
            below = sum(count for steps, count in ends.items() if steps * STEP > 1) / draws
            mean = sum(steps * count for steps, count in ends.items()) / draws
            rows.append((metric.value, f"{in_errors:g}", f"{mean:.2f}", f"{ends[round(1 / STEP)] / draws:.3f}", f"{below:.3f}"))
            if below > 0.05:
                failures.append(f"chains, {metric}, margin of {in_errors} SE: {below:.3f} end below start - margin, at most 0.05 may")
    return Outcome(
        "Chains of 20 candidates, each half a margin worse than the champion of that moment",
        "Each is judged against the champion and the anchor, the model at the start. At most 0.05 of the chains end below start - margin.",
        HEADER,
        rows,
        failures,
    )


def _chain(metric: Metric, margin: float, random: np.random.Generator) -> int:
    """How many steps down the last champion is."""
    champion = 0
    for _ in range(LENGTH):
        part = _Rows.draw(random)
        candidate = part.scores(metric, (champion + 1) * STEP * margin, random)
        opponents = {champion, 0}  # the anchor is the model at the start
        if all(_passes(metric, margin, part, candidate, part.scores(metric, steps * STEP * margin, random)) for steps in opponents):
            champion += 1
    return champion


def _passes(metric: Metric, margin: float, part: _Rows, candidate: Scores, opponent: Scores) -> bool:
    interval = improvement_interval(metric, candidate, opponent, part.clusters)
    return isinstance(interval, Interval) and passes_not_worse_than(interval, margin)


def _standard_error(metric: Metric) -> float:
    """Of the difference of two models as at the start."""

    def draw(random: np.random.Generator) -> object:
        part = _Rows.draw(random)
        return improvement_interval(metric, part.scores(metric, 0, random), part.scores(metric, 0, random), part.clusters)

    return float(np.std([each.value for each in repeat(draw, 1000, (5,))]))  # type: ignore[arg-type]
