"""The result always fits into a termination message and keeps what matters most."""

from modelyard_api.pod_contract import TERMINATION_MESSAGE_LIMIT, ColumnDrift, MonitorResult
from modelyard_jobs.monitoring.state import JudgedWindow, LastVerdict, MonitorState, Position, VersionState
from modelyard_jobs.monitoring.summary import summarise

from tests.unit.monitoring.requests import monitor_request


def state(columns: int, width: int) -> MonitorState:
    inputs = [
        ColumnDrift(
            name=f"{index:02d}".ljust(width, "ä"), method="PSI", distance=100.0 - index, threshold=0.2, drifted=True, finding="f" * 100
        )
        for index in range(columns)
    ]
    answer = ColumnDrift(name="output.prediction", method="PSI", distance=0.01, threshold=0.2, drifted=False)
    last = LastVerdict(
        window="2026-01-01T00:00:00Z/2026-01-01T00:05:00Z",
        rows=500,
        drifted_share=1.0,
        columns=(*inputs, answer),
        findings=tuple(f"{index}: {'ö' * 300}" for index in range(9)),
        report_url="s3://bucket/ml/flights/monitoring/reports/v3-000001.html",
    )
    window = JudgedWindow(number=1, start=0, end=1, rows=500, vote=True, drifted_share=1.0)
    version = VersionState(position=Position(horizon=0), windows=(window,), judged=1, voted=1, last=last)
    return MonitorState(uid="uid-1", version="3", versions={"3": version})


def size(result: MonitorResult) -> int:
    return len(result.model_dump_json(by_alias=True).encode())


def test_a_wide_table_is_cut_to_its_worst_columns_and_the_prediction() -> None:
    result = summarise(state(200, 100), monitor_request(), [], [])
    assert size(result) <= TERMINATION_MESSAGE_LIMIT
    assert result.columns[0].name.startswith("00")
    assert result.columns[-1].name == "output.prediction"
    assert len(result.findings) == 5
    assert result.findings[-1] == "and 5 more findings"


def test_a_usual_table_keeps_twenty_columns() -> None:
    table = state(30, 8)
    last = table.versions["3"].last
    assert last is not None
    plain = last.model_copy(update={"findings": (), "columns": tuple(each.model_copy(update={"finding": ""}) for each in last.columns)})
    table = table.model_copy(update={"versions": {"3": table.versions["3"].model_copy(update={"last": plain})}})
    result = summarise(table, monitor_request(), ["one log file can't be read"], ["alert-urls/webhook: HTTP 500"])
    assert len(result.columns) == 20
    assert result.findings == ["one log file can't be read"]
    assert result.alert_problem == "alert-urls/webhook: HTTP 500"
    assert (result.windows_judged, result.votes, result.drifted, result.alerted) == (1, 1, False, False)


def test_before_the_first_window_the_result_is_empty() -> None:
    empty = MonitorState(uid="uid-1", version="3", versions={"3": VersionState(position=Position(horizon=0))})
    result = summarise(empty, monitor_request(), [], [])
    assert (result.window, result.rows, result.drifted_share, result.columns) == ("", 0, None, [])
