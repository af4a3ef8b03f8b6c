"""The manifest's treatment of missing values is resolved per column, and refused where it can't be meant."""

import pytest
from modelyard_api.conditions import Reason
from modelyard_api.data import ColumnType, Missing
from modelyard_jobs.fitting import PlannedColumn, plan_columns
from modelyard_jobs.termination import InvalidRequest

KINDS = {"n": ColumnType.NUMERICAL, "c": ColumnType.CATEGORICAL, "t": ColumnType.DATETIME}


def missing(*columns: dict[str, str], default: str = "Median") -> Missing:
    return Missing.model_validate({"default": default, "columns": list(columns)})


def test_numbers_take_the_default_and_the_others_the_most_frequent() -> None:
    plan = plan_columns(KINDS, missing(default="Mean"))
    assert [(column.name, column.missing.value) for column in plan.columns] == [("n", "Mean"), ("c", "MostFrequent"), ("t", "MostFrequent")]


def test_a_column_of_its_own_takes_precedence() -> None:
    plan = plan_columns(KINDS, missing({"name": "n", "method": "Constant", "value": "-1"}, {"name": "t", "method": "DropRow"}))
    assert plan.columns[0] == PlannedColumn("n", ColumnType.NUMERICAL, "Constant", "-1")
    assert plan.columns[2].missing == "DropRow"


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ({"name": "c", "method": "Median"}, "for numbers"),
        ({"name": "t", "method": "MostFrequent"}, "DropRow only"),
        ({"name": "n", "method": "Constant", "value": "none"}, "'none' is not a number"),
        ({"name": "n", "method": "Constant", "value": "inf"}, "'inf' is not a number"),
    ],
)
def test_a_method_that_does_not_fit_its_column_is_refused(column: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidRequest, match=words) as raised:
        plan_columns(KINDS, missing(column))
    assert raised.value.reason is Reason.INVALID_SPEC
    assert f"columns[{column['name']}]" in str(raised.value)
