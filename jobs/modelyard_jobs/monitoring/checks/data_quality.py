"""Columns that don't come as they should, and files of the logs that can't be read."""

from collections.abc import Sequence

from modelyard_api.catalogue.checks import Severity
from modelyard_api.conditions import Reason

from modelyard_jobs.monitoring.checks.check import Context, shown
from modelyard_jobs.monitoring.checks.column_findings import ColumnFinding, find_in_watched_columns
from modelyard_jobs.monitoring.state import CheckResult

_NAMED = 5


class DataQuality:
    """Active when the newest window has a finding. A dead column is critical: nothing about it is watched any more."""

    def run(self, context: Context) -> CheckResult | None:
        """At the end of a run: the newest window's findings, and with them the run's problems."""
        if context.window is not None:
            return _of_window(context)
        before = context.previous or CheckResult(message="")
        if not context.problems and before.vote is None:
            return CheckResult(message="No window was judged yet.") if before.active else None
        return _result(before.findings, before.severity, before.subject, vote=before.vote, problems=context.problems)


def _of_window(context: Context) -> CheckResult:
    assert context.window is not None
    inputs, outputs = find_in_watched_columns(context.reference, context.window)
    found = [each for each in (*inputs, *outputs) if each.finding]
    dead = [each for each in found if each.dead]
    findings = tuple(f"{shown(each.name)}: {each.finding}" for each in sorted(found, key=lambda each: not each.unable))
    severity = Severity.CRITICAL if dead else Severity.INFO
    return _result(findings, severity, _names(dead), vote=bool(found))


def _names(dead: Sequence[ColumnFinding]) -> str:
    more = f" and {len(dead) - _NAMED} more" if len(dead) > _NAMED else ""
    return ", ".join(shown(each.name) for each in dead[:_NAMED]) + more


def _result(
    findings: tuple[str, ...], severity: Severity, subject: str, *, vote: bool | None, problems: tuple[str, ...] = ()
) -> CheckResult:
    texts = [*findings, *problems]
    few = texts if len(texts) <= _NAMED else [*texts[: _NAMED - 1], f"and {len(texts) - _NAMED + 1} more findings"]
    message = f"The monitor found: {'; '.join(few)}." if few else "Every column of the newest window is as the reference sample has it."
    because = Reason.COLUMNS_DEAD if severity is Severity.CRITICAL else None
    return CheckResult(
        active=bool(texts), because=because, severity=severity, vote=vote, subject=subject, message=message, findings=findings
    )
