"""The seam between the controller and what it controls: one Reconciler per kind of resource.

The controller calls ``gather`` (reads only), then ``reconcile`` (pure), then carries the Plan out. If carrying out fails for a reason
that the owner of the resource should know, the controller gathers once more with that Problem, writes status and Events of the Plan that
comes of it, and tries the whole again later, with growing pauses. So a Plan made with a Problem is the Plan made without it, except that
its status tells the Problem.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from modelyard_api.base import ApiModel
from modelyard_api.conditions import Reason
from pydantic import ValidationError

from modelyard_operator.kube.interface import Kind, Object
from modelyard_operator.plan import Event, Plan
from modelyard_operator.registry.interface import RegistryReader

ObservedT = TypeVar("ObservedT")
_SHOWN = 5
_TOO_OLD = "the CustomResourceDefinitions are newer than this operator; upgrade it, and this goes on by itself"
ModelT = TypeVar("ModelT", bound=ApiModel)


@dataclass(frozen=True, order=True)
class Key:
    """Which resource: ``kind`` is ``TrainingJob`` or ``ModelDeployment``."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """As messages and logs name it."""
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True)
class Problem:
    """Why the last Plan could not be carried out; goes as it is into a condition and an Event.

    ``reason`` is one of NAME_CONFLICT (a child's name is taken by an object that isn't ours), INVALID_SPEC (the API server refused a
    child: 400 or 422), CHILD_FAILED (403, e.g. a quota, or 5xx, e.g. no free address: tried again), REGISTRY_UNAVAILABLE (a registry action failed; it is tried again).
    """

    reason: Reason
    message: str


class View(Protocol):
    """What is known of the cluster: mirrors of all resources of ours and of all objects labelled as managed by us.

    Objects are shared: never change one. Lists are sorted by name.
    """

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """One object."""
        ...

    def children(self, kind: Kind, owner_uid: str) -> Sequence[Object]:
        """Objects whose controller (owner reference) has this UID."""
        ...

    def labelled(self, kind: Kind, namespace: str, label: str, value: str) -> Sequence[Object]:
        """Objects of the namespace with this label (training job, model deployment or model)."""
        ...

    def fresh(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """One object, read from the API server: before concluding from an absence, since mirrors of two kinds are not equally new.

        May raise KubeError.
        """
        ...

    def pod_events(self, namespace: str, pod_uid: str) -> Sequence[Object]:
        """Events (events.k8s.io/v1) about the pod (or Job) with this UID, oldest first, read from the API server. May raise KubeError.

        For what has been pending for more than 10 s: a mirror of all Events would cost more than it gives.
        """
        ...


class Reconciler(Protocol[ObservedT]):
    """What one kind of resource does. Made once; used by several threads at a time, never two for one resource."""

    @property
    def kind(self) -> Kind:
        """TRAINING_JOB or MODEL_DEPLOYMENT."""
        ...

    def gather(self, key: Key, view: View, registry: RegistryReader, problem: Problem | None) -> ObservedT | None:
        """Read everything that the decision needs; None if the resource is gone or being deleted.

        RegistryError is caught here and becomes part of what was observed; KubeError may pass (the controller tries again). A spec or
        status that pydantic refuses is an observation as well: reconcile turns it into a condition.
        """
        ...

    def reconcile(self, observed: ObservedT, now: datetime) -> Plan:
        """Decide. Pure: no I/O, no clock, the same answer for the same question. ``now`` is UTC.

        After registry actions were carried out the resource is reconciled again at once.
        """
        ...

    def followed_model(self, resource: Object) -> str | None:
        """The registered model whose aliases concern this resource now; it is reconciled when one of them moves. Never raises."""
        ...


def read_status(model: type[ModelT], resource: Object) -> tuple[ModelT | None, str]:
    """``status``; None, and which fields are wrong, where another version wrote it. What isn't there counts as empty.

    Fields of a newer operator are left out, as the API server does once the older CustomResourceDefinitions are back.
    """
    try:
        return model.model_validate(resource.get("status") or {}, extra="ignore"), ""
    except ValidationError as error:
        return None, _wrong(error, "status")


def read_spec(model: type[ModelT], resource: Object) -> tuple[ModelT | None, str]:
    """``spec``, as far as it is known, and what isn't: fields of a newer CustomResourceDefinition. None where a known field has an unknown value.

    The API server has checked the spec, so what is wrong with it is only that this operator is older than the definitions.
    """
    spec: Mapping[str, Any] = resource.get("spec") or {}
    try:
        return model.model_validate(spec), ""
    except ValidationError as error:
        wrong, unknown = _wrong(error, "spec"), [one["loc"] for one in error.errors() if one["type"] == "extra_forbidden"]
    fields = sorted(".".join(["spec", *map(str, each)]) for each in unknown)
    try:
        return model.model_validate(spec, extra="ignore"), f"unknown field {', '.join(fields[:_SHOWN])}: {_TOO_OLD}"
    except ValidationError:
        return None, f"{wrong}: {_TOO_OLD}"


def _wrong(error: ValidationError, part: str) -> str:
    problems = [".".join([part, *map(str, one["loc"])]) + f": {one['msg']}" for one in error.errors()]
    return "; ".join(problems[:_SHOWN])


def status_unreadable(problem: str) -> Event:
    """Nothing may be concluded from a status that can't be read, so nothing is done, and what runs goes on."""
    return Event("Warning", "StatusUnreadable", f"nothing is done: {problem}; install the operator's version that wrote it, or a newer one")
