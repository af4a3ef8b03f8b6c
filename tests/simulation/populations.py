"""Models and rows whose true quality is known: the rows of a group share a part of everything that is drawn for them.

A number behind each row is x + a + b + noise, all of them normal. The target is that number, or whether it exceeds a limit. Every model sees x; the first one
sees a as well, the second one b. So both are equally good when a and b vary equally, and the first is better when a varies more.
The shares of a, b and noise that a group has in common make its rows err together; they change no true value.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from modelyard_api.catalogue.metrics import Metric, metrics_of
from modelyard_api.catalogue.tasks import Task
from modelyard_jobs.evaluation.metrics import Scores, measure
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Clusters = NDArray[np.uint64]
_LARGE = 1_000_000


@dataclass(frozen=True)
class Groups:
    """How rows come in groups of lognormal sizes; ``single`` rows do not."""

    count: int
    rows: float = 1.0  # mean number in a group
    spread: float = 0.0  # standard deviation of the logarithm of the size
    shared: float = 0.0  # intraclass correlation

    @property
    def single(self) -> bool:
        return self.rows == 1 and not self.spread

    def __str__(self) -> str:
        if self.single:
            return f"{self.count} rows"
        sizes = f"lognormal ({self.spread:g})" if self.spread else "equal"
        return f"{self.count} groups of {self.rows:g} rows, {sizes}, correlation {self.shared:g}"

    def draw(self, random: np.random.Generator) -> Clusters:
        sizes = np.maximum(1, np.round(self.rows * np.exp(self.spread * random.normal(size=self.count) - self.spread**2 / 2)))
        return np.repeat(np.arange(self.count, dtype=np.uint64), sizes.astype(np.int64))


@dataclass(frozen=True)
class Population:
    """What is drawn for each row."""

    signal: float = 1.0  # standard deviation of x
    first: float = 0.6  # of a
    second: float = 0.6  # of b
    limit: float = 0.5  # what exceeds it is of the second class

    def draw(self, metric: Metric, clusters: Clusters, shared: float, random: np.random.Generator) -> tuple[Scores, Scores]:
        """Both models on the same rows."""
        x, (a, b, noise) = random.normal(size=len(clusters)), (together(clusters, shared, random) for _ in range(3))
        target = self.signal * x + self.first * a + self.second * b + noise
        seen = (self.signal * x + self.first * a, self.signal * x + self.second * b)
        if metric in metrics_of(Task.REGRESSION):
            return Scores(target, seen[0], None), Scores(target, seen[1], None)
        truth, unseen = (target > self.limit).astype(np.int64), (self.second, self.first)
        return tuple(_answer(truth, (value - self.limit) / np.hypot(1, hidden)) for value, hidden in zip(seen, unseen, strict=True))  # type: ignore[return-value]


def together(clusters: Clusters, shared: float, random: np.random.Generator) -> NDArray[np.float64]:
    """(rows,): standard normal, with the correlation ``shared`` within a group."""
    alone = random.normal(size=len(clusters))
    if not shared:
        return alone
    return np.sqrt(shared) * random.normal(size=int(clusters.max()) + 1)[clusters.astype(np.intp)] + np.sqrt(1 - shared) * alone


def _answer(truth: NDArray[np.int64], quantile: NDArray[np.float64]) -> Scores:
    chance = ndtr(quantile)
    return Scores(truth, (chance > 0.5).astype(np.int64), np.column_stack([1 - chance, chance]))


@lru_cache(maxsize=64)
def true_values(metric: Metric, population: Population) -> tuple[float, float]:
    """Of both models, from a million independent rows."""
    both = population.draw(metric, np.arange(_LARGE, dtype=np.uint64), 0.0, np.random.default_rng(0))
    return measure(metric, both[0]), measure(metric, both[1])


def shifted(by: float) -> Population:
    """What one model sees more (``by`` between -1 and 1) the other sees less, so that the target stays as hard as it is."""
    return Population(first=float(np.sqrt(1 + by)), second=float(np.sqrt(1 - by)))


def ranked(area: float, counts: tuple[int, int], random: np.random.Generator) -> Scores:
    """Ungrouped rows of two classes, in exactly these numbers, with normal scores and the given area under the ROC curve."""
    truth, distance = np.repeat([0, 1], counts), _distance(area)
    score = random.normal(size=len(truth)) + distance * truth
    odds = np.log(counts[1] / counts[0]) + distance * score - distance**2 / 2
    chance = 1 / (1 + np.exp(-odds))
    return Scores(truth, (chance > min(0.5, 1.5 * counts[1] / len(truth))).astype(np.int64), np.column_stack([1 - chance, chance]))


def _distance(area: float) -> float:
    return float(np.sqrt(2) * ndtri(area))
