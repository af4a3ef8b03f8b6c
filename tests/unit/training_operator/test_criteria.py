"""Three-way verdicts: only an interval that lies wholly on one side of the bound is Held or Missed."""

from typing import Any

import pytest
from modelyard_api.objective import Criterion, Objective
from modelyard_api.pod_contract import CriterionState, Evidence
from modelyard_operator.training import criteria

from tests.unit.training_operator.manifests import BETTER, result

H, M, I = CriterionState.HELD, CriterionState.MISSED, CriterionState.INCONCLUSIVE  # noqa: E741


def judged(wanted: dict[str, Any], low: float | None, high: float | None, champion: str = "3", why: str = "") -> tuple[CriterionState, str]:
    evidence = Evidence(got=None if low is None or high is None else (low + high) / 2, low=low, high=high, rows=100, why=why)
    objective = Objective(target="y", require=[Criterion.model_validate({"metric": "roc_auc"} | wanted)])
    verdict = criteria.judge(objective, result(evidence, champion=champion))[0]
    return verdict.state, verdict.why


@pytest.mark.parametrize(
    ("wanted", "low", "high", "state"),
    [
        ({"atLeast": 0.6}, 0.6, 0.7, H),
        ({"atLeast": 0.6}, 0.59, 0.7, I),
        ({"atLeast": 0.6}, 0.5, 0.59, M),
        ({"atMost": 0.2}, 0.1, 0.2, H),
        ({"atMost": 0.2}, 0.1, 0.3, I),
        ({"atMost": 0.2}, 0.21, 0.3, M),
        ({"betterThan": "baseline"}, 0.0, 0.1, I),
        ({"betterThan": "baseline"}, 0.01, 0.1, H),
        ({"betterThan": "baseline"}, -0.1, 0.0, M),
        ({"betterThan": "champion", "by": 0.005}, 0.004, 0.1, I),
        ({"betterThan": "champion", "by": 0.005}, 0.006, 0.1, H),
        ({"betterThan": "champion", "by": 0.005}, -0.1, 0.005, M),
        ({"notWorseThan": "champion"}, -0.02, 0.01, H),
        ({"notWorseThan": "champion"}, -0.02, -0.01, M),
    ],
)
def test_where_the_interval_lies_decides(wanted: dict[str, Any], low: float, high: float, state: CriterionState) -> None:
    assert judged(wanted, low, high)[0] is state


@pytest.mark.parametrize("wanted", [{"betterThan": "champion", "by": 0.1}, {"notWorseThan": "champion"}])
def test_without_a_champion_comparisons_with_it_hold_and_say_so(wanted: dict[str, Any]) -> None:
    assert judged(wanted, None, None, champion="") == (H, "no champion yet")


def test_what_could_not_be_measured_is_inconclusive_and_says_why() -> None:
    assert judged({"notWorseThan": "champion"}, None, None, why="only 37 rows that neither was fitted on") == (
        I,
        "only 37 rows that neither was fitted on",
    )
    assert judged({"atLeast": 0.6}, None, None) == (I, "no interval could be computed")


def test_an_undecided_verdict_says_what_would_help() -> None:
    assert judged({"atLeast": 0.6}, 0.5, 0.7) == (
        I,
        "the interval over 100 test rows lies on both sides: more test rows make it narrower",
    )


def test_default_criteria_use_the_metric_that_the_pod_resolved() -> None:
    verdicts = criteria.judge(Objective(target="species"), result(BETTER, BETTER, champion="3"))
    assert [(one.metric, one.wanted) for one in verdicts] == [
        ("f1_macro", "better than baseline"),
        ("f1_macro", "not worse than champion"),
    ]


def test_evidence_that_does_not_fit_the_criteria_is_refused() -> None:
    with pytest.raises(criteria.UnusableResult, match="evidence for 1 criteria, 2 were asked for"):
        criteria.judge(Objective(target="species"), result(BETTER))


def test_a_sentence_for_people() -> None:
    objective = Objective(target="y", require=[Criterion.model_validate({"metric": "roc_auc", "atLeast": 0.6})])
    verdict = criteria.judge(objective, result(Evidence(got=0.52, low=0.49, high=0.55, rows=900)))[0]
    assert criteria.sentence(verdict) == "roc_auc at least 0.6: Missed, got 0.52 (0.49 to 0.55)"
