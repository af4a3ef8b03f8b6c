"""The result always fits into a termination message and keeps what matters most."""

from modelyard_api.catalogue.checks import CheckName
from modelyard_api.conditions import Reason
from modelyard_api.pod_contract import TERMINATION_MESSAGE_LIMIT, ColumnDrift, MonitorResult
from modelyard_jobs.commands.monitor import summarise
from modelyard_jobs.monitoring.state import CheckResult, JudgedWindow, LastWindow, MonitorState, Position, VersionState

from tests.unit.monitoring.requests import monitor_request


def state(columns: int, width: int, message: str = "It moved.") -> MonitorState:
    finding = "f" * 100 if width > 50 else ""
    inputs = [
        ColumnDrift(
            name=f"{index:02d}".ljust(width, "ä"), method="PSI", distance=100.0 - index, threshold=0.2, drifted=True, finding=finding
        )
        for index in range(columns)
    ]
    output = ColumnDrift(name="output.prediction", method="PSI", distance=0.01, threshold=0.2, drifted=False)
    last = LastWindow(
        window="2026-01-01T00:00:00Z/2026-01-01T00:05:00Z", rows=500, report_url="s3://bucket/ml/flights/monitoring/reports/v3-000001.html"
    )
    drift = CheckResult(active=False, vote=True, message=message, columns=(*inputs, output), drifted_share=1.0)
    results = {"drift": drift, "data-quality": CheckResult(active=True, message=message), "quality": CheckResult(message=message)}
    window = JudgedWindow(number=1, start=0, end=1, rows=500, votes={CheckName.INPUT_DRIFT: True})
    version = VersionState(position=Position(horizon=0), windows=(window,), judged=1, voted=1, last=last, results=results)
    return MonitorState(uid="uid-1", version="3", versions={"3": version})


def size(result: MonitorResult) -> int:
    return len(result.model_dump_json(by_alias=True).encode())


def test_a_wide_table_is_cut_to_its_worst_columns_and_the_prediction() -> None:
    result = summarise(state(200, 100), monitor_request(), [])
    assert size(result) <= TERMINATION_MESSAGE_LIMIT
    assert result.columns[0].name.startswith("00")
    assert result.columns[-1].name == "output.prediction"


def test_checks_that_say_much_are_cut_and_none_is_left_out() -> None:
    result = summarise(state(200, 100, "ö" * 5000), monitor_request(), [])
    assert size(result) <= TERMINATION_MESSAGE_LIMIT
    assert [each.check for each in result.checks] == ["drift", "data-quality", "quality"]


def test_a_usual_table_keeps_twenty_columns() -> None:
    message = "2 of 3 windows voted for drift (2 of 3 needed); in the newest 50% of the columns drifted (a vote from 30%): 0, 1, 2, 3, 4."
    result = summarise(state(30, 8, message), monitor_request(), ["alert-urls/webhook: HTTP 500"])
    assert len(result.columns) == 20
    assert result.alert_problem == "alert-urls/webhook: HTTP 500"
    assert (result.windows_judged, result.votes, result.drifted, result.alerted) == (1, 1, False, False)
    assert [each.reason for each in result.checks] == [Reason.WITHIN_LIMITS, Reason.LIMITS_EXCEEDED, Reason.NO_WINDOW_YET]


def test_the_operator_reads_what_the_pod_writes() -> None:
    """Without what is None, as termination messages are written: one check here doesn't know."""
    result = summarise(state(3, 8), monitor_request(), [])
    assert [each.active for each in result.checks] == [False, True, None]
    assert MonitorResult.model_validate_json(result.model_dump_json(by_alias=True, exclude_none=True)) == result


def test_before_the_first_window_the_result_is_empty() -> None:
    empty = MonitorState(uid="uid-1", version="3", versions={"3": VersionState(position=Position(horizon=0))})
    result = summarise(empty, monitor_request(), [])
    assert (result.window, result.rows, result.drifted_share, result.columns, result.checks) == ("", 0, None, [], [])


def test_votes_from_before_the_version_came_back_do_not_count() -> None:
    windows = tuple(JudgedWindow(number=number, start=0, end=1, rows=1, votes={CheckName.INPUT_DRIFT: True}) for number in (1, 2, 3))
    version = VersionState(position=Position(horizon=0), windows=windows, votes_after=2)
    result = summarise(MonitorState(uid="uid-1", version="3", versions={"3": version}), monitor_request(), [])
    assert (result.votes, result.drifted) == (1, False)
