"""Three-way verdicts: only an interval that lies wholly on one side of the limit is Held or Missed."""

import json
from typing import Any

import pytest
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.objective import Criterion, Objective
from modelyard_api.pod_contract import TrainResult
from modelyard_api.resource_status import TrainingJobStatus
from modelyard_api.verdicts import ComparedWith, CriterionState, Evidence, Verdict, VerdictReason
from modelyard_operator.training import criteria

from tests.unit.training_operator.manifests import AS_GOOD, BETTER, against_champion, measured, result

H, M, I = CriterionState.HELD, CriterionState.MISSED, CriterionState.INCONCLUSIVE  # noqa: E741
ANCHOR = {"opponent": ComparedWith.ANCHOR}


def asked(*wanted: dict[str, Any], metric: str = "roc_auc") -> Objective:
    return Objective(target="y", require=[Criterion.model_validate({"metric": metric} | each) for each in wanted])


def judged(wanted: dict[str, Any], low: float | None, high: float | None, champion: str = "3", **further: Any) -> Verdict:
    """The verdict on one criterion, whose evidence names it."""
    objective = asked({key: value for key, value in wanted.items() if key != "metric"}, metric=wanted.get("metric", "roc_auc"))
    assert objective.require
    criterion = objective.require[0]
    named = {"metric": criterion.metric, "bound": criterion.bound, "opponent": criterion.opponent, "rows": 100}
    return criteria.judge(objective, result(measured(low, high, **named | further), champion=champion))[0]


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
        ({"notWorseThan": "champion"}, -0.009, 0.01, H),
        ({"notWorseThan": "champion"}, -0.01, 0.01, I),
        ({"notWorseThan": "champion"}, -0.02, 0.01, I),
        ({"notWorseThan": "champion"}, -0.02, -0.01, I),
        ({"notWorseThan": "champion"}, -0.03, -0.011, M),
        ({"notWorseThan": "champion", "by": 0.03}, -0.02, -0.01, H),
        ({"notWorseThan": "champion", "by": 0.005}, -0.006, 0.1, I),
        ({"notWorseThan": "champion", "by": 0}, 0.001, 0.1, H),
        ({"notWorseThan": "baseline"}, -0.02, -0.011, M),
    ],
)
def test_where_the_interval_lies_decides(wanted: dict[str, Any], low: float, high: float, state: CriterionState) -> None:
    verdict = judged(wanted, low, high)
    assert verdict.state is state
    assert verdict.reason is (VerdictReason.INTERVAL_TOO_WIDE if state is I else VerdictReason.INTERVAL_CLEAR)
    assert (verdict.low, verdict.high, verdict.rows) == (low, high, 100)


@pytest.mark.parametrize(
    ("wanted", "opponent_value", "limit"),
    [
        ({"atLeast": 0.6}, None, 0.6),
        ({"atMost": 0.6}, None, 0.6),
        ({"betterThan": "champion"}, 0.8, 0.0),
        ({"betterThan": "champion", "by": 0.02}, 0.8, 0.02),
        ({"notWorseThan": "champion"}, 0.8, 0.01),
        ({"notWorseThan": "champion", "by": 0.02}, 0.8, 0.02),
        ({"metric": "rmse", "notWorseThan": "champion"}, 12.0, 0.24),
        ({"metric": "rmse", "notWorseThan": "champion", "by": 1.5}, 12.0, 1.5),
        ({"metric": "r2", "notWorseThan": "champion"}, 0.5, 0.01),
    ],
)
def test_the_limit_is_always_told(wanted: dict[str, Any], opponent_value: float | None, limit: float) -> None:
    assert judged(wanted, -0.1, 0.1, opponent_value=opponent_value).limit == pytest.approx(limit)


def test_a_margin_that_is_a_share_of_an_unknown_value_decides_nothing() -> None:
    verdict = judged({"metric": "rmse", "notWorseThan": "champion"}, 0.5, 0.6)
    assert (verdict.state, verdict.reason, verdict.limit) == (I, VerdictReason.NOT_MEASURED, None)


@pytest.mark.parametrize("wanted", [{"betterThan": "champion", "by": 0.1}, {"notWorseThan": "champion"}])
def test_without_a_champion_comparisons_with_it_hold_and_say_so(wanted: dict[str, Any]) -> None:
    verdict = judged(wanted, None, None, champion="", reason=VerdictReason.NO_CHAMPION)
    assert (verdict.state, verdict.reason, verdict.version) == (H, VerdictReason.NO_CHAMPION, None)


def test_what_could_not_be_measured_is_inconclusive_and_says_why() -> None:
    few = {"reason": VerdictReason.TOO_FEW_OF_CLASS, "of_class": "rare", "more_rows": 40}
    verdict = judged({"notWorseThan": "champion"}, None, None, **few)
    assert (verdict.state, verdict.reason, verdict.of_class, verdict.more_rows) == (I, VerdictReason.TOO_FEW_OF_CLASS, "rare", 40)
    assert judged({"atLeast": 0.6}, None, None).reason is VerdictReason.NOT_MEASURED


@pytest.mark.parametrize(
    ("wanted", "low", "high", "error", "rows"),
    [
        ({"notWorseThan": "champion"}, -0.02, 0.02, 0.01, 784),  # 100 · (2.8 · 0.01 / 0.01)²
        ({"notWorseThan": "champion", "by": 0.02}, -0.03, 0.03, 0.015, 441),
        ({"notWorseThan": "champion", "by": 0.05}, -0.06, 0.0, 0.015, None),  # so many rows would have decided it, were it as good
        ({"notWorseThan": "champion", "by": 0}, -0.02, 0.02, 0.01, None),  # no number of rows shows that equal ones are equal
        ({"atLeast": 0.6}, 0.58, 0.66, 0.02, 784),
        ({"atLeast": 0.6}, 0.54, 0.62, 0.02, None),  # more rows would rather decide against it
        ({"atMost": 0.6}, 0.54, 0.62, 0.02, 784),
        ({"atMost": 0.6}, 0.58, 0.66, 0.02, None),
        ({"betterThan": "baseline", "by": 0.01}, 0.0, 0.06, 0.015, 442),
        ({"betterThan": "baseline"}, -0.03, 0.03, 0.015, None),
        ({"betterThan": "baseline"}, -0.03, 0.030000001, 0.015, 1_000_000_000),
        ({"betterThan": "baseline"}, 0.01, 0.05, 0.01, None),  # decided
    ],
)
def test_how_many_rows_would_decide_it(wanted: dict[str, Any], low: float, high: float, error: float, rows: int | None) -> None:
    value = (low + high) / 2
    found = judged(wanted, low, high, standard_error=error, value=value).rows_needed
    assert found == rows if rows is None else found is not None and abs(found - rows) <= 1


def test_default_criteria_use_the_metric_that_the_pod_resolved() -> None:
    verdicts = criteria.judge(Objective(target="species"), result(BETTER, AS_GOOD, champion="3"))
    assert [(one.metric, one.bound, one.opponent, one.version) for one in verdicts] == [
        ("f1_macro", "BetterThan", "baseline", None),
        ("f1_macro", "NotWorseThan", "champion", "3"),
    ]


def test_evidence_finds_its_criterion_in_any_order() -> None:
    objective = asked({"atLeast": 0.6}, {"atMost": 0.9}, {"betterThan": "baseline"})
    named = {"metric": Metric.ROC_AUC, "opponent": None}
    evidence = [
        measured(0.1, 0.2, metric=Metric.ROC_AUC),
        measured(0.5, 0.95, bound="AtMost", **named),
        measured(0.61, 0.7, bound="AtLeast", **named),
    ]
    states = [(one.bound, one.state) for one in criteria.judge(objective, result(*evidence))]
    assert states == [("AtLeast", H), ("AtMost", I), ("BetterThan", H)]


def test_not_worse_is_judged_against_champion_and_anchor() -> None:
    evidence = [BETTER, AS_GOOD, against_champion(-0.09, -0.03, **ANCHOR)]
    verdicts = criteria.judge(Objective(target="y"), result(*evidence, champion="3", anchor_version="1"))
    assert [(one.opponent, one.version, one.state) for one in verdicts] == [("baseline", None, H), ("champion", "3", H), ("anchor", "1", M)]


def test_two_limits_of_one_comparison_share_its_evidence() -> None:
    objective = asked({"betterThan": "champion", "by": 0.1}, {"betterThan": "champion", "by": 0.3})
    evidence = measured(0.2, 0.4, metric=Metric.ROC_AUC, opponent=ComparedWith.CHAMPION)
    assert [one.state for one in criteria.judge(objective, result(evidence, champion="1"))] == [H, I]


@pytest.mark.parametrize(
    ("evidence", "further"),
    [
        ([BETTER], {}),
        ([BETTER, AS_GOOD.model_copy(update={"metric": Metric.ACCURACY})], {}),
        ([BETTER, AS_GOOD.model_copy(update={"opponent": ComparedWith.BASELINE})], {}),
        ([BETTER, AS_GOOD], {"champion": "3", "anchor_version": "1"}),
    ],
)
def test_evidence_that_does_not_fit_the_criteria_is_refused(evidence: list[Evidence], further: dict[str, Any]) -> None:
    with pytest.raises(criteria.UnusableResult, match="the result has no evidence for f1_macro NotWorseThan against the"):
        criteria.judge(Objective(target="species"), result(*evidence, **further))


def test_a_metric_of_another_release_is_refused() -> None:
    with pytest.raises(criteria.UnusableResult, match="names 'auc' as the metric"):
        criteria.judge(Objective(target="species"), result().model_copy(update={"metric": None, "resolved": {"metric": "auc"}}))


# As 0.1.0 wrote them: evidence in the order of the criteria, without names, and verdicts as texts.
OLD_RESULT = """{"kind":"Trained","runId":"3f2a","experimentId":"7","modelId":"m-9c41","digest":"5d41","championVersion":"2",
"metrics":[{"name":"f1_macro","value":0.98},{"name":"accuracy","value":0.985}],
"evidence":[{"got":0.31,"low":0.24,"high":0.37,"rows":52,"why":""},{"rows":9,"why":"only 9 rows that neither model was fitted on"}],
"resolved":{"metric":"f1_macro","task":"Classification","rows.test":"52"},"warnings":[]}"""
OLD_STATUS = """{"observedGeneration":1,"state":"Inconclusive","result":{"modelVersion":"","modelId":"m-9c41","championVersion":"2",
"metrics":[{"name":"f1_macro","value":0.98}],"verdict":[
{"metric":"f1_macro","wanted":"better than baseline","got":"+0.31","interval":"+0.24 to +0.37","state":"Held","why":""},
{"metric":"f1_macro","wanted":"not worse than champion","got":"","interval":"","state":"Inconclusive","why":"only 9 rows"}]},
"resolved":[{"name":"classes","value":"Adelie, Gentoo"},{"name":"metric","value":"f1_macro"}]}"""


def test_a_result_of_the_first_release_is_still_judged() -> None:
    verdicts = criteria.judge(Objective(target="species"), TrainResult.model_validate_json(OLD_RESULT))
    assert [(one.bound, one.opponent, one.version, one.value, one.low, one.high, one.rows, one.state) for one in verdicts] == [
        ("BetterThan", "baseline", None, 0.31, 0.24, 0.37, 52, H),
        ("NotWorseThan", "champion", "2", None, None, None, 9, I),
    ]
    assert verdicts[1].reason is VerdictReason.NOT_MEASURED
    assert verdicts[1].detail == "only 9 rows that neither model was fitted on"


def test_an_undecided_result_of_the_first_release_tells_the_rows_from_its_interval() -> None:
    old = TrainResult.model_validate(json.loads(OLD_RESULT) | {"evidence": [{"got": 0.05, "low": -0.048, "high": 0.148, "rows": 100}] * 2})
    verdicts = criteria.judge(Objective(target="species"), old)
    assert (verdicts[0].state, verdicts[0].rows_needed) == (I, 784)  # 100 · (2.8 · 0.05 / 0.05)²


def test_a_result_of_the_first_release_for_other_criteria_is_refused() -> None:
    old = TrainResult.model_validate_json(OLD_RESULT)
    with pytest.raises(criteria.UnusableResult, match="evidence for 2 criteria, 1 were requested"):
        criteria.judge(asked({"atLeast": 0.6}), old)


def test_a_status_of_the_first_release_is_read() -> None:
    status = TrainingJobStatus.model_validate_json(OLD_STATUS)
    assert status.result is not None
    assert [(one.metric, one.wanted, one.got, one.state, one.bound) for one in status.result.verdict] == [
        ("f1_macro", "better than baseline", "+0.31", H, None),
        ("f1_macro", "not worse than champion", "", I, None),
    ]
    assert status.result.to_wire()["verdict"] == json.loads(OLD_STATUS)["result"]["verdict"]
