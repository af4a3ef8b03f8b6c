"""A platform that commands talk to: the one on this machine, or one on a cluster. Every verb is written once, for both."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from modelyard_operator.kube.interface import Kube, Object

FIELD_MANAGER = "modelyard-cli"
UP = "start it with: modelyard up"


@dataclass(frozen=True)
class MlflowServer:
    """Where MLflow is; empty credentials: it asks for none."""

    url: str
    username: str = ""
    password: str = ""


class Connection(Protocol):
    """Raises KubeError or CommandError."""

    @property
    def kube(self) -> Kube:
        """Reads and writes resources."""
        ...

    @property
    def namespace(self) -> str:
        """Where a command looks that names no namespace."""
        ...

    @property
    def is_local(self) -> bool:
        """This machine, not a cluster."""
        ...

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        ...

    def require_running(self) -> None:
        """NotReachable unless somebody acts on what is written here."""
        ...

    def apply(self, body: Object, *, dry_run: bool, force: bool) -> Object:
        """Create or change; ``force`` takes over fields that others manage."""
        ...

    def log(self, namespace: str, pod: str, *, tail: int | None, follow: bool) -> Iterator[bytes]:
        """What the pod's container printed, in pieces; with ``follow`` until it has ended."""
        ...

    def ask(self, namespace: str, service: str, path: str, body: bytes, content_type: str, request_id: str = "") -> bytes:
        """POST to a Service; Refused with its words for what it can't answer, Unreachable while it doesn't.

        ``request_id``: of the caller's own, by which true outcomes can be joined later.
        """
        ...

    def look(self, namespace: str, service: str, path: str) -> bytes:
        """GET of a Service, with the errors of ``ask``."""
        ...

    def page(self, namespace: str, service: str, path: str) -> str:
        """The address of a Service's page for a browser; NotReachable says how to get at one that has none."""
        ...

    def mlflow(self) -> MlflowServer:
        """NotReachable where it isn't known, with what to set."""
        ...

    def s3(self, namespace: str, endpoint: str) -> Any:
        """A boto3 client with the namespace's keys; ``endpoint`` replaces the one that pods use."""
        ...

    def user(self) -> str:
        """Who types this: for the cluster the name that it knows, on this machine the one that the system knows."""
        ...

    def platform_version(self) -> str:
        """What the operator is; empty: not known."""
        ...
