"""Each criterion gets the evidence it asks for, or the reason why there is none."""

import numpy as np
import pytest
from modelyard_api.metrics import Metric
from modelyard_api.objective import Criterion, Opponent
from modelyard_api.pod_contract import Evidence
from modelyard_jobs.evaluation.evidence import Duel, Examination, gather, in_words, outcome_in_words
from modelyard_jobs.evaluation.metrics import Scores

RANDOM = np.random.default_rng(0)
ROWS = 300
TRUTH = RANDOM.normal(size=ROWS)
CLUSTERS = np.repeat(np.arange(30, dtype=np.uint64), 10)


def off_by(spread: float) -> Scores:
    return Scores(TRUTH, TRUTH + spread * RANDOM.normal(size=ROWS), None)


def judged(criterion: Criterion, champion: Duel) -> Evidence:
    scores = off_by(0.5)
    test = Examination(scores, CLUSTERS, Duel(scores, off_by(2.0), CLUSTERS), champion, seed=0)
    (evidence,) = gather([criterion], test)
    return evidence


NO_CHAMPION = Duel(why="no champion yet")


def test_a_bound_is_judged_by_the_metric_itself() -> None:
    evidence = judged(Criterion(metric=Metric.RMSE, at_most=1), NO_CHAMPION)
    assert evidence.got == pytest.approx(0.5, abs=0.06)
    assert evidence.low is not None
    assert evidence.high is not None
    assert evidence.low < evidence.got < evidence.high
    assert evidence.rows == ROWS


def test_a_comparison_is_judged_by_the_improvement_positive_is_better() -> None:
    evidence = judged(Criterion(metric=Metric.RMSE, better_than=Opponent.BASELINE), NO_CHAMPION)
    assert evidence.got == pytest.approx(1.5, abs=0.2)
    assert evidence.low is not None
    assert evidence.low > 1


def test_without_a_champion_the_reason_is_the_evidence() -> None:
    assert judged(Criterion(metric=Metric.R2, not_worse_than=Opponent.CHAMPION), NO_CHAMPION) == Evidence(why="no champion yet")


def test_a_champion_is_compared_on_the_rows_that_are_fair_to_it() -> None:
    candidate, fewer = off_by(0.5), np.arange(200)
    duel = Duel(candidate.take(fewer), off_by(0.4).take(fewer), CLUSTERS[:200], "on 200 of 300 test rows")
    evidence = judged(Criterion(metric=Metric.MAE, not_worse_than=Opponent.CHAMPION), duel)
    assert evidence.rows == 200
    assert evidence.got is not None
    assert evidence.got < 0
    assert evidence.why == "on 200 of 300 test rows"


def test_too_few_groups_leave_no_interval_and_say_so() -> None:
    scores = off_by(0.5)
    three = np.repeat(np.arange(3, dtype=np.uint64), 100)
    (evidence,) = gather([Criterion(metric=Metric.R2, at_least=0)], Examination(scores, three, NO_CHAMPION, NO_CHAMPION, seed=0))
    assert (evidence.got, evidence.low, evidence.high) == (None, None, None)
    assert "only 3 groups" in evidence.why


@pytest.mark.parametrize(
    ("criterion", "words"),
    [
        (Criterion(metric=Metric.ROC_AUC, at_least=0.6), "roc_auc at least 0.6"),
        (Criterion(metric=Metric.BRIER, at_most=0.2), "brier at most 0.2"),
        (Criterion(metric=Metric.F1, better_than=Opponent.CHAMPION, by=0.005), "f1 better than champion by more than 0.005"),
        (Criterion(metric=Metric.F1, not_worse_than=Opponent.CHAMPION), "f1 not worse than champion"),
    ],
)
def test_criteria_in_words(criterion: Criterion, words: str) -> None:
    assert in_words(criterion) == words
    assert outcome_in_words(criterion, Evidence(why="no champion yet")) == f"{words}: not measured, no champion yet"
    assert "95 % interval 0.1000 to 0.3000" in outcome_in_words(criterion, Evidence(got=0.2, low=0.1, high=0.3, rows=9))
