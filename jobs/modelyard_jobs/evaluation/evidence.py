"""What was measured for each criterion. The verdict on it is the operator's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from modelyard_api.metrics import LOWER_IS_BETTER
from modelyard_api.objective import Criterion, Opponent
from modelyard_api.pod_contract import Evidence
from numpy.typing import NDArray

from modelyard_jobs.evaluation.intervals import Interval, TooFew, improvement_interval, metric_interval
from modelyard_jobs.evaluation.metrics import Scores

_LONGEST_WHY = 256


@dataclass(frozen=True)
class Duel:
    """Candidate and opponent on the same rows, or why there is no such thing."""

    candidate: Scores | None = None
    opponent: Scores | None = None
    clusters: NDArray[np.uint64] | None = None
    why: str = ""


@dataclass(frozen=True)
class Examination:
    """The candidate on the test split, and against each opponent."""

    scores: Scores
    clusters: NDArray[np.uint64]  # (rows,): the split's group of each row
    baseline: Duel
    champion: Duel
    seed: int


def gather(criteria: Sequence[Criterion], test: Examination) -> list[Evidence]:
    """One per criterion, in their order."""
    return [_evidence(criterion, test) for criterion in criteria]


def _evidence(criterion: Criterion, test: Examination) -> Evidence:
    opponent = criterion.better_than or criterion.not_worse_than
    if opponent is None:
        return _written(metric_interval(criterion.metric, test.scores, test.clusters, test.seed), len(test.clusters))
    duel = test.baseline if opponent is Opponent.BASELINE else test.champion
    if duel.candidate is None or duel.opponent is None or duel.clusters is None:
        return Evidence(why=duel.why[:_LONGEST_WHY])
    measured = improvement_interval(criterion.metric, duel.candidate, duel.opponent, duel.clusters, test.seed)
    return _written(measured, len(duel.clusters), duel.why)


def _written(measured: Interval | TooFew, rows: int, why: str = "") -> Evidence:
    if isinstance(measured, TooFew):
        return Evidence(rows=rows, why="; ".join(filter(None, (why, measured.why)))[:_LONGEST_WHY])
    return Evidence(got=measured.value, low=measured.low, high=measured.high, rows=rows, why=why[:_LONGEST_WHY])


def in_words(criterion: Criterion) -> str:
    """As a person would say it: ``roc_auc at least 0.6``."""
    if criterion.at_least is not None:
        return f"{criterion.metric} at least {criterion.at_least:g}"
    if criterion.at_most is not None:
        return f"{criterion.metric} at most {criterion.at_most:g}"
    if criterion.better_than:
        return f"{criterion.metric} better than {criterion.better_than} by more than {criterion.by or 0:g}"
    return f"{criterion.metric} not worse than {criterion.not_worse_than}"


def outcome_in_words(criterion: Criterion, evidence: Evidence) -> str:
    """One line for the log."""
    if evidence.got is None:
        return f"{in_words(criterion)}: not measured, {evidence.why}"
    what = "improvement" if criterion.better_than or criterion.not_worse_than else "measured"
    lower = " (lower is better)" if criterion.metric in LOWER_IS_BETTER and what == "measured" else ""
    return f"{in_words(criterion)}: {what} {evidence.got:.4f}, 95 % interval {evidence.low:.4f} to {evidence.high:.4f}, {evidence.rows} rows{lower}"
