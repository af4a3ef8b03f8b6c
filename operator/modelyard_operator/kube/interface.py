"""The seam to the API server: what the operator needs of it, and nothing else.

Objects are plain dicts as the API server sends them (without ``metadata.managedFields``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Object = dict[str, Any]


@dataclass(frozen=True, order=True)
class Kind:
    """A resource type: where it lives in the API and what it is called."""

    group: str  # empty for core
    version: str
    plural: str
    name: str

    @property
    def api_version(self) -> str:
        """``group/version`` as manifests write it."""
        return f"{self.group}/{self.version}" if self.group else self.version


TRAINING_JOB = Kind("modelyard.io", "v1alpha1", "trainingjobs", "TrainingJob")
MODEL_DEPLOYMENT = Kind("modelyard.io", "v1alpha1", "modeldeployments", "ModelDeployment")
JOB = Kind("batch", "v1", "jobs", "Job")
CRON_JOB = Kind("batch", "v1", "cronjobs", "CronJob")
POD = Kind("", "v1", "pods", "Pod")
SERVICE = Kind("", "v1", "services", "Service")
EVENT = Kind("events.k8s.io", "v1", "events", "Event")
DEPLOYMENT = Kind("apps", "v1", "deployments", "Deployment")
POD_DISRUPTION_BUDGET = Kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget")
NETWORK_POLICY = Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy")
LEASE = Kind("coordination.k8s.io", "v1", "leases", "Lease")

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        TRAINING_JOB,
        MODEL_DEPLOYMENT,
        JOB,
        CRON_JOB,
        POD,
        SERVICE,
        EVENT,
        DEPLOYMENT,
        POD_DISRUPTION_BUDGET,
        NETWORK_POLICY,
        LEASE,
    )
}


@dataclass(frozen=True)
class Page:
    """One page of a list."""

    items: list[Object]
    resource_version: str
    next_page: str  # empty: this was the last


@dataclass(frozen=True)
class WatchEvent:
    """ADDED, MODIFIED, DELETED or BOOKMARK."""

    type: str
    object: Object


class KubeError(Exception):
    """The API server said no, or nothing. Transient unless a subclass says otherwise."""


class Unreachable(KubeError):
    """No answer, or 5xx."""


class ServerFailed(Unreachable):
    """5xx with the API server's own words: it was reached, and could not do it."""


class Throttled(KubeError):
    """429; ``retry_after`` in seconds."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotFound(KubeError):
    """404."""


class AlreadyExists(KubeError):
    """409 on create."""


class Conflict(KubeError):
    """409: the resource version or UID is not the newest."""


class Expired(KubeError):
    """410: the watch's resource version is too old; list again."""


class Refused(KubeError):
    """400, 403, 422: the request itself is wrong; retrying changes nothing."""


class Forbidden(Refused):
    """403: a quota or a missing right, which somebody may change."""


class Kube(Protocol):
    """Reads and writes. Every method raises a subclass of KubeError."""

    def list_page(self, kind: Kind, *, namespace: str = "", selector: str = "", limit: int = 500, next_page: str = "") -> Page:
        """One page of all objects of ``kind`` (all namespaces if empty) that match the label selector."""
        ...

    def watch(
        self, kind: Kind, *, resource_version: str, namespace: str = "", selector: str = "", timeout_seconds: int = 290
    ) -> Iterator[WatchEvent]:
        """Changes after ``resource_version``, with bookmarks; ends by itself after ``timeout_seconds``."""
        ...

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """One object as it is now, not from a cache."""
        ...

    def create(self, body: Object) -> Object:
        """POST."""
        ...

    def apply(self, body: Object) -> Object:
        """Server-side apply with our field manager and ``force``. A ``metadata.uid`` in the body makes it fail on any other object."""
        ...

    def patch_suspend(self, kind: Kind, namespace: str, name: str, suspend: bool) -> Object:
        """Merge-patch ``spec.suspend`` and nothing else."""
        ...

    def replace_status(self, kind: Kind, body: Object) -> Object:
        """PUT the status subresource; ``metadata.resourceVersion`` guards it."""
        ...

    def update(self, kind: Kind, body: Object) -> Object:
        """PUT the object; ``metadata.resourceVersion`` guards it (Leases)."""
        ...

    def delete(self, kind: Kind, namespace: str, name: str, uid: str) -> None:
        """Delete with background propagation, only the object with this UID; gone already is success."""
        ...

    def pod_events(self, namespace: str, pod_uid: str) -> list[Object]:
        """Events (events.k8s.io/v1) about the object with this UID, oldest first."""
        ...
