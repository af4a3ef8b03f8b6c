"""What the run says in its termination message, within its limit."""

from collections.abc import Sequence

from modelyard_api.pod_contract import TERMINATION_MESSAGE_LIMIT, ColumnDrift, MonitorRequest, MonitorResult
from modelyard_api.request_log import OUTPUT_PREFIX

from modelyard_jobs.monitoring.state import MonitorState
from modelyard_jobs.monitoring.verdict import votes

_COLUMNS = 20
_FINDINGS = 5
_TEXT = 160


def summarise(state: MonitorState, request: MonitorRequest, problems: Sequence[str], alert_problems: Sequence[str]) -> MonitorResult:
    """The newest window's verdict, whether this run or an earlier one found it: a lost message is made up for by the next."""
    version = state.versions[request.version]
    count, drifted = votes(version.windows, request.monitoring.alert, version.votes_after)
    last = version.last
    result = MonitorResult(
        version=request.version,
        window=last.window if last else "",
        rows=last.rows if last else 0,
        windows_judged=version.voted,
        drifted_share=last.drifted_share if last else None,
        votes=count,
        drifted=drifted,
        columns=_shortened(last.columns, _COLUMNS) if last else [],
        findings=_few([*(last.findings if last else ()), *version.label_problems, *problems]),
        realized=version.realized,
        report_url=last.report_url if last else "",
        alerted=bool(request.monitoring.alert.notify) and _alerted(state),
        alert_problem="; ".join(alert_problems)[:_TEXT],
    )
    return _fitting(result)


def _alerted(state: MonitorState) -> bool:
    """An episode is open and its beginning was delivered to everybody there is."""
    waiting = {notification.episode.id for notification in state.notifications}
    return any(episode.id not in waiting for episode in state.episodes)


def _few(findings: Sequence[str]) -> list[str]:
    texts = [finding[:_TEXT] for finding in findings]
    return texts if len(texts) <= _FINDINGS else [*texts[: _FINDINGS - 1], f"and {len(texts) - _FINDINGS + 1} more findings"]


def _shortened(columns: Sequence[ColumnDrift], count: int) -> list[ColumnDrift]:
    """The worst inputs, and what the model answered whatever its place."""
    answers = [column for column in columns if column.name.startswith(OUTPUT_PREFIX)][-1:]
    return [column for column in columns if column not in answers][: max(count - len(answers), 0)] + answers


def _fitting(result: MonitorResult) -> MonitorResult:
    """Leaves out the least drifted columns until the message fits."""
    for count in range(len(result.columns), -1, -1):
        shorter = result.model_copy(update={"columns": _shortened(result.columns, count) if count else []})
        if len(shorter.model_dump_json(by_alias=True).encode()) <= TERMINATION_MESSAGE_LIMIT:
            return shorter
    return result.model_copy(update={"columns": [], "findings": []})
