"""How often intervals hold the truth, and how wide they are beside the true spread of what was measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from modelyard_jobs.evaluation.intervals import Interval, TooFew

Draw = Callable[[np.random.Generator], Interval | TooFew]


@dataclass(frozen=True)
class Coverage:
    """Of one kind of interval."""

    held: float  # share of the intervals that hold the truth
    width: float  # mean width over that of the middle 95 % of the measured values
    groups: float  # mean effective number

    def __str__(self) -> str:
        return f"{self.held:.3f} ({self.width:.2f})"

    def failures(self, name: str, least: float, widest: float) -> list[str]:
        """One sentence per requirement that is missed."""
        missed = []
        if self.held < least:
            missed.append(f"{name}: {self.held:.3f} of the intervals hold the truth, at least {least} should")
        if self.width > widest:
            missed.append(f"{name}: {self.width:.2f} times as wide as the true spread, at most {widest} is allowed")
        return missed


def repeat(draw: Draw, draws: int, seed: Sequence[int]) -> list[Interval]:
    """``draws`` intervals; rows that are too few for one are drawn again."""
    random, found = np.random.default_rng(seed), []
    for _ in range(20 * draws):
        interval = draw(random)
        if isinstance(interval, Interval):
            found.append(interval)
        if len(found) == draws:
            return found
    raise ValueError(f"only {len(found)} of {20 * draws} draws had enough rows for an interval; draw larger ones")


def coverage(intervals: Sequence[Interval], truth: float) -> Coverage:
    values, lows, highs = (np.array([getattr(each, name) for each in intervals]) for name in ("value", "low", "high"))
    low, high = np.percentile(values, [2.5, 97.5])
    return Coverage(
        held=float(((lows <= truth) & (truth <= highs)).mean()),
        width=float((highs - lows).mean() / (high - low)),
        groups=float(np.mean([each.groups for each in intervals])),
    )
