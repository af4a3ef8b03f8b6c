"""Whether inputs have moved away from the reference sample: a vote per window, and a verdict by k of the last n votes."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from modelyard_api.catalogue.checks import CheckName
from modelyard_api.model_deployment import Monitoring, NumericalMethod
from modelyard_api.pod_contract import ColumnDrift

from modelyard_jobs.monitoring.calibration.in_use import CalibratedLimits, limits_for, windows_per_month
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
        limits = _calibrated(context, context.window)
        found = compare_window(context.reference, context.window, context.settings, limits)
        earlier = votes_on(CheckName.INPUT_DRIFT, context.history)
        votes = earlier if found.vote is None else [*earlier, found.vote]
        _, active = enough_votes(votes, context.settings.alert)
        moved = [column for column in found.columns if column.drifted]
        subject = ", ".join(column.name for column in moved[:_NAMED])
        return CheckResult(
            active=active if votes else None,
            vote=found.vote,
            subject=subject if found.vote or context.previous is None else context.previous.subject,
            message=_message(found, votes, context.settings, calibrated=limits is not None),
            columns=found.columns,
            drifted_share=found.drifted_share,
            page=found.page,
        )


def _calibrated(context: Context, window: pl.DataFrame) -> CalibratedLimits | None:
    """None: the thresholds are given, or nothing can be learnt from the training rows."""
    asked = context.settings.drift.asked
    if asked is None:
        return None
    rate = windows_per_month(context.settings.window, context.history, context.profile)
    return limits_for(context.profile, asked, window.height, context.settings.alert, rate)


def compare_window(
    reference: pl.DataFrame, window: pl.DataFrame, monitoring: Monitoring, calibrated: CalibratedLimits | None = None
) -> WindowDrift:
    """``window`` may be a sample of its rows.

    With calibrated limits one column that is beyond its own is a vote: the level is spent on the largest. With fixed ones the share of the
    drifted counts, among the inputs that could be compared. The model's output is compared as well and reported, but gives no vote: it follows
    from the inputs, and would count their drift twice.
    """
    inputs, outputs = find_in_watched_columns(reference, window)
    fixed = monitoring.drift.fixed
    comparison = compare(reference, window, [*inputs, *outputs], fixed)
    distances = comparison.distances[: len(inputs)]
    if calibrated:
        distances = tuple(_held_to(calibrated, found, window) for found in inputs)
    compared = [each for each in distances if each.distance is not None]
    share = sum(each.drifted for each in compared) / len(compared) if compared else None
    return WindowDrift(
        vote=None if share is None else share > 0 if calibrated else share >= fixed.share,
        drifted_share=share,
        columns=_columns(inputs, distances) + _columns(outputs, comparison.distances[len(inputs) :]),
        page=comparison.html,
    )


def _held_to(calibrated: CalibratedLimits, found: ColumnFinding, window: pl.DataFrame) -> Distance:
    """Dead columns are findings. Texts that are too many to be compared one by one are compared by their lengths."""
    limit = calibrated.limits.get(found.name)
    if limit is None or found.dead:
        return Distance(found.name, str(NumericalMethod.PSI), limit or 1.0, None, found.unable or "the training rows have no limit for it")
    return Distance(found.name, str(NumericalMethod.PSI), limit, calibrated.distance(window[found.name]))


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


def _message(found: WindowDrift, votes: Sequence[bool], monitoring: Monitoring, *, calibrated: bool) -> str:
    """The votes, how far the newest window's columns moved, and the limits."""
    alert = monitoring.alert
    if not votes:
        return "The window gave no vote: no column could be compared."
    share = "no column could be compared" if found.drifted_share is None else f"{found.drifted_share:.0%} of the columns drifted"
    count, _ = enough_votes(votes, alert)
    counted = f"{count} of {min(len(votes), alert.of)} windows voted for drift ({alert.after} of {alert.of} needed)"
    return f"{counted}; in the newest {share} ({_rule(monitoring, calibrated)}){_worst(found.columns)}."


def _rule(monitoring: Monitoring, calibrated: bool) -> str:
    asked = monitoring.drift.asked
    if calibrated and asked is not None:
        return f"one is a vote; limits for {asked:g} false alarm{'' if asked == 1 else 's'} in 30 days"
    unlearnt = "; fixed limits, as the training rows tell nothing of windows of this size" if asked is not None else ""
    return f"a vote from {monitoring.drift.fixed.share:.0%}{unlearnt}"


def _worst(columns: Sequence[ColumnDrift]) -> str:
    drifted = [column for column in columns if column.drifted and column.distance is not None]
    named = ", ".join(f"{c.name} ({c.method} {c.distance:.3g}, limit {c.threshold:g})" for c in drifted[:_NAMED])
    return f": {named}" if named else ""
