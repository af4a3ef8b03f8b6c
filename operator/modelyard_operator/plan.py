"""What a reconcile decided. Plans are values: the controller carries them out, in the order of the fields."""

from dataclasses import dataclass, field
from typing import Literal

from modelyard_operator.kube.interface import Kind, Object


@dataclass(frozen=True)
class Deletion:
    """An object to delete; the UID keeps a newer one of the same name safe."""

    kind: Kind
    namespace: str
    name: str
    uid: str


@dataclass(frozen=True)
class Suspension:
    """``spec.suspend`` of a Job."""

    namespace: str
    name: str
    suspend: bool


@dataclass(frozen=True)
class Event:
    """An Event on the resource itself. ``reason`` is a CamelCase word; one Event per (reason, message)."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str  # at most 1,024 characters; the writer cuts


@dataclass(frozen=True)
class EnsureModel:
    """The registered model and the experiment exist and belong to the operator; the namespace's pods may write runs."""

    namespace: str
    model: str


@dataclass(frozen=True)
class RegisterVersion:
    """Register the logged model once: search by the UID tag first, create with the tags in the same call, sign what is there."""

    name: str  # <namespace>.<model>
    model_id: str
    run_id: str
    uid: str
    namespace: str
    digest: str  # sha256 of its files
    accepted: str  # on what grounds, for people
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SignVersion:
    """Write evidence to a version that somebody accepted, or that was served before there was evidence."""

    name: str
    version: str
    namespace: str
    uid: str
    digest: str
    accepted: str


@dataclass(frozen=True)
class MoveAlias:
    """Point the alias at ``to_version`` if it still is at ``from_version`` (read again just before; empty: no alias yet)."""

    name: str
    alias: str
    from_version: str
    to_version: str
    tags: dict[str, str] = field(default_factory=dict)  # written to the version: who, when, why


RegistryAction = EnsureModel | RegisterVersion | SignVersion | MoveAlias


@dataclass(frozen=True)
class Plan:
    """Carried out top to bottom. ``registry`` comes last, so an intent is in status before it is acted on."""

    create: tuple[Object, ...] = ()  # POSTed once; AlreadyExists is success only when our UID controls it
    apply: tuple[Object, ...] = ()  # create, or server-side apply onto the object that we control
    suspend: tuple[Suspension, ...] = ()
    delete: tuple[Deletion, ...] = ()
    status: Object | None = None  # the whole status; written only if it differs from what is stored
    events: tuple[Event, ...] = ()  # sent only after this Plan changed the status: best effort, never twice
    registry: tuple[RegistryAction, ...] = ()
    requeue_after: float | None = None  # seconds; None: wait for the next change
