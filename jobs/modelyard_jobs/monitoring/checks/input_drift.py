"""Whether inputs have moved away from the reference sample: a vote per window, and a verdict by k of the last n votes."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from modelyard_api.catalogue.checks import CheckName
from modelyard_api.model_deployment import Monitoring
from modelyard_api.pod_contract import ColumnDrift

from modelyard_jobs.monitoring.checks.check import Context, enough_votes, shown, votes_on
from modelyard_jobs.monitoring.checks.column_findings import ColumnFinding, find_in_watched_columns
from modelyard_jobs.monitoring.checks.distances import Distance, compare
from modelyard_jobs.monitoring.state import CheckResult

_FINDING_LENGTH = 128  # characters
_NAMED = 5


@dataclass(frozen=True)
class WindowDrift:
    """One window against the reference. ``vote`` is None when no column could be compared."""

    vote: bool | None
    drifted_share: float | None
    columns: tuple[ColumnDrift, ...] = ()  # the worst first; the model's output after its inputs
    page: bytes = b""  # Evidently's report


class InputDrift:
    """Active when enough of the last windows voted for drift."""

    def run(self, context: Context) -> CheckResult | None:
        """Nothing without a window."""
        if context.window is None:
            return None
        found = compare_window(context.reference, context.window, context.settings)
        earlier = votes_on(CheckName.INPUT_DRIFT, context.history)
        votes = earlier if found.vote is None else [*earlier, found.vote]
        _, active = enough_votes(votes, context.settings.alert)
        moved = [column for column in found.columns if column.drifted]
        subject = ", ".join(column.name for column in moved[:_NAMED])
        return CheckResult(
            active=active if votes else None,
            vote=found.vote,
            subject=subject if found.vote or context.previous is None else context.previous.subject,
            message=_message(found, votes, context.settings),
            columns=found.columns,
            drifted_share=found.drifted_share,
            page=found.page,
        )


def compare_window(reference: pl.DataFrame, window: pl.DataFrame, monitoring: Monitoring) -> WindowDrift:
    """``window`` may be a sample of its rows.

    The share is that of the drifted among the inputs that could be compared. The model's output is compared as well and reported, but
    gives no vote: it follows from the inputs, and would count their drift twice.
    """
    inputs, outputs = find_in_watched_columns(reference, window)
    comparison = compare(reference, window, [*inputs, *outputs], monitoring.drift)
    distances = comparison.distances[: len(inputs)]
    compared = [each for each in distances if each.distance is not None]
    share = sum(each.drifted for each in compared) / len(compared) if compared else None
    return WindowDrift(
        vote=None if share is None else share >= monitoring.drift.share,
        drifted_share=share,
        columns=_columns(inputs, distances) + _columns(outputs, comparison.distances[len(inputs) :]),
        page=comparison.html,
    )


def _columns(findings: Sequence[ColumnFinding], distances: Sequence[Distance]) -> tuple[ColumnDrift, ...]:
    """The largest multiple of the threshold first, then what could not be compared."""
    rows = [
        ColumnDrift(
            name=shown(found.name),
            method=each.method,
            distance=None if each.distance is None else float(f"{each.distance:.4g}"),
            threshold=each.threshold,
            drifted=each.drifted,
            finding=(found.finding or each.problem)[:_FINDING_LENGTH],
        )
        for found, each in zip(findings, distances, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: -(row.distance or 0.0) / row.threshold if row.distance is not None else 1.0))


def _message(found: WindowDrift, votes: Sequence[bool], monitoring: Monitoring) -> str:
    """The votes, how far the newest window's columns moved, and the limits."""
    alert = monitoring.alert
    if not votes:
        return "The window gave no vote: no column could be compared."
    share = "no column could be compared" if found.drifted_share is None else f"{found.drifted_share:.0%} of the columns drifted"
    count, _ = enough_votes(votes, alert)
    counted = f"{count} of {min(len(votes), alert.of)} windows voted for drift ({alert.after} of {alert.of} needed)"
    return f"{counted}; in the newest {share} (a vote from {monitoring.drift.share:.0%}){_worst(found.columns)}."


def _worst(columns: Sequence[ColumnDrift]) -> str:
    drifted = [column for column in columns if column.drifted and column.distance is not None]
    named = ", ".join(f"{c.name} ({c.method} {c.distance:.3g}, limit {c.threshold:g})" for c in drifted[:_NAMED])
    return f": {named}" if named else ""
