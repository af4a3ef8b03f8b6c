"""kubectl's columns of the kinds that come with Kubernetes (``printers/internalversion`` of the API server)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from modelyard_operator.kube.interface import Object
from modelyard_operator.timestamps import from_timestamp

from modelyard_cli.printing import pod_columns
from modelyard_cli.printing.age import human, since

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
    "Pod": (("READY", pod_columns.ready), ("STATUS", pod_columns.status), ("RESTARTS", pod_columns.restarts), ("AGE", _age)),
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
NAMELESS = frozenset({"Event"})  # kubectl shows no name of these
