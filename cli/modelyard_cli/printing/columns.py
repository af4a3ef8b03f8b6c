"""What `get` shows of a resource: the printer columns of our CustomResourceDefinitions, and kubectl's own for the built-in kinds.

Of JSONPath (https://kubernetes.io/docs/reference/kubectl/jsonpath/) the part that printer columns use is read; anything else is refused, never misread.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelyard_api.crds.resources import RESOURCES, Column
from modelyard_api.timestamps import from_timestamp
from modelyard_operator.kube.interface import Kind, Object

from modelyard_cli.clock import human, since

_STEP = re.compile(
    r"""\.(?P<field>[\w-]+)
      | \[(?P<index>\d+)\]
      | \[\?\(@\.(?P<filter>[\w.-]+)\s*==\s*(?P<value>"[^"]*"|'[^']*'|\w+)\)\]""",
    re.VERBOSE,
)
_Step = Callable[[Any], Iterator[Any]]
_Cell = Callable[[Object, datetime], str]
_NONE = "<none>"
# the first that is true is the word for a Job
_JOB_WORDS = (
    ("Complete", "Complete"),
    ("Failed", "Failed"),
    ("Suspended", "Suspended"),
    ("FailureTarget", "FailureTarget"),
    ("SuccessCriteriaMet", "SuccessCriteriaMet"),
)
NAMELESS = frozenset({"Event"})  # kubectl shows no name of these


def first(path: str, obj: Any) -> Any:
    """The first value that the path finds, as the API server shows in a column; None: nothing is there."""
    found = [obj]
    for step in _steps(path):
        found = [value for each in found for value in step(each)]
    return found[0] if found else None


def _steps(path: str) -> Iterator[_Step]:
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise ValueError(f"JSONPath {path!r}: {path[position:]!r} is not understood")
        yield _step(match)
        position = match.end()


def _step(match: re.Match[str]) -> _Step:
    if field := match["field"]:
        return lambda value: iter([value[field]] if isinstance(value, dict) and field in value else [])
    if match["index"] is not None:
        index = int(match["index"])
        return lambda value: iter(value[index : index + 1] if isinstance(value, list) else [])
    path, wanted = f".{match['filter']}", _literal(match["value"])
    return lambda value: (each for each in (value if isinstance(value, list) else ()) if first(path, each) == wanted)


def _literal(text: str) -> Any:
    return text[1:-1] if text[0] in "\"'" else json.loads(text)


def _pod_ready(pod: Object, _now: datetime) -> str:
    """``1/1``."""
    return f"{sum(bool(each.get('ready')) for each in _containers(pod))}/{len(pod['spec'].get('containers') or ())}"


def pod_status(pod: Object, _now: datetime) -> str:
    """The phase, or what says more: why a container waits or how it ended."""
    found = pod.get("status", {})
    word = str(found.get("reason") or found.get("phase") or "")
    for container in reversed(_containers(pod)):
        word = _of_container(container.get("state") or {}) or word
    if word == "Completed" and any(each.get("ready") and (each.get("state") or {}).get("running") for each in _containers(pod)):
        word = "Running" if _is_ready(found) else "NotReady"
    if pod["metadata"].get("deletionTimestamp") and found.get("phase") not in ("Succeeded", "Failed"):
        return "Unknown" if found.get("reason") == "NodeLost" else "Terminating"
    return word


def _pod_restarts(pod: Object, now: datetime) -> str:
    """``2 (5m ago)``."""
    count = sum(int(each.get("restartCount", 0)) for each in _containers(pod))
    ended = [str(last["finishedAt"]) for each in _containers(pod) if (last := _last_end(each)).get("finishedAt")]
    return f"{count} ({since(max(ended), now)} ago)" if count and ended else str(count)


def _containers(pod: Object) -> list[dict[str, Any]]:
    return list(pod.get("status", {}).get("containerStatuses") or ())


def _of_container(state: dict[str, Any]) -> str:
    if reason := (state.get("waiting") or {}).get("reason"):
        return str(reason)
    if not (ended := state.get("terminated")):
        return ""
    if ended.get("reason"):
        return str(ended["reason"])
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _last_end(container: dict[str, Any]) -> dict[str, Any]:
    return (container.get("lastState") or {}).get("terminated") or {}


def _is_ready(found: dict[str, Any]) -> bool:
    return any(each["type"] == "Ready" and each["status"] == "True" for each in found.get("conditions") or ())


def event_time(event: Object) -> str:
    """When an Event last happened."""
    series = event.get("series") or {}
    named = series.get("lastObservedTime") or event.get("deprecatedLastTimestamp") or event.get("eventTime")
    return str(named or event["metadata"]["creationTimestamp"])


def event_subject(event: Object) -> str:
    """``trainingjob/flights``."""
    regarding = event.get("regarding") or {}
    return f"{regarding.get('kind', '').lower()}/{regarding.get('name', '')}"


def _age(obj: Object, now: datetime) -> str:
    return since(obj["metadata"].get("creationTimestamp"), now)


def _of(*path: str, empty: str = _NONE) -> _Cell:
    def cell(obj: Object, _now: datetime) -> str:
        value: Any = obj
        for field in path:
            value = value.get(field) if isinstance(value, dict) else None
        if isinstance(value, bool):
            return str(value)  # Go's fmt for a boolean in these columns is True and False, from strings of the printer
        return empty if value in (None, "") else str(value)

    return cell


def _counted(obj: Object, _now: datetime) -> str:
    return str(len(obj.get("data") or {}) + len(obj.get("binaryData") or {}))


def _job_status(obj: Object, _now: datetime) -> str:
    true = {each["type"] for each in obj.get("status", {}).get("conditions") or () if each["status"] == "True"}
    over = next((word for name, word in _JOB_WORDS[:2] if name in true), "")
    if not over and obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return over or next((word for name, word in _JOB_WORDS if name in true), "Running")


def _job_completions(obj: Object, _now: datetime) -> str:
    return f"{obj.get('status', {}).get('succeeded', 0)}/{obj['spec'].get('completions', 1)}"


def _job_duration(obj: Object, now: datetime) -> str:
    status = obj.get("status", {})
    if not (begun := status.get("startTime")):
        return ""
    ended = from_timestamp(status["completionTime"]) if status.get("completionTime") else now
    return human((ended - from_timestamp(begun)).total_seconds())


def _deployment_ready(obj: Object, _now: datetime) -> str:
    return f"{obj.get('status', {}).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"


def _ports(obj: Object, _now: datetime) -> str:
    return ",".join(f"{port['port']}/{port.get('protocol', 'TCP')}" for port in obj["spec"].get("ports") or ()) or _NONE


def _active(obj: Object, _now: datetime) -> str:
    return str(len(obj.get("status", {}).get("active") or ()))


def _last_schedule(obj: Object, now: datetime) -> str:
    last = obj.get("status", {}).get("lastScheduleTime")
    return since(last, now) if last else _NONE


def _selector(obj: Object, _now: datetime) -> str:
    labels = obj["spec"].get("podSelector", {}).get("matchLabels") or {}
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or _NONE


def _last_seen(obj: Object, now: datetime) -> str:
    return since(event_time(obj), now)


OF: Mapping[str, Sequence[tuple[str, _Cell]]] = {
    "Pod": (("READY", _pod_ready), ("STATUS", pod_status), ("RESTARTS", _pod_restarts), ("AGE", _age)),
    "Job": (("STATUS", _job_status), ("COMPLETIONS", _job_completions), ("DURATION", _job_duration), ("AGE", _age)),
    "CronJob": (
        ("SCHEDULE", _of("spec", "schedule")),
        ("TIMEZONE", _of("spec", "timeZone")),
        ("SUSPEND", _of("spec", "suspend", empty="False")),
        ("ACTIVE", _active),
        ("LAST SCHEDULE", _last_schedule),
        ("AGE", _age),
    ),
    "Deployment": (
        ("READY", _deployment_ready),
        ("UP-TO-DATE", _of("status", "updatedReplicas", empty="0")),
        ("AVAILABLE", _of("status", "availableReplicas", empty="0")),
        ("AGE", _age),
    ),
    "Service": (
        ("TYPE", _of("spec", "type", empty="ClusterIP")),
        ("CLUSTER-IP", _of("spec", "clusterIP")),
        ("EXTERNAL-IP", _of("spec", "externalName")),
        ("PORT(S)", _ports),
        ("AGE", _age),
    ),
    "Event": (
        ("LAST SEEN", _last_seen),
        ("TYPE", _of("type")),
        ("REASON", _of("reason")),
        ("OBJECT", lambda obj, _now: event_subject(obj)),
        ("MESSAGE", lambda obj, _now: str(obj.get("note") or "").strip()),
    ),
    "ConfigMap": (("DATA", _counted), ("AGE", _age)),
    "Secret": (("TYPE", _of("type", empty="Opaque")), ("DATA", _counted), ("AGE", _age)),
    "PodDisruptionBudget": (
        ("MIN AVAILABLE", _of("spec", "minAvailable", empty="N/A")),
        ("MAX UNAVAILABLE", _of("spec", "maxUnavailable", empty="N/A")),
        ("ALLOWED DISRUPTIONS", _of("status", "disruptionsAllowed", empty="0")),
        ("AGE", _age),
    ),
    "NetworkPolicy": (("POD-SELECTOR", _selector), ("AGE", _age)),
    "Lease": (("HOLDER", _of("spec", "holderIdentity", empty="")), ("AGE", _age)),
}


@dataclass(frozen=True)
class PrinterColumns:
    """Headers, and the cells of one resource under them."""

    headers: Sequence[str]
    cells: Sequence[_Cell]

    def row(self, obj: Object, now: datetime) -> list[str]:
        """One resource."""
        return [cell(obj, now) for cell in self.cells]


def columns_of(kind: Kind, *, wide: bool) -> PrinterColumns:
    """Without the name, which stands first, and the namespace."""
    own = next((resource for resource in RESOURCES if resource.kind == kind.name), None)
    if own is None:
        pairs = OF[kind.name]
        return PrinterColumns([header for header, _cell in pairs], [cell for _header, cell in pairs])
    shown = [column for column in own.columns if wide or not column.wide]
    return PrinterColumns([column.name.upper() for column in shown], [_custom(column) for column in shown])


def _custom(column: Column) -> _Cell:
    def cell(obj: Object, now: datetime) -> str:
        value = first(column.path, obj)
        return since(value, now) if column.type == "date" else _text(value)

    return cell


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
