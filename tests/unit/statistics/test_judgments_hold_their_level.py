"""The simulations of ``make simulate`` in short: few draws of the cases in which intervals and gates fail first."""

from pathlib import Path

from modelyard_api.catalogue.metrics import Metric
from modelyard_api.model_deployment import Alert

from tests.simulation.chains import chains
from tests.simulation.codes import Design, codes
from tests.simulation.drift import Stream, drift
from tests.simulation.gates import gates, rare_disagreement
from tests.simulation.intervals import differences, rare_classes, single_metrics
from tests.simulation.populations import Groups
from tests.simulation.tables import Outcome, write

FEW_GROUPS = Groups(12, 30.0, 0.3, 0.1)
MANY_GROUPS = Groups(60, 10.0, 0.8, 0.1)


def test_intervals_of_a_metric_hold_the_truth_and_are_not_too_wide() -> None:
    outcome = single_metrics(400, (FEW_GROUPS, MANY_GROUPS), (Metric.RMSE, Metric.MAE, Metric.ACCURACY, Metric.ROC_AUC))
    assert outcome.failures == []


def test_intervals_of_a_difference_hold_the_truth_and_are_not_too_wide() -> None:
    assert differences(400, (FEW_GROUPS,), (Metric.RMSE, Metric.LOG_LOSS, Metric.F1)).failures == []


def test_ten_rows_of_a_class_are_enough_for_an_interval() -> None:
    assert rare_classes(300, (((390, 10), (0.75, 0.97)),)).failures == []


def test_gates_pass_what_they_should_and_nothing_else() -> None:
    assert gates(500, (Groups(15, 20.0, 0.0, 0.1),), (Metric.RMSE,)).failures == []


def test_no_change_seen_is_not_taken_for_no_change() -> None:
    assert rare_disagreement(300).failures == []


def test_a_chain_of_slightly_worse_models_goes_no_further_than_the_margin() -> None:
    assert chains(40, (Metric.RMSE,), (2.8,)).failures == []


def test_codes_are_told_from_amounts() -> None:
    assert codes(400, (Design(600, 60),), (Design(1_500, 400),)).failures == []


def test_drift_is_alerted_where_there_is_some_and_seldom_else() -> None:
    assert drift(800, (Stream(0.8, 0.7, 60),), (Alert(after=2, of=3),)).failures == []


def test_a_table_replaces_what_stands_between_its_markers(tmp_path: Path) -> None:
    page = tmp_path / "statistics.md"
    page.write_text("before\n<!-- x -->\nold\n<!-- end of x -->\nafter\n")
    write("x", Outcome("Title", "Why.", ("a", "b"), [("1", "2")]), page)
    assert (
        page.read_text() == "before\n<!-- x -->\n\n### Title\n\nWhy.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n<!-- end of x -->\nafter\n"
    )
