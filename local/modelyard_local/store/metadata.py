"""What the store itself says about an object, whatever a manifest says: identity, age, generation, and whose the status is."""

import uuid
from datetime import datetime
from typing import Any

from modelyard_api.timestamps import to_timestamp
from modelyard_operator.kube.interface import Kind, Object, Refused

from modelyard_local.kinds import ALL_KINDS
from modelyard_local.store.objects import Applied

_WITH_STATUS = {"TrainingJob", "ModelDeployment", "Job", "CronJob", "Pod", "Service", "Deployment", "PodDisruptionBudget"}
_WITHOUT_GENERATION = {"Event", "Lease", "ConfigMap", "Secret", "Service"}
_KEPT = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")  # through every write


def kind_of(body: Object) -> Kind:
    """The kind that a manifest says. Raises Refused for one that isn't kept here."""
    kind = ALL_KINDS.get(str(body.get("kind")))
    if kind is None or body.get("apiVersion") != kind.api_version:
        known = ", ".join(f"{each.name} ({each.api_version})" for each in ALL_KINDS.values())
        raise Refused(f"no kind {body.get('kind')!r} in {body.get('apiVersion')!r}; there are: {known}")
    return kind


def has_status(kind: Kind) -> bool:
    """Whether status is written apart from the rest."""
    return kind.name in _WITH_STATUS


def new(kind: Kind, body: Object, now: datetime) -> Object:
    """A manifest as an object that begins to exist."""
    metadata = {key: value for key, value in body["metadata"].items() if key not in (*_KEPT, "resourceVersion", "managedFields")}
    metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": to_timestamp(now)}
    if kind.name not in _WITHOUT_GENERATION:
        metadata["generation"] = 1
    return _with_status_of({}, kind, {**body, "metadata": _without_empty(metadata)})


def applied_onto(before: Object, applied: Applied, kind: Kind, body: Object) -> Object:
    """The manifest in place of the object: labels and annotations that no manifest has set stay, and so do finalizers."""
    metadata = {**body["metadata"], "resourceVersion": before["metadata"]["resourceVersion"]}
    for field in ("labels", "annotations"):
        of_others = {key: value for key, value in (before["metadata"].get(field) or {}).items() if key not in applied[field]}
        metadata[field] = of_others | (metadata.get(field) or {})
    metadata.setdefault("finalizers", before["metadata"].get("finalizers"))
    return replaced(before, kind, {**body, "metadata": metadata})


def replaced(before: Object, kind: Kind, body: Object) -> Object:
    """The body in place of the object: what the store says stays, the generation counts changes of what is wanted."""
    old = before["metadata"]
    metadata = {**body["metadata"], **{key: old[key] for key in _KEPT if key in old}}
    metadata = {key: value for key, value in metadata.items() if key != "managedFields" and (key not in _KEPT or key in old)}
    after = _with_status_of(before, kind, {**body, "metadata": _without_empty(metadata)})
    if "generation" in old and _wanted(before) != _wanted(after):
        after["metadata"]["generation"] = old["generation"] + 1
    return after


def with_status(before: Object, body: Object) -> Object:
    """The object with the body's status, and nothing else of it."""
    return _with_status_of(body, None, before)


def terminating(before: Object, now: datetime) -> Object:
    """The object on its way out: its finalizers hold it."""
    metadata = {**before["metadata"], "deletionTimestamp": to_timestamp(now), "deletionGracePeriodSeconds": 0}
    if "generation" in metadata:
        metadata["generation"] += 1
    return {**before, "metadata": metadata}


def applied_keys(body: Object) -> Applied:
    """The labels and annotations that a manifest sets."""
    return {field: sorted(body["metadata"].get(field) or {}) for field in ("labels", "annotations")}


def _with_status_of(source: Object, kind: Kind | None, body: Object) -> Object:
    if kind is not None and not has_status(kind):
        return body
    rest = {key: value for key, value in body.items() if key != "status"}
    return {**rest, "status": source["status"]} if source.get("status") else rest


def _wanted(body: Object) -> Object:
    return {key: value for key, value in body.items() if key not in ("metadata", "status")}


def _without_empty(metadata: dict[str, Any]) -> dict[str, Any]:
    """The API server leaves empty maps and lists out."""
    return {key: value for key, value in metadata.items() if value not in ({}, [], None)}
