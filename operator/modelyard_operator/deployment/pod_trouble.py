"""Why pods are not ready, in a sentence: what kubelet, scheduler and the container's last words say."""

from collections.abc import Iterable

from modelyard_api.pod_contract import PodError
from pydantic import ValidationError

from modelyard_operator.kube.interface import Object

_ORDINARY_WAITS = frozenset({"ContainerCreating", "PodInitializing"})
_LONGEST = 700  # characters of what somebody else wrote


def trouble(pods: Iterable[Object]) -> str:
    """About the newest pod that has one; empty: none has."""
    newest_first = sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")), reverse=True)
    for pod in newest_first:
        if words := _of_pod(pod):
            return f"Pod {pod['metadata']['name']}: {words}."
    return ""


def runs_unready(pod: Object) -> bool:
    """Its container runs and gets no traffic; nothing in its status says why."""
    container = container_status(pod)
    return "running" in container.get("state", {}) and not container.get("ready") and not pod["metadata"].get("deletionTimestamp")


def last_words(terminated: Object) -> str:
    """What a container that ended said: our pods' error, else its text, else its exit code."""
    text = str(terminated.get("message", "")).strip()
    exit_code = f"exit code {terminated.get('exitCode')}"
    reason = str(terminated.get("reason", ""))
    try:
        error = PodError.model_validate_json(text)
    except ValidationError:
        said = f": {_last_line(text)}" if text else ""
        return f"{reason or 'Ended'} ({exit_code}){said}"
    return f"{error.reason} ({exit_code}): {error.message.strip().rstrip('.')}"


def container_status(pod: Object) -> Object:
    """Status of the pod's one container; empty while there is none."""
    statuses = pod.get("status", {}).get("containerStatuses") or [{}]
    return dict(statuses[0])


def _of_pod(pod: Object) -> str:
    status = pod.get("status", {})
    container = container_status(pod)
    if container.get("ready") or pod["metadata"].get("deletionTimestamp"):
        return ""
    return _waiting(container) or _ended(container) or _unscheduled(status) or _rejected(status)


def _waiting(container: Object) -> str:
    waiting = container.get("state", {}).get("waiting", {})
    reason = waiting.get("reason", "")
    if not reason or reason in _ORDINARY_WAITS:
        return ""
    ended = container.get("lastState", {}).get("terminated")
    said = last_words(ended) if ended else str(waiting.get("message", "")).strip()
    return f"{reason}: {said}"[:_LONGEST].rstrip(": .")


def _ended(container: Object) -> str:
    ended = container.get("state", {}).get("terminated") or container.get("lastState", {}).get("terminated")
    return last_words(ended)[:_LONGEST].rstrip(".") if ended else ""


def _unscheduled(status: Object) -> str:
    for condition in status.get("conditions", ()):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return f"{condition.get('reason', 'Unschedulable')}: {condition.get('message', '')}"[:_LONGEST].rstrip(": .")
    return ""


def _rejected(status: Object) -> str:
    if status.get("phase") != "Failed":
        return ""
    return f"{status.get('reason') or 'Failed'}: {status.get('message', '')}"[:_LONGEST].rstrip(": .")


def _last_line(text: str) -> str:
    return text.splitlines()[-1]
