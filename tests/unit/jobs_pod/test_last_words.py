"""Termination messages always fit, and keep what the operator needs."""

import json

import pytest
from modelyard_api.base import ApiModel
from modelyard_api.conditions import Reason
from modelyard_api.pod_contract import TERMINATION_MESSAGE_LIMIT, Evidence, MetricValue, TrainResult
from modelyard_jobs import termination


def result(long: int) -> TrainResult:
    return TrainResult(
        run_id="r" * 32,
        experiment_id="1",
        model_id="m-" + "1" * 32,
        digest="d" * 64,
        champion_version="12",
        metrics=[MetricValue(name=f"metric_{number}", value=1 / 3) for number in range(16)],
        evidence=[Evidence(got=1 / 3, low=-1 / 7, high=2 / 7, rows=12345, why="é" * long) for _ in range(16)],
        resolved={"metric": "roc_auc"} | {f"value {number}": "ü" * long for number in range(31)},
        warnings=["ß" * long] * 5,
    )


@pytest.mark.parametrize("long", [0, 20, 100, 256])
def test_results_fit_with_all_of_their_evidence(long: int) -> None:
    content = termination.encoded(result(long))
    assert len(content) <= TERMINATION_MESSAGE_LIMIT
    told = TrainResult.model_validate_json(content)
    assert [each.got for each in told.evidence] == [pytest.approx(1 / 3, rel=1e-5)] * 16
    assert told.resolved["metric"] == "roc_auc"
    assert told.metrics[0].name == "metric_0"


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
