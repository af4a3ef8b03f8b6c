"""The monitor's half of a ModelDeployment's story: drift, quality and whom it told."""

from collections.abc import Iterator, Mapping, Sequence

from modelyard_api.conditions import Condition, DeploymentCondition, Reason
from modelyard_api.model_deployment import ModelDeploymentSpec
from modelyard_api.pod_contract import ColumnDrift
from modelyard_api.status import ModelDeploymentStatus
from modelyard_operator.kube.interface import Object

from modelyard_cli.explanation.events import newest_first, note
from modelyard_cli.explanation.reasons import meaning
from modelyard_cli.explanation.text import counted, joined, sentence, when

_COLUMNS_SHOWN = 8
_EPISODES = frozenset({"DriftDetected", "DriftCleared", "QualityDegraded", "QualityRecovered", "AlertNotDelivered"})
_EVENTS_SHOWN = 4


def watch(spec: ModelDeploymentSpec) -> Iterator[str]:
    """What it looks at and when."""
    monitoring = spec.monitoring
    if monitoring is None:
        yield "Nothing: spec.monitoring isn't there."
        return
    window = monitoring.window
    size = f"{window.rows:,} new predictions" if window.rows else f"{window.seconds:,} seconds"
    yield f"At {monitoring.schedule} (cron, UTC) it judges every complete window of {size}, from {monitoring.minimum_rows:,} rows on."
    share, alert = monitoring.drift.share, monitoring.alert
    yield f"A window says drift when {share:.0%} of the columns moved; {alert.after} of the last {alert.of} windows have to."


def drift(spec: ModelDeploymentSpec, status: ModelDeploymentStatus, conditions: Mapping[str, Condition]) -> Iterator[str]:
    """The verdict and the columns behind it."""
    if spec.monitoring is None:
        return
    if condition := conditions.get(DeploymentCondition.DRIFTED):
        yield from _said(condition, "Drift: what it is asked isn't like what it was trained on.", "No drift.")
    seen = status.monitoring
    if seen and seen.last_window:
        start, _, end = seen.last_window.partition("/")
        judged = counted(seen.windows_judged, "window")
        yield f"Newest window: {counted(seen.rows, 'row')} from {when(start)} to {when(end)}; {judged} of version {seen.version} judged so far."
        yield from (_column(column) for column in _moved(seen.columns))
    if seen and seen.report_url:
        yield f"Report: {seen.report_url}"


def _moved(columns: Sequence[ColumnDrift]) -> list[ColumnDrift]:
    """The worst come first already."""
    return [column for column in columns if column.drifted or column.finding][:_COLUMNS_SHOWN]


def _column(column: ColumnDrift) -> str:
    finding = f"; {column.finding}" if column.finding else ""
    if column.distance is None:
        return f"{column.name}: not compared{finding}."
    verb = "moved" if column.drifted else "within its limit"
    times = f", {column.distance / column.threshold:.1f} times its limit" if column.drifted else ""
    return f"{column.name}: {verb}, {column.method} {column.distance:.3g}{times} ({column.threshold:g}){finding}."


def quality(spec: ModelDeploymentSpec, conditions: Mapping[str, Condition]) -> Iterator[str]:
    """Of the data that come in, of the answers, and whether the monitor itself is well."""
    if spec.monitoring is None:
        return
    condition = conditions.get(DeploymentCondition.DATA_QUALITY_DEGRADED)
    if condition and condition.reason != Reason.NO_WINDOW_YET:
        yield from _said(condition, "Data: some columns don't come as they should.", "Data: they come as they should.")
    if condition := conditions.get(DeploymentCondition.QUALITY_DEGRADED):
        yield from _said(condition, "Answers: worse than they may be.", "Answers: as good as they have to be.")
    elif spec.monitoring.performance is None:
        yield "Answers: not measured; spec.monitoring.performance compares them with true outcomes sent to /feedback."
    condition = conditions.get(DeploymentCondition.MONITOR_STALE)
    if condition and condition.reason == Reason.MONITOR_FAILED:
        yield from _said(condition, "The monitor fails, so all of this may be out of date.", "The monitor's last run failed.")


def _said(condition: Condition, when_true: str, when_false: str) -> Iterator[str]:
    if condition.reason != Reason.NO_WINDOW_YET:  # its message says it all
        yield {"True": when_true, "False": when_false}.get(condition.status) or meaning(condition).says
    yield sentence(condition.message)


def alerts(spec: ModelDeploymentSpec, conditions: Mapping[str, Condition], events: Sequence[Object]) -> Iterator[str]:
    """Who is told, and what they were told."""
    if spec.monitoring is None:
        return
    told = [each.secret_ref.name for each in spec.monitoring.alert.notify or ()]
    is_on = [name for name in (DeploymentCondition.DRIFTED, DeploymentCondition.QUALITY_DEGRADED) if is_true(conditions, name)]
    receivers = f"the receivers in Secret {joined(told)}" if told else "nobody: spec.monitoring.alert.notify names no Secret"
    yield f"{'An alert is on' if is_on else 'No alert is on'}. Outside, an alert goes to {receivers}."
    episodes = [event for event in newest_first(events) if event.get("reason") in _EPISODES]
    yield from (sentence(f"{event['reason']}: {note(event)}") for event in episodes[:_EVENTS_SHOWN])


def is_true(conditions: Mapping[str, Condition], name: DeploymentCondition) -> bool:
    """Whether the condition is there and holds."""
    return name in conditions and conditions[name].status == "True"
