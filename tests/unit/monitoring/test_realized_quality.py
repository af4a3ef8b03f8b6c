"""The realised metric agrees with scikit-learn; its interval says what it draws; what can't be used is said."""

import numpy as np
import polars as pl
import pytest
from modelyard_api.model_deployment import Performance
from modelyard_api.pod_contract import GroupUnit
from modelyard_api.timestamps import SECOND
from modelyard_jobs.monitoring.checks.realized_quality import MINIMUM_LABELS, realized_quality
from sklearn.metrics import mean_absolute_error, roc_auc_score

HOUR = 3600 * SECOND


def labelled(rows: int = 600, *, hours: int = 1, truth: tuple[str, str] = ("no", "yes")) -> pl.DataFrame:
    random = np.random.default_rng(0)
    score = random.random(rows)
    late = random.random(rows) < score
    return pl.DataFrame(
        {
            "time": [index * hours // rows * HOUR for index in range(rows)],
            "output.prediction": ["yes" if each > 0.5 else "no" for each in score],
            "output.probability_no": 1 - score,
            "output.probability_yes": score,
            "outcome": [truth[int(each)] for each in late],
        }
    )


def performance(**limits: object) -> Performance:
    return Performance.model_validate({"metric": "roc_auc", "atLeast": 0.5} | limits)


def test_roc_auc_is_scikit_learns() -> None:
    frame = labelled()
    estimate = realized_quality(frame, performance()).estimate
    assert estimate is not None
    expected = roc_auc_score(frame["outcome"] == "yes", frame["output.probability_yes"])
    assert estimate.value == pytest.approx(expected, abs=1e-5)
    assert estimate.low < expected < estimate.high
    assert (estimate.rows, estimate.degraded, estimate.groups, estimate.group_unit) == (600, False, 600, GroupUnit.ROW)


def test_hours_are_drawn_when_there_are_enough() -> None:
    estimate = realized_quality(labelled(hours=12), performance()).estimate
    assert estimate is not None
    assert (estimate.groups, estimate.group_unit) == (12, GroupUnit.HOUR)


@pytest.mark.parametrize(("limit", "degraded"), [({"atLeast": 0.99}, True), ({"atLeast": 0.84}, False), ({"atLeast": 0.5}, False)])
def test_degraded_only_when_the_whole_interval_lies_below(limit: dict[str, float], degraded: bool) -> None:
    estimate = realized_quality(labelled(), performance(**limit)).estimate
    assert estimate is not None
    assert estimate.degraded is degraded


def test_regression_is_degraded_above_its_limit() -> None:
    random = np.random.default_rng(0)
    predicted = random.normal(size=300)
    truth = predicted + random.normal(size=300)
    frame = pl.DataFrame({"time": [0] * 300, "output.prediction": predicted, "outcome": [str(each) for each in truth]})
    estimate = realized_quality(frame, Performance.model_validate({"metric": "mae", "atMost": 0.1})).estimate
    assert estimate is not None
    assert estimate.value == pytest.approx(mean_absolute_error(truth, predicted), abs=1e-5)
    assert estimate.degraded


def test_too_few_labels_give_no_estimate_and_no_problem() -> None:
    found = realized_quality(labelled(MINIMUM_LABELS - 1), performance())
    assert (found.estimate, found.problem) == (None, "")


def test_outcomes_that_name_no_class_are_counted_not_quoted() -> None:
    frame = labelled()
    frame = frame.with_columns(pl.when(pl.int_range(pl.len()) < 40).then(pl.lit("secret")).otherwise("outcome").alias("outcome"))
    found = realized_quality(frame, performance())
    assert found.problem == "40 of 600 outcomes are no class of the model"
    assert found.estimate is not None
    assert found.estimate.rows == 560


def test_an_outcome_is_understood_in_other_spellings() -> None:
    frame = labelled(truth=("0", "1.0")).rename(
        {"output.probability_no": "output.probability_false", "output.probability_yes": "output.probability_true"}
    )
    frame = frame.with_columns(pl.col("output.prediction").replace({"yes": "true", "no": "false"}))
    found = realized_quality(frame, performance(metric="accuracy"))
    assert found.problem == ""
    assert found.estimate is not None
    assert found.estimate.value > 0.6


def test_a_metric_that_does_not_fit_the_model_is_said() -> None:
    assert "the model predicts classes" in realized_quality(labelled(), performance(metric="rmse")).problem
    third = labelled().with_columns(pl.lit(0.0).alias("output.probability_maybe"))
    assert "needs two classes, the model has 3" in realized_quality(third, performance(metric="f1")).problem
