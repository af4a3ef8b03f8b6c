"""Why a pod doesn't run, or isn't ready: from what kubelet and scheduler wrote on the pod, from Events, and from its last words."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from modelyard_api.conditions import Reason
from modelyard_api.pod_contract import PodError
from pydantic import ValidationError

from modelyard_operator.kube.interface import Object
from modelyard_operator.pods.facts import Child, container_status, telling_pod

_IMAGE_REASONS = frozenset({"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"})
_ORDINARY_WAITS = frozenset({"ContainerCreating", "PodInitializing"})
_MISSING_OBJECT = re.compile(r'\b(secret|configmap) "(?P<name>[^"]+)" not found')
_MISSING_KEY = re.compile(r"couldn't find key (?P<key>\S+) in (?P<kind>Secret|ConfigMap) (?:[^/\s]+/)?(?P<name>\S+)")
_LONGEST = 700  # characters of what somebody else wrote


def last_words(terminated: Object) -> str:
    """Of the state ``terminated`` of a container."""
    text = str(terminated.get("message", "")).strip()
    exit_code, reason = f"exit code {terminated.get('exitCode')}", str(terminated.get("reason", ""))
    try:
        error = PodError.model_validate_json(text, extra="ignore")  # a newer image may say more
    except ValidationError:
        said = f": {text.splitlines()[-1]}" if text else ""
        return f"{reason or 'Ended'} ({exit_code}){said}"
    return f"{error.reason} ({exit_code}): {error.message.strip().rstrip('.')}"


@dataclass(frozen=True)
class Cause:
    """Goes into a condition as it is."""

    reason: Reason
    message: str


def why_not_running(child: Child) -> Cause:
    """Of a Job whose pods don't all run; PodsPending when nothing is wrong (yet)."""
    pod = telling_pod(child)
    if pod is None:
        return next(rejections(child.events, "Job"), Cause(Reason.PODS_PENDING, f"Job {child.name} has no pod yet"))
    return next(causes(pod, child.events), Cause(Reason.PODS_PENDING, f"pod {pod['metadata']['name']} is being started"))


def causes(pod: Object, events: Iterable[Object] = ()) -> Iterator[Cause]:
    """The most telling first; nothing: nothing is wrong (yet). ``events`` are about the pod, oldest first."""
    container = container_status(pod)
    waiting = container.get("state", {}).get("waiting") or {}
    reason, message = waiting.get("reason", ""), str(waiting.get("message", "")).strip()
    if reason in _IMAGE_REASONS:
        yield _image(pod, message or reason)
    elif reason == "CreateContainerConfigError":
        yield _missing(message) or Cause(Reason.PODS_PENDING, f"the container can't be made: {message}")
    for event in reversed(list(events)):
        if event.get("reason") == "FailedMount" and (cause := _missing(event.get("note", ""))):
            yield cause
    yield from _unscheduled(pod)
    yield from _ended(container)
    if reason and message and reason not in _ORDINARY_WAITS:
        yield Cause(Reason.PODS_PENDING, _cut(f"the container waits ({reason}): {message}"))
    if pod.get("status", {}).get("phase") == "Failed":
        status = pod["status"]
        yield Cause(Reason.PODS_PENDING, _cut(f"{status.get('reason') or 'Failed'}: {status.get('message', '')}"))


def rejections(events: Iterable[Object], controller: str) -> Iterator[Cause]:
    """Why there isn't even a pod: Events about its controller, which is a ``Job`` or a ``Deployment``, oldest first."""
    for event in reversed(list(events)):
        if event.get("reason") == "FailedCreate":
            yield rejected(str(event.get("note", "")), controller)


def rejected(message: str, controller: str) -> Cause:
    """The namespace takes no such pod."""
    hint = f"the {controller} tries again by itself once quota or Pod Security let it"
    return Cause(Reason.POD_REJECTED, f"the namespace takes no pod: {message.rstrip('.')}; {hint}")


def trouble(pods: Iterable[Object], events: Iterable[Object] = ()) -> str:
    """A sentence about the newest pod that is not ready and says why; empty: none does."""
    found = list(events)
    for pod in sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")), reverse=True):
        if container_status(pod).get("ready") or pod["metadata"].get("deletionTimestamp"):
            continue
        if cause := next(causes(pod, found), None):
            return f"Pod {pod['metadata']['name']}: {cause.message}."
    return ""


def runs_unready(pod: Object) -> bool:
    """Its container runs and gets no traffic; nothing in its status says why."""
    container = container_status(pod)
    return "running" in container.get("state", {}) and not container.get("ready") and not pod["metadata"].get("deletionTimestamp")


def _image(pod: Object, message: str) -> Cause:
    image = pod["spec"]["containers"][0]["image"]
    hint = "check that the image exists and that the node may pull it"
    return Cause(Reason.IMAGE_PULL_FAILED, f"image {image} can't be pulled: {_cut(message)}; {hint}")


def _missing(text: str) -> Cause | None:
    """Reads the kubelet's words for a ConfigMap or Secret, or a key in it, that isn't there."""
    if found := _MISSING_OBJECT.search(text):
        is_secret, what = found[1] == "secret", found["name"]
        kind = "Secret" if is_secret else "ConfigMap"
        problem = f"{kind} {what} doesn't exist in this namespace"
    elif found := _MISSING_KEY.search(text):
        is_secret, what = found["kind"] == "Secret", found["name"]
        problem = f"{found['kind']} {what} has no key {found['key']}"
    else:
        return None
    reason = Reason.SECRET_NOT_FOUND if is_secret else Reason.CONFIG_MISSING
    return Cause(reason, f"{problem}: create it, and the pod starts by itself")


def _unscheduled(pod: Object) -> Iterator[Cause]:
    for one in pod.get("status", {}).get("conditions") or ():
        if one["type"] == "PodScheduled" and one["status"] == "False":
            yield Cause(Reason.PODS_PENDING, _cut(f"no node takes the pod: {one.get('message') or one.get('reason', '')}"))


def _ended(container: Object) -> Iterator[Cause]:
    """Of a container that ended, also while it waits to be started again."""
    end = container.get("state", {}).get("terminated") or container.get("lastState", {}).get("terminated")
    if end:
        waits = container.get("state", {}).get("waiting", {}).get("reason")
        yield Cause(Reason.PODS_PENDING, _cut(f"{waits}: {last_words(end)}" if waits else last_words(end)))


def _cut(text: str) -> str:
    return text[:_LONGEST].rstrip(": .")
