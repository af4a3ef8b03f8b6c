"""Why an attempt's pod doesn't run: from what the kubelet and the scheduler wrote on the pod, then from Events."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from modelyard_api.conditions import Reason

from modelyard_operator.kube.interface import Object
from modelyard_operator.training import job_facts
from modelyard_operator.training.observed import Child

_IMAGE_REASONS = frozenset({"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"})
_MISSING_OBJECT = re.compile(r'\b(secret|configmap) "(?P<name>[^"]+)" not found')
_MISSING_KEY = re.compile(r"couldn't find key (?P<key>\S+) in (?P<kind>Secret|ConfigMap) (?:[^/\s]+/)?(?P<name>\S+)")


@dataclass(frozen=True)
class Cause:
    """Goes into the condition as it is."""

    reason: Reason
    message: str


def why(child: Child) -> Cause:
    """The most telling cause; PodsPending when nothing is wrong (yet)."""
    pod = job_facts.newest_pod(child)
    if pod is None:
        return next(_rejections(child), Cause(Reason.PODS_PENDING, f"Job {child.name} has no pod yet"))
    return next(_causes(child, pod), Cause(Reason.PODS_PENDING, f"pod {pod['metadata']['name']} is being started"))


def _causes(child: Child, pod: Object) -> Iterator[Cause]:
    waiting = job_facts.container_status(pod).get("state", {}).get("waiting") or {}
    if waiting.get("reason") in _IMAGE_REASONS:
        yield _image(pod, waiting.get("message", waiting["reason"]))
    elif waiting.get("reason") == "CreateContainerConfigError":
        yield _missing(waiting.get("message", "")) or Cause(Reason.PODS_PENDING, f"the container can't be made: {waiting['message']}")
    for event in reversed(child.events):
        if event.get("reason") == "FailedMount" and (cause := _missing(event.get("note", ""))):
            yield cause
    yield from _unscheduled(pod)
    if waiting.get("message"):
        yield Cause(Reason.PODS_PENDING, f"the container waits ({waiting.get('reason', '')}): {waiting['message']}")


def _image(pod: Object, message: str) -> Cause:
    image = pod["spec"]["containers"][0]["image"]
    hint = "check that the image exists and the node may pull it (spec.workers.imagePullSecrets)"
    return Cause(Reason.IMAGE_PULL_FAILED, f"image {image} can't be pulled: {message}; {hint}")


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
            yield Cause(Reason.PODS_PENDING, f"no node takes the pod: {one.get('message') or one.get('reason', '')}")


def _rejections(child: Child) -> Iterator[Cause]:
    for event in reversed(child.events):
        if event.get("reason") == "FailedCreate":
            hint = "the Job tries again by itself once quota or Pod Security let it"
            yield Cause(Reason.POD_REJECTED, f"the namespace takes no pod: {event.get('note', '')}; {hint}")
