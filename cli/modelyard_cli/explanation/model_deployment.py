"""A ModelDeployment in sentences: which version is served and why, how the rollout stands, and what the monitor saw."""

from collections.abc import Iterator, Mapping, Sequence

from modelyard_api.catalogue.checks import CHECKS, checks_of
from modelyard_api.conditions import Condition, DeploymentCondition, Reason
from modelyard_api.labels import registered_model
from modelyard_api.model_deployment import ModelDeploymentSpec
from modelyard_api.pod_contract import ColumnDrift
from modelyard_api.rendering import sentence
from modelyard_api.resource_status import ModelDeploymentStatus, ServedVersion
from modelyard_operator.kube.interface import Object

from modelyard_cli.explanation.reasons import meaning
from modelyard_cli.explanation.text import Explanation, counted, joined, newest_first, note, other_warnings, read, section, when

_COLUMNS_SHOWN = 8
_OWN_WORDS = frozenset({DeploymentCondition.DRIFTED, DeploymentCondition.DATA_QUALITY_DEGRADED, DeploymentCondition.QUALITY_DEGRADED})
_EVENTS_SHOWN = 4
_SUMMARIES = {
    "Pending": "Nothing is served yet: it waits for a model.",
    "Progressing": "A version is being rolled out.",
    "Available": "It is served as the spec says.",
    "Degraded": "It differs from what the spec says.",
    "Failed": "Nothing is served, and that doesn't mend itself.",
    "ScaledToZero": "Nothing is served: spec.replicas is 0.",
}
_SAID_BY_THE_MESSAGE = frozenset({Reason.MINIMUM_REPLICAS_AVAILABLE, Reason.ROLLED_OUT, Reason.ROLLING_OUT})
_ROLES = {"Stable": "gets the traffic", "Next": "is being started", "Retiring": "is draining, and goes"}


def watch(spec: ModelDeploymentSpec) -> Iterator[str]:
    """What it looks at and when."""
    monitoring = spec.monitoring
    if monitoring is None:
        yield "Nothing: spec.monitoring isn't there."
        return
    window = monitoring.window
    size = f"{window.rows:,} new predictions" if window.rows else f"{window.seconds:,} seconds"
    yield f"At {monitoring.schedule} (cron, UTC) it judges every complete window of {size}, from {monitoring.minimum_rows:,} rows on."
    asked, alert = monitoring.drift.asked, monitoring.alert
    rule = f"when {monitoring.drift.fixed.share:.0%} of the columns moved" if asked is None else "when a column moved more than in training"
    yield f"A window says drift {rule}; {alert.after} of the last {alert.of} windows have to."
    if asked is not None:
        yield f"The limits are calibrated for {asked:g} false alarms in 30 days."


def drift(spec: ModelDeploymentSpec, status: ModelDeploymentStatus, conditions: Mapping[str, Condition]) -> Iterator[str]:
    """The verdict and the columns behind it."""
    if spec.monitoring is None:
        return
    if condition := conditions.get(DeploymentCondition.DRIFTED):
        yield from _said(condition, "Drift: its inputs aren't like those it was trained on.", "No drift.")
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
    """Of the inputs, of the predictions, and whether the monitor itself is well."""
    if spec.monitoring is None:
        return
    condition = conditions.get(DeploymentCondition.DATA_QUALITY_DEGRADED)
    if condition and condition.reason != Reason.NO_WINDOW_YET:
        yield from _said(condition, "Data: some columns don't come as they should.", "Data: they come as they should.")
    if condition := conditions.get(DeploymentCondition.QUALITY_DEGRADED):
        yield from _said(condition, "Predictions: worse than the limit allows.", "Predictions: within the limit.")
    elif spec.monitoring.performance is None:
        yield "Predictions: not measured; spec.monitoring.performance compares them with true outcomes sent to /feedback."
    for check in checks_of(spec.monitoring):
        if check.condition not in _OWN_WORDS and (condition := conditions.get(check.condition)):
            yield from _said(condition, f"{check.title}: yes.", f"{check.title}: no.")
    condition = conditions.get(DeploymentCondition.MONITOR_STALE)
    if condition and condition.reason == Reason.MONITOR_FAILED:
        yield from _said(condition, "The monitor fails, so all of this may be out of date.", "The monitor's last run failed.")


def _said(condition: Condition, when_true: str, when_false: str) -> Iterator[str]:
    if condition.reason != Reason.NO_WINDOW_YET:  # its message says it all
        yield {"True": when_true, "False": when_false}.get(condition.status) or meaning(condition).says
    yield sentence(condition.message)


def alerts(spec: ModelDeploymentSpec, conditions: Mapping[str, Condition], events: Sequence[Object]) -> Iterator[str]:
    """Where alerts go, and which were sent."""
    if spec.monitoring is None:
        return
    secrets = [each.secret_ref.name for each in spec.monitoring.alert.notify or ()]
    data = conditions.get(DeploymentCondition.DATA_QUALITY_DEGRADED)
    has_dead_columns = data is not None and data.reason == Reason.COLUMNS_DEAD  # its other findings alert nobody
    is_on = has_dead_columns or any(
        is_true(conditions, name) for name in (DeploymentCondition.DRIFTED, DeploymentCondition.QUALITY_DEGRADED)
    )
    receivers = f"the receivers in Secret {joined(secrets)}" if secrets else "nobody: spec.monitoring.alert.notify names no Secret"
    yield f"{'An alert is on' if is_on else 'No alert is on'}. Outside, an alert goes to {receivers}."
    of_checks = {reason for check in CHECKS.values() for reason in (check.began, check.ended)} | {"AlertNotDelivered"}
    episodes = [event for event in newest_first(events) if event.get("reason") in of_checks]
    yield from (sentence(f"{event['reason']}: {note(event)}") for event in episodes[:_EVENTS_SHOWN])


def is_true(conditions: Mapping[str, Condition], name: DeploymentCondition) -> bool:
    """Whether the condition is there and holds."""
    return name in conditions and conditions[name].status == "True"


def explain_model_deployment(resource: Object, events: Sequence[Object] = (), address: str = "") -> Explanation:
    """Pure. ``address`` works from here; empty: only the one inside the cluster is known. Raises CommandError for a resource of another version."""
    spec, status = read(ModelDeploymentSpec, resource, "spec"), read(ModelDeploymentStatus, resource, "status")
    name, namespace = resource["metadata"]["name"], resource["metadata"].get("namespace", "default")
    conditions: Mapping[str, Condition] = {each.type: each for each in status.conditions}
    sections = [
        *section("Which version is served", _served(spec, status, registered_model(namespace, spec.model.name), address)),
        *section("The rollout", _rollout(status, conditions)),
        *section("What the monitor watches", watch(spec)),
        *section("Drift", drift(spec, status, conditions)),
        *section("Quality", quality(spec, conditions)),
        *section("Alerts", alerts(spec, conditions, events)),
        *section("To look at", map(sentence, other_warnings(events))),
        *section("What to do", _to_do(name, spec, status, conditions)),
    ]
    state = status.state or "Pending"
    return Explanation(f"ModelDeployment {name} in {namespace}: {state}", _summary(status, conditions), tuple(sections))


def _summary(status: ModelDeploymentStatus, conditions: Mapping[str, Condition]) -> str:
    base = _SUMMARIES.get(status.state, "The operator hasn't looked at it yet." if not status.state else f"Its state is {status.state}.")
    wrong = {
        DeploymentCondition.DRIFTED: "its inputs have drifted away from those it was trained on",
        DeploymentCondition.QUALITY_DEGRADED: "its predictions have become worse than the limit allows",
        DeploymentCondition.DATA_QUALITY_DEGRADED: "some columns don't come as they should",
        DeploymentCondition.MONITOR_STALE: "its monitor fails",
    }
    found = [text for name, text in wrong.items() if name in conditions and conditions[name].status == "True"]
    return f"{base} But {', and '.join(found)}." if found else base


def _served(spec: ModelDeploymentSpec, status: ModelDeploymentStatus, model: str, address: str) -> Iterator[str]:
    requested = f"whatever version the alias {spec.model.alias} is at" if spec.model.alias else f"version {spec.model.version}"
    yield f"Requested: {requested}, of {model}."
    if not status.version:
        yield "No version has been served yet."
        return
    last = status.history[-1] if status.history else None
    since = f" since {when(last.at)}" if last and last.at else ""
    why = f", because {last.why}" if last and last.why else ""
    yield f"Version {status.version} is served{since}{why}."
    if last and last.from_version:
        yield f"Before it, version {last.from_version} did; {counted(len(status.history), 'change')} of version so far."
    if address:
        yield f"Address: {address}"
    elif status.url:
        yield f"Address inside the cluster: {status.url}"


def _rollout(status: ModelDeploymentStatus, conditions: Mapping[str, Condition]) -> Iterator[str]:
    for name in (DeploymentCondition.AVAILABLE, DeploymentCondition.PROGRESSING):
        if condition := conditions.get(name):
            yield "" if condition.reason in _SAID_BY_THE_MESSAGE else meaning(condition).says
            yield sentence(condition.message)
    if len(status.versions) > 1:
        yield from (_pods(served) for served in status.versions)


def _pods(served: ServedVersion) -> str:
    return f"Version {served.version} {_ROLES[served.role]}: {served.ready_replicas} of {counted(served.replicas, 'pod')} ready."


def _to_do(name: str, spec: ModelDeploymentSpec, status: ModelDeploymentStatus, conditions: Mapping[str, Condition]) -> Iterator[str]:
    for condition in conditions.values():
        if condition.reason not in {Reason.LIMITS_EXCEEDED, Reason.MONITOR_FAILED} or condition.status == "True":
            yield meaning(condition).do
    if status.state in {"Degraded", "Failed"}:
        yield f"What its pods printed: modelyard logs md/{name}"
    if is_true(conditions, DeploymentCondition.QUALITY_DEGRADED):
        yield f"Train on newer rows and let that version be promoted, or go back: modelyard rollback md/{name}"
    elif is_true(conditions, DeploymentCondition.DRIFTED):
        yield f"Look at the columns: modelyard open report {name}"
        yield "Moved inputs needn't mean worse predictions: true outcomes, sent to /feedback, tell. If they are worse, train on newer rows."
    if spec.monitoring is None and status.version:
        yield "Nobody watches its inputs: spec.monitoring would."
