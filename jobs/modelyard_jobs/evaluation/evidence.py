"""What was measured for each criterion. The verdict on it is the operator's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from modelyard_api.objective import Criterion, Opponent
from modelyard_api.verdicts import ComparedWith, Evidence, VerdictReason
from numpy.typing import NDArray

from modelyard_jobs.evaluation import intervals
from modelyard_jobs.evaluation.intervals import Interval, TooFew, improvement_interval, metric_interval
from modelyard_jobs.evaluation.metrics import Scores, measure


@dataclass(frozen=True)
class PairedComparison:
    """A candidate and an opponent on the same rows."""

    candidate: Scores
    opponent: Scores
    clusters: NDArray[np.uint64]  # (rows,): the split's group of each row
    version: str = ""  # the opponent's
    rows_in_test: int | None = None  # where the opponent had seen some


@dataclass(frozen=True)
class NotCompared:
    """Why there is no comparison with an opponent that there is."""

    version: str
    reason: VerdictReason
    rows: int | None = None  # test rows that could have been used
    rows_in_test: int | None = None
    detail: str = ""


Comparison = PairedComparison | NotCompared


@dataclass(frozen=True)
class EvidenceInput:
    """The candidate on the test split and against each opponent. ``test_share`` and ``classes`` turn what is missing into what the data would need."""

    scores: Scores
    clusters: NDArray[np.uint64]  # (rows,): the split's group of each row
    baseline: Comparison
    champion: Comparison | None  # None: there is none yet
    anchor: Comparison | None  # None: there is none, or it is the champion
    classes: tuple[str, ...]
    test_share: float


def gather(criteria: Sequence[Criterion], evaluation: EvidenceInput) -> list[Evidence]:
    """In the order of the criteria: one each, and one more where ``notWorseThan: champion`` is held against the anchor, too."""
    return [evidence for criterion in criteria for evidence in _evidence(criterion, evaluation)]


def _evidence(criterion: Criterion, evaluation: EvidenceInput) -> Iterator[Evidence]:
    wanted = Evidence(metric=criterion.metric, bound=criterion.bound)
    if criterion.opponent is None:
        measured = metric_interval(criterion.metric, evaluation.scores, evaluation.clusters)
        yield _measured(wanted, measured, len(evaluation.clusters), evaluation)
    elif criterion.opponent is Opponent.BASELINE:
        yield _against(_opponent(wanted, ComparedWith.BASELINE), evaluation.baseline, evaluation)
    elif evaluation.champion is None:
        yield wanted.model_copy(update={"opponent": ComparedWith.CHAMPION, "reason": VerdictReason.NO_CHAMPION})
    else:
        yield _against(_opponent(wanted, ComparedWith.CHAMPION), evaluation.champion, evaluation)
        if criterion.not_worse_than and evaluation.anchor is not None:
            yield _against(_opponent(wanted, ComparedWith.ANCHOR), evaluation.anchor, evaluation)


def _opponent(wanted: Evidence, opponent: ComparedWith) -> Evidence:
    return wanted.model_copy(update={"opponent": opponent})


def _against(wanted: Evidence, comparison: Comparison, evaluation: EvidenceInput) -> Evidence:
    assert wanted.metric is not None
    named = wanted.model_copy(update={"version": comparison.version or None, "rows_in_test": comparison.rows_in_test})
    if isinstance(comparison, NotCompared):
        return named.model_copy(update={"reason": comparison.reason, "rows": comparison.rows, "detail": comparison.detail[:256] or None})
    measured = improvement_interval(wanted.metric, comparison.candidate, comparison.opponent, comparison.clusters)
    value = measure(wanted.metric, comparison.opponent)
    named = named.model_copy(update={"opponent_value": value if np.isfinite(value) else None})
    return _measured(named, measured, len(comparison.clusters), evaluation)


def _measured(wanted: Evidence, measured: Interval | TooFew, rows: int, evaluation: EvidenceInput) -> Evidence:
    if isinstance(measured, Interval):
        return wanted.model_copy(
            update={
                "value": measured.value,
                "low": measured.low,
                "high": measured.high,
                "standard_error": measured.standard_error,
                "rows": rows,
                "groups": measured.groups,
            }
        )
    of_class = None if measured.of_class is None else evaluation.classes[measured.of_class][:256]
    more = intervals.more_rows(measured.have, measured.need, evaluation.test_share) if measured.need else None
    in_rows = measured.reason in (VerdictReason.TOO_FEW_ROWS, VerdictReason.TOO_FEW_OF_CLASS)
    return wanted.model_copy(
        update={
            "value": measured.value,
            "rows": rows,
            "groups": float(measured.have) if measured.reason is VerdictReason.TOO_FEW_GROUPS else None,
            "reason": measured.reason,
            "of_class": of_class,
            "more_rows": more if in_rows else None,
        }
    )
