"""Task, classes, metric and criteria as the data show them, and the rows that can't be used."""

from typing import Any

import polars as pl
import pytest
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import Task
from modelyard_api.conditions import Reason
from modelyard_api.reading_notes import ReadingRule
from modelyard_api.training_job import TrainingJobSpec
from modelyard_jobs.data.dataset import Dataset, prepare
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.termination import InvalidRequest

ROWS = 100


def spec(target: str = "y", **parts: Any) -> TrainingJobSpec:
    objective = {"target": target} | parts.pop("objective", {})
    data = {"source": {"uri": "s3://bucket/rows.csv"}} | parts.pop("data", {})
    return TrainingJobSpec.model_validate({"objective": objective, "data": data, **parts})


def table(**columns: list[Any]) -> RawTable:
    return RawTable(pl.DataFrame({"x": [float(row) for row in range(ROWS)], **columns}), is_text=False)


def resolved(y: list[Any], **parts: Any) -> Dataset:
    return prepare(table(y=y), spec(**parts))


def test_many_numbers_are_a_regression_and_few_are_classes() -> None:
    numbers = resolved([row / 3 for row in range(ROWS)]).target
    assert (numbers.task, numbers.metric, numbers.classes) == (Task.REGRESSION, Metric.RMSE, ())
    grades = resolved([row % 3 for row in range(ROWS)]).target
    assert (grades.task, grades.metric, grades.classes) == (Task.CLASSIFICATION, Metric.F1_MACRO, ("0", "1", "2"))


def test_the_manifest_decides_the_task() -> None:
    assert resolved([row % 3 for row in range(ROWS)], objective={"task": "Regression"}).target.task is Task.REGRESSION


def test_of_two_classes_the_second_in_order_is_the_positive_one() -> None:
    truths = resolved([row % 3 == 0 for row in range(ROWS)]).target
    assert truths.classes == ("false", "true")
    assert truths.metric is Metric.ROC_AUC
    assert truths.values[:4].tolist() == [1, 0, 0, 1]
    assert truths.labels()[:2] == ["true", "false"]


def test_classes_that_are_numbers_are_sorted_as_numbers() -> None:
    assert resolved([row % 9 + 2 for row in range(ROWS)]).target.classes == ("2", "3", "4", "5", "6", "7", "8", "9", "10")


def test_without_criteria_the_defaults_apply_to_the_resolved_metric() -> None:
    first, second = resolved([row % 2 for row in range(ROWS)]).target.criteria
    assert (first.metric, first.better_than) == (Metric.ROC_AUC, "baseline")
    assert (second.metric, second.not_worse_than) == (Metric.ROC_AUC, "champion")


@pytest.mark.parametrize(
    ("rule", "late"),
    [({"above": 15}, [False, False, True]), ({"below": 15}, [True, False, False]), ({"equals": "15"}, [False, True, False])],
)
def test_a_derived_target(rule: dict[str, Any], late: list[bool]) -> None:
    delays = [[0.0, 15.0, 40.0][row % 3] for row in range(ROWS - 1)] + [None]
    result = prepare(table(delay=delays), spec("late", objective={"targetFrom": {"column": "delay", **rule}}))
    assert [label == "true" for label in result.target.labels()[:3]] == late
    assert [column.name for column in result.features.columns] == ["x"]
    assert result.dropped == {"no value of the target (delay)": 1}
    assert (result.rows_read, result.rows_used) == (ROWS, ROWS - 1)


def test_rows_that_the_manifest_drops_are_counted() -> None:
    frame = table(y=[row % 2 for row in range(ROWS)]).cells.with_columns(
        pl.when(pl.col("x") < 7).then(None).otherwise(pl.col("x")).alias("v"),
        pl.when(pl.col("x") > 90).then(float("nan")).otherwise(1.0).alias("w"),
    )
    missing = {"missing": {"columns": [{"name": "v", "method": "DropRow"}]}}
    result = prepare(RawTable(frame, is_text=False), spec(data={"prepare": missing}))
    assert result.dropped == {"no value of v (DropRow)": 7}
    assert result.missing_before == {"x": 0, "y": 0, "v": 7, "w": 9}


@pytest.mark.parametrize(
    ("y", "parts", "reason", "words"),
    [
        (["a"] * ROWS, {}, Reason.DATA_INVALID, "has one class only"),
        ([1.5] * ROWS, {"objective": {"task": "Regression"}}, Reason.DATA_INVALID, "same value in every row"),
        (["a", "b"] * 48 + ["c"] * 4, {}, Reason.DATA_INVALID, "1 of the 3 classes"),
        ([None] * 60 + ["a", "b"] * 20, {}, Reason.DATA_INVALID, "only 40 rows have a value"),
        (["a", "b"] * 50, {"objective": {"task": "Regression"}}, Reason.DATA_INVALID, "not numbers"),
        (["a", "b"] * 50, {"objective": {"metric": "rmse"}}, Reason.INVALID_SPEC, "metric rmse is not for Classification"),
        (["a", "b", "c", "d"] * 25, {"objective": {"metric": "f1"}}, Reason.INVALID_SPEC, "f1 is for two classes, the target has 4"),
        (
            ["a", "b", "c", "d"] * 25,
            {"objective": {"require": [{"metric": "brier", "atMost": 0.2}]}},
            Reason.INVALID_SPEC,
            r"require\[0\].metric brier",
        ),
    ],
    ids=["one class", "one number", "rare class", "too few rows", "text as number", "metric of a number", "metric of two", "criterion"],
)
def test_questions_that_the_data_cannot_answer(y: list[Any], parts: dict[str, Any], reason: Reason, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words) as caught:
        resolved(y, **parts)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"objective": {"targetFrom": {"column": "yy", "above": 1}}, "target": "late"}, "spec.objective.targetFrom.column"),
        ({"target": "yy"}, "spec.objective.target"),
        ({"data": {"columns": [{"name": "yy"}]}}, r"spec.data.columns\[yy\]"),
        ({"data": {"prepare": {"missing": {"columns": [{"name": "yy", "method": "Median"}]}}}}, r"spec.data.prepare.missing.columns\[yy\]"),
        ({"data": {"prepare": {"features": {"timestamps": ["yy"]}}}}, "spec.data.prepare.features.timestamps"),
        ({"data": {"split": {"by": "Group", "column": "yy"}}}, "spec.data.split.column"),
        ({"data": {"key": ["x", "yy"]}}, "spec.data.key"),
    ],
    ids=["targetFrom", "target", "columns", "missing", "timestamps", "split", "key"],
)
def test_unknown_columns_name_the_field_and_the_nearest_column(parts: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest, match=field + r".* did you mean 'y'\?"):
        resolved([row % 2 for row in range(ROWS)], **parts)


def test_a_derived_target_may_not_have_the_name_of_a_column() -> None:
    with pytest.raises(InvalidRequest, match="choose another name"):
        prepare(table(delay=[float(row) for row in range(ROWS)]), spec("x", objective={"targetFrom": {"column": "delay", "above": 15}}))


def texts(**columns: list[str]) -> RawTable:
    """Of a text file."""
    return RawTable(pl.DataFrame({"x": [f"{row / 7:.2f}" for row in range(ROWS)], **columns}))


def test_rows_whose_time_can_not_be_read_are_dropped_and_counted() -> None:
    days = [f"{1 + row % 28:02}.{1 + row // 28:02}.2024" for row in range(ROWS)]
    days[3], days[5], days[9] = "", "soon", "?"
    by_time = spec(data={"time": "day", "split": {"by": "Time"}})
    result = prepare(texts(day=days, y=[str(row % 2) for row in range(ROWS)]), by_time)
    assert result.dropped == {"no value of the split's column (day)": 3}
    assert result.times is not None
    assert result.times[0] == "2024-01-01T00:00:00"
    assert [column.name for column in result.features.columns] == ["x"]
    assert {note.rule: note.count for note in result.notes} == {
        ReadingRule.MISSING_WORD: 1,
        ReadingRule.NOT_A_TIME: 1,
        ReadingRule.DATE_FORM: 97,
    }


def test_too_many_times_that_can_not_be_read_end_in_words() -> None:
    days = ["2024-01-01", "soon"] * (ROWS // 2)
    with pytest.raises(InvalidRequest, match="are not ISO 8601"):
        prepare(texts(day=days, y=[str(row % 2) for row in range(ROWS)]), spec(data={"split": {"by": "Time", "column": "day"}}))


def test_seconds_since_the_epoch_are_times() -> None:
    result = prepare(
        texts(at=[str(1_700_000_000 + row) for row in range(ROWS)], y=[str(row % 2) for row in range(ROWS)]),
        spec(data={"split": {"by": "Time", "column": "at"}}),
    )
    assert result.times is not None
    assert result.times[0] == 1.7e9


@pytest.mark.parametrize(
    ("y", "parts", "classes"),
    [
        ([f"${row},000" for row in range(10, 10 + ROWS)], {}, ()),
        (["1.0", "0", "?", " 1"] * 25, {}, ("0", "1")),
        (["True", "False", "TRUE", "True"] * 25, {}, ("False", "True")),
        ([" yes", "no", "yes", "No"] * 25, {}, ("no", "yes")),
        (["007", "008"] * 50, {}, ("007", "008")),
        (["7", "NA"] * 50, {}, None),
        ([str(row % 30) for row in range(ROWS)], {"task": "Regression"}, ()),
    ],
    ids=["currency", "numbers with gaps", "true and false", "spaces", "zeros", "one class", "few numbers"],
)
def test_targets_as_texts_of_a_file(y: list[str], parts: dict[str, Any], classes: tuple[str, ...] | None) -> None:
    if classes is None:
        with pytest.raises(InvalidRequest, match=r"has one class only.*50 cells 'NA' count as missing.*keeps them"):
            prepare(texts(y=y), spec(objective=parts))
        return
    assert prepare(texts(y=y), spec(objective=parts)).target.classes == classes


def test_a_currency_is_a_number_to_predict() -> None:
    target = prepare(texts(y=[f"${row},500.25" for row in range(10, 10 + ROWS)]), spec()).target
    assert target.task is Task.REGRESSION
    assert target.values[0] == 10500.25


@pytest.mark.parametrize(
    ("rule", "true"),
    [({"equals": "yes"}, 75), ({"equals": " YES"}, 75), ({"equals": "no"}, 25)],
)
def test_equals_compares_what_was_read(rule: dict[str, str], true: int) -> None:
    table = texts(answer=["yes", " Yes", "YES", "no"] * 25)
    target = prepare(table, spec("said", objective={"targetFrom": {"column": "answer", **rule}})).target
    assert target.labels().count("true") == true


def test_equals_a_number_in_whatever_spelling_and_above_one_with_marks() -> None:
    table = texts(delay=["15", "15.0", "?", "1,040"] * 25)
    equal = prepare(table, spec("late", objective={"targetFrom": {"column": "delay", "above": 15}}))
    assert equal.target.labels().count("true") == 25
    assert equal.dropped == {"no value of the target (delay)": 25}


def test_equals_a_word_that_means_missing_is_said() -> None:
    table = texts(answer=["yes", "no", "maybe", "NA"] * 25)
    with pytest.raises(InvalidRequest, match=r"missingWords: \[\]\}\] keeps it"):
        prepare(table, spec("gone", objective={"targetFrom": {"column": "answer", "equals": "NA"}}))
