"""A ModelDeployment in sentences: which version answers and why, how the rollout stands, and what the monitor saw."""

from collections.abc import Iterator, Mapping, Sequence

from modelyard_api.conditions import Condition, DeploymentCondition, Reason
from modelyard_api.labels import registered_model
from modelyard_api.model_deployment import ModelDeploymentSpec
from modelyard_api.status import ModelDeploymentStatus, ServedVersion
from modelyard_operator.kube.interface import Object

from modelyard_cli.explanation.events import untold_warnings
from modelyard_cli.explanation.reading import read
from modelyard_cli.explanation.reasons import meaning
from modelyard_cli.explanation.text import Explanation, counted, section, sentence, when
from modelyard_cli.explanation.watching import alerts, drift, is_true, quality, watch

_SUMMARIES = {
    "Pending": "Nothing answers yet: it waits for a model.",
    "Progressing": "A version is being rolled out.",
    "Available": "It answers, as it was asked to.",
    "Degraded": "It isn't as it was asked to be.",
    "Failed": "Nothing answers, and that doesn't mend itself.",
    "ScaledToZero": "Nothing answers: it was told to have no pod.",
}
_SAID_BY_THE_MESSAGE = frozenset({Reason.MINIMUM_REPLICAS_AVAILABLE, Reason.ROLLED_OUT, Reason.ROLLING_OUT})
_ROLES = {"Stable": "answers", "Next": "is being started", "Retiring": "is draining, and goes"}


def explain_model_deployment(resource: Object, events: Sequence[Object] = (), address: str = "") -> Explanation:
    """Pure. ``address`` works from here; empty: only the one inside the cluster is known. Raises CommandError for a resource of another version."""
    spec, status = read(ModelDeploymentSpec, resource, "spec"), read(ModelDeploymentStatus, resource, "status")
    name, namespace = resource["metadata"]["name"], resource["metadata"].get("namespace", "default")
    conditions: Mapping[str, Condition] = {each.type: each for each in status.conditions}
    sections = [
        *section("Which version answers", _answers(spec, status, registered_model(namespace, spec.model.name), address)),
        *section("The rollout", _rollout(status, conditions)),
        *section("What the monitor watches", watch(spec)),
        *section("Drift", drift(spec, status, conditions)),
        *section("Quality", quality(spec, conditions)),
        *section("Alerts", alerts(spec, conditions, events)),
        *section("To look at", map(sentence, untold_warnings(events))),
        *section("What to do", _to_do(name, spec, status, conditions)),
    ]
    state = status.state or "Pending"
    return Explanation(f"ModelDeployment {name} in {namespace}: {state}", _summary(status, conditions), tuple(sections))


def _summary(status: ModelDeploymentStatus, conditions: Mapping[str, Condition]) -> str:
    base = _SUMMARIES.get(status.state, "The operator hasn't looked at it yet." if not status.state else f"Its state is {status.state}.")
    wrong = {
        DeploymentCondition.DRIFTED: "what it is asked has drifted away from what it was trained on",
        DeploymentCondition.QUALITY_DEGRADED: "its answers have become worse than they may be",
        DeploymentCondition.DATA_QUALITY_DEGRADED: "some columns don't come as they should",
        DeploymentCondition.MONITOR_STALE: "its monitor fails",
    }
    found = [text for name, text in wrong.items() if name in conditions and conditions[name].status == "True"]
    return f"{base} But {', and '.join(found)}." if found else base


def _answers(spec: ModelDeploymentSpec, status: ModelDeploymentStatus, model: str, address: str) -> Iterator[str]:
    asked = f"whatever version the alias {spec.model.alias} is at" if spec.model.alias else f"version {spec.model.version}"
    yield f"Asked for: {asked}, of {model}."
    if not status.version:
        yield "No version has answered yet."
        return
    last = status.history[-1] if status.history else None
    since = f" since {when(last.at)}" if last and last.at else ""
    why = f", because {last.why}" if last and last.why else ""
    yield f"Version {status.version} answers{since}{why}."
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
        yield "Moved inputs needn't mean worse answers: true outcomes, sent to /feedback, tell. If they are worse, train on newer rows."
    if spec.monitoring is None and status.version:
        yield "Nobody watches what it is asked: spec.monitoring would."
