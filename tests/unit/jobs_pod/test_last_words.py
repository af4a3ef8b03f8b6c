"""Termination messages always fit, and keep what the operator needs."""

import json

import pytest
from modelyard_api.base import ApiModel
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.conditions import Reason
from modelyard_api.objective import Bound
from modelyard_api.pod_contract import TERMINATION_MESSAGE_LIMIT, MetricValue, TrainResult
from modelyard_api.verdicts import ComparedWith, Evidence
from modelyard_jobs import termination

EVIDENCE = Evidence(
    metric=Metric.AVERAGE_PRECISION,
    bound=Bound.NOT_WORSE_THAN,
    opponent=ComparedWith.CHAMPION,
    version="12",
    value=1 / 3,
    low=-1 / 7,
    high=2 / 7,
    standard_error=1 / 11,
    opponent_value=2 / 3,
    rows=12345,
    groups=1234.5678,
)


def result(long: int, criteria: int = 4) -> TrainResult:
    return TrainResult(
        run_id="r" * 32,
        experiment_id="1",
        model_id="m-" + "1" * 32,
        digest="d" * 64,
        champion_version="12",
        metrics=[MetricValue(name=f"metric_{number}", value=1 / 3) for number in range(11)],
        evidence=[EVIDENCE.model_copy(update={"detail": "é" * long or None})] * criteria,
        resolved={"metric": "roc_auc"} | {f"value {number}": "x" * long for number in range(14)},
        warnings=["ß" * long] * 2,
        metric=Metric.ROC_AUC,
    )


@pytest.mark.parametrize("long", [0, 20, 60])
def test_usual_results_fit_with_all_of_their_evidence(long: int) -> None:
    content = termination.encoded(result(long, criteria=2))
    assert len(content) <= TERMINATION_MESSAGE_LIMIT
    received = TrainResult.model_validate_json(content)
    assert [each.value for each in received.evidence] == [pytest.approx(1 / 3, rel=1e-5)] * 2
    assert not received.evidence_left_out
    assert received.metric is Metric.ROC_AUC
    assert received.metrics[0].name == "metric_0"


@pytest.mark.parametrize("criteria", [12, 32])
def test_evidence_that_does_not_fit_is_left_to_the_run_and_that_is_said(criteria: int) -> None:
    content = termination.encoded(result(100, criteria))
    assert len(content) <= TERMINATION_MESSAGE_LIMIT
    received = TrainResult.model_validate_json(content)
    assert received.evidence_left_out
    assert (received.evidence, received.run_id) == ([], "r" * 32)


def test_warnings_that_do_not_fit_are_left_to_the_run_too() -> None:
    warnings = [f"{number}: cells that aren't numbers read as missing: {'income, ' * 20}".ljust(256, "x") for number in range(10)]
    received = TrainResult.model_validate_json(termination.encoded(result(0, 1).model_copy(update={"warnings": warnings})))
    assert received.evidence_left_out


def test_a_short_result_is_told_whole() -> None:
    short = result(0).model_copy(update={"evidence": [], "metrics": [], "resolved": {"metric": "f1"}, "warnings": ["look"]})
    assert TrainResult.model_validate_json(termination.encoded(short)) == short


def test_failures_keep_their_beginning_and_their_end() -> None:
    error = termination.failure(Reason.DATA_INVALID, "the beginning " + "ä" * 5000 + " what to do")
    content = termination.encoded(error)
    assert len(content) <= TERMINATION_MESSAGE_LIMIT
    message = json.loads(content)["message"]
    assert message.startswith("the beginning")
    assert message.endswith("what to do")


def test_what_can_not_be_shortened_is_no_silent_cut() -> None:
    class Odd(ApiModel):
        text: str

    with pytest.raises(ValueError, match="Odd doesn't fit"):
        termination.encoded(Odd(text="x" * 4000))
