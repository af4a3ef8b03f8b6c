"""Mirrors of all that the operator looks at, and the read view on them that reconcilers get."""

import time
from collections.abc import Callable, Sequence

from modelyard_api import labels

from modelyard_operator.kube.interface import (
    CRON_JOB,
    DEPLOYMENT,
    JOB,
    KINDS,
    MODEL_DEPLOYMENT,
    NETWORK_POLICY,
    POD,
    POD_DISRUPTION_BUDGET,
    SERVICE,
    TRAINING_JOB,
    Kind,
    Kube,
    NotFound,
    Object,
)
from modelyard_operator.kube.mirror import Mirror
from modelyard_operator.kube.reflector import Reflector
from modelyard_operator.reconciler import Key

RESOURCES = (TRAINING_JOB, MODEL_DEPLOYMENT)
CHILDREN = (JOB, CRON_JOB, DEPLOYMENT, SERVICE, POD_DISRUPTION_BUDGET, NETWORK_POLICY, POD)
_OWNER_LABELS = {labels.TRAINING_JOB_LABEL: TRAINING_JOB, labels.MODEL_DEPLOYMENT_LABEL: MODEL_DEPLOYMENT}
_INDEXED = (*_OWNER_LABELS, labels.MODEL_LABEL)
_MANAGED = f"{labels.MANAGED_BY_LABEL}={labels.MANAGED_BY}"


class Mirrors:
    """Implements ``View``. Resources are mirrored whole; of other kinds only the objects labelled as ours."""

    def __init__(self, kube: Kube, namespaces: Sequence[str], on_change: Callable[[Key], None]) -> None:
        """``on_change`` gets the resource that a change concerns; empty ``namespaces`` are all."""
        self._kube = kube
        self._on_change = on_change
        self._mirrors = {kind: Mirror(_INDEXED, self._changed) for kind in (*RESOURCES, *CHILDREN)}
        self.reflectors = [
            Reflector(kube, kind, mirror, namespace=namespace, selector="" if kind in RESOURCES else _MANAGED)
            for kind, mirror in self._mirrors.items()
            for namespace in (namespaces or ("",))
        ]

    def start(self) -> None:
        """Begin to fill the mirrors."""
        for reflector in self.reflectors:
            reflector.start()

    def stop(self) -> None:
        """Let the reflectors end."""
        for reflector in self.reflectors:
            reflector.stop()

    @property
    def have_synced(self) -> bool:
        """Whether all have been whole once."""
        return all(reflector.has_synced for reflector in self.reflectors)

    def wait_synced(self, seconds: float) -> bool:
        """Wait until all have been whole once."""
        until = time.monotonic() + seconds
        return all(reflector.wait_synced(max(0.0, until - time.monotonic())) for reflector in self.reflectors)

    def last_heard(self) -> float:
        """When the most silent reflector last heard anything, by the monotonic clock."""
        return min(reflector.last_heard for reflector in self.reflectors)

    def all(self, kind: Kind) -> Sequence[Object]:
        """All objects of a kind."""
        return self._mirrors[kind].all()

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """See ``View``."""
        return self._mirrors[kind].get(namespace, name)

    def children(self, kind: Kind, owner_uid: str) -> Sequence[Object]:
        """See ``View``."""
        return self._mirrors[kind].controlled_by(owner_uid)

    def labelled(self, kind: Kind, namespace: str, label: str, value: str) -> Sequence[Object]:
        """See ``View``."""
        return self._mirrors[kind].labelled(namespace, label, value)

    def fresh(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """See ``View``."""
        try:
            return self._kube.get(kind, namespace, name)
        except NotFound:
            return None

    def pod_events(self, namespace: str, pod_uid: str) -> Sequence[Object]:
        """See ``View``."""
        return self._kube.pod_events(namespace, pod_uid)

    def _changed(self, obj: Object) -> None:
        for key in concerned(obj):
            self._on_change(key)


def concerned(obj: Object) -> set[Key]:
    """The resources that a change of ``obj`` concerns: itself, its controller, and the one that its label names."""
    metadata = obj["metadata"]
    namespace = metadata.get("namespace", "")
    if KINDS[obj["kind"]] in RESOURCES:
        return {Key(obj["kind"], namespace, metadata["name"])}
    names = {kind.name for kind in RESOURCES}
    controllers = (r for r in metadata.get("ownerReferences") or () if r.get("controller") and r["kind"] in names)
    keys = {Key(reference["kind"], namespace, reference["name"]) for reference in controllers}
    found = metadata.get("labels") or {}
    return keys | {Key(kind.name, namespace, found[label]) for label, kind in _OWNER_LABELS.items() if label in found}
