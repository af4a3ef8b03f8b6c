"""Pods as objects: how controllers make them, and what their status says."""

import copy
import hashlib
from collections.abc import Mapping

from modelyard_api.base import GROUP
from modelyard_operator.kube.interface import POD, Object
from modelyard_operator.ownership import owner_reference

FINALIZER = f"{GROUP}/runner"  # the object stays until its process has ended
_SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"  # as Kubernetes': no words come out
_SUFFIX_LENGTH = 5


def new_pod(owner: Object, template: Object, name: str, labels: Mapping[str, str], annotations: Mapping[str, str]) -> Object:
    """A pod of the template, controlled by ``owner``."""
    given = template.get("metadata") or {}
    return {
        "apiVersion": POD.api_version,
        "kind": POD.name,
        "metadata": {
            "name": name,
            "namespace": owner["metadata"]["namespace"],
            "labels": {**(given.get("labels") or {}), **labels},
            "annotations": {**(given.get("annotations") or {}), **annotations},
            "ownerReferences": [owner_reference(owner)],
            "finalizers": [FINALIZER],
        },
        "spec": copy.deepcopy(template["spec"]),
    }


def suffix(*seeds: object) -> str:
    """Five characters that are different for different seeds."""
    number = int.from_bytes(hashlib.sha256("\n".join(map(str, seeds)).encode()).digest()[:8])
    letters = []
    for _ in range(_SUFFIX_LENGTH):
        number, position = divmod(number, len(_SUFFIX_ALPHABET))
        letters.append(_SUFFIX_ALPHABET[position])
    return "".join(letters)


def is_terminal(pod: Object) -> bool:
    """Its container has ended and won't be started again."""
    return phase(pod) in {"Succeeded", "Failed"}


def phase(pod: Object) -> str:
    """Pending where nobody has said anything."""
    return str(pod.get("status", {}).get("phase", "Pending"))


def is_deleting(subject: Object) -> bool:
    """On its way out."""
    return bool(subject["metadata"].get("deletionTimestamp"))


def is_ready(pod: Object) -> bool:
    """It takes traffic."""
    return has_condition(pod, "Ready") and not is_deleting(pod)


def has_condition(subject: Object, condition_type: str, status: str = "True") -> bool:
    """Whether there is such a condition."""
    conditions = subject.get("status", {}).get("conditions") or ()
    return any(each["type"] == condition_type and each["status"] == status for each in conditions)


def container_status(pod: Object) -> Object:
    """Of its one container; empty before it was looked at."""
    statuses = pod.get("status", {}).get("containerStatuses") or [{}]
    return dict(statuses[0])


def terminated(pod: Object) -> Object:
    """How its container ended; empty while it hasn't."""
    return dict(container_status(pod).get("state", {}).get("terminated") or {})


def uid(subject: Object) -> str:
    """The object's identity."""
    return str(subject["metadata"]["uid"])
