"""Each criterion gets the evidence it asks for, or the reason why there is none."""

import numpy as np
import pytest
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.objective import Bound, Criterion, Opponent
from modelyard_api.verdicts import ComparedWith, Evidence, VerdictReason
from modelyard_jobs.evaluation.evidence import Comparison, EvidenceInput, NotCompared, PairedComparison, gather
from modelyard_jobs.evaluation.metrics import Scores

RANDOM = np.random.default_rng(0)
ROWS = 300
TRUTH = RANDOM.normal(size=ROWS)
CLUSTERS = np.repeat(np.arange(30, dtype=np.uint64), 10)


def off_by(spread: float) -> Scores:
    return Scores(TRUTH, TRUTH + spread * RANDOM.normal(size=ROWS), None)


CANDIDATE = off_by(0.5)
BASELINE = PairedComparison(CANDIDATE, off_by(2.0), CLUSTERS)


def evidence_for(criterion: Criterion, champion: Comparison | None = None, anchor: Comparison | None = None) -> list[Evidence]:
    return gather([criterion], EvidenceInput(CANDIDATE, CLUSTERS, BASELINE, champion, anchor, (), 0.15))


def test_a_bound_is_judged_by_the_metric_itself() -> None:
    (evidence,) = evidence_for(Criterion(metric=Metric.RMSE, at_most=1))
    assert (evidence.metric, evidence.bound, evidence.opponent) == (Metric.RMSE, Bound.AT_MOST, None)
    assert evidence.value == pytest.approx(0.5, abs=0.06)
    assert evidence.low is not None
    assert evidence.high is not None
    assert evidence.low < evidence.value < evidence.high
    assert (evidence.rows, evidence.groups) == (ROWS, pytest.approx(30))


def test_a_comparison_is_judged_by_the_improvement_positive_is_better() -> None:
    (evidence,) = evidence_for(Criterion(metric=Metric.RMSE, better_than=Opponent.BASELINE))
    assert evidence.opponent is ComparedWith.BASELINE
    assert evidence.value == pytest.approx(1.5, abs=0.2)
    assert evidence.opponent_value == pytest.approx(2.0, abs=0.2)
    assert evidence.low is not None
    assert evidence.low > 1


def test_without_a_champion_the_reason_is_the_evidence() -> None:
    (evidence,) = evidence_for(Criterion(metric=Metric.R2, not_worse_than=Opponent.CHAMPION))
    assert evidence == Evidence(
        metric=Metric.R2, bound=Bound.NOT_WORSE_THAN, opponent=ComparedWith.CHAMPION, reason=VerdictReason.NO_CHAMPION
    )


def test_a_champion_is_compared_on_the_rows_that_are_fair_to_it() -> None:
    fewer = np.arange(200)
    champion = PairedComparison(CANDIDATE.take(fewer), off_by(0.4).take(fewer), CLUSTERS[:200], "3", 300)
    (evidence,) = evidence_for(Criterion(metric=Metric.MAE, not_worse_than=Opponent.CHAMPION), champion)
    assert (evidence.version, evidence.rows, evidence.rows_in_test) == ("3", 200, 300)
    assert evidence.value is not None
    assert evidence.value < 0


def test_not_worse_than_the_champion_is_held_against_the_anchor_too() -> None:
    champion, anchor = (PairedComparison(CANDIDATE, off_by(spread), CLUSTERS, version) for spread, version in ((0.6, "3"), (0.4, "1")))
    found = evidence_for(Criterion(metric=Metric.MAE, not_worse_than=Opponent.CHAMPION), champion, anchor)
    assert [(one.opponent, one.version) for one in found] == [(ComparedWith.CHAMPION, "3"), (ComparedWith.ANCHOR, "1")]
    better = evidence_for(Criterion(metric=Metric.MAE, better_than=Opponent.CHAMPION), champion, anchor)
    assert [one.opponent for one in better] == [ComparedWith.CHAMPION]


def test_an_opponent_that_can_not_be_compared_with_says_why() -> None:
    champion = NotCompared("3", VerdictReason.OPPONENT_SAW_ROWS, 12, 300)
    (evidence,) = evidence_for(Criterion(metric=Metric.MAE, better_than=Opponent.CHAMPION), champion)
    assert (evidence.reason, evidence.version, evidence.rows, evidence.rows_in_test) == (VerdictReason.OPPONENT_SAW_ROWS, "3", 12, 300)


def test_too_few_groups_leave_no_interval_and_say_so() -> None:
    three = np.repeat(np.arange(3, dtype=np.uint64), 100)
    (evidence,) = gather([Criterion(metric=Metric.R2, at_least=0)], EvidenceInput(CANDIDATE, three, BASELINE, None, None, (), 0.15))
    assert (evidence.low, evidence.high, evidence.reason) == (None, None, VerdictReason.TOO_FEW_GROUPS)


def test_too_few_rows_of_a_class_say_how_many_more_the_data_need() -> None:
    truth = np.array([1] * 2 + [0] * 58)
    positive = np.clip(0.3 + 0.4 * truth + 0.1 * RANDOM.normal(size=60), 0, 1)
    scores = Scores(truth, (positive > 0.5).astype(np.int64), np.column_stack([1 - positive, positive]))
    clusters = np.arange(60, dtype=np.uint64)
    evaluation = EvidenceInput(scores, clusters, PairedComparison(scores, scores, clusters), None, None, ("no", "yes"), 0.15)
    (evidence,) = gather([Criterion(metric=Metric.ROC_AUC, at_least=0.5)], evaluation)
    assert (evidence.reason, evidence.of_class, evidence.low) == (VerdictReason.TOO_FEW_OF_CLASS, "yes", None)
    assert evidence.more_rows == 54  # 8 more in a test split of 15 %
