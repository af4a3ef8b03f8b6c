"""Carries out Plans: the only place that changes the cluster or the registry."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from modelyard_api.conditions import Reason
from modelyard_api.labels import FIELD_MANAGER
from modelyard_api.rendering import sentence

from modelyard_operator.kube.interface import (
    EVENT,
    JOB,
    KINDS,
    AlreadyExists,
    Forbidden,
    Kind,
    Kube,
    KubeError,
    NotFound,
    Object,
    Refused,
    ServerFailed,
)
from modelyard_operator.kube.matching import holds, same_manifest, with_hash
from modelyard_operator.ownership import controller_uid
from modelyard_operator.plan import EnsureModel, Event, Plan, RegisterVersion, RegistryAction, SignVersion, Suspension
from modelyard_operator.reconciler import Problem, View
from modelyard_operator.registry.interface import AliasChanged, NameTaken, Registry, RegistryError

_NOTE_BYTES = 1024  # the API server's limit
_LOG = logging.getLogger(__name__)


def event_object(
    event: Event, resource: Object, instance: str, now: datetime, *, controller: str = FIELD_MANAGER, action: str = "Reconcile"
) -> Object:
    """The Event; its name is made of what it says, so that saying it again is refused as a duplicate."""
    metadata = resource["metadata"]
    said = hashlib.sha256(f"{metadata['uid']}\n{event.reason}\n{event.message}".encode()).hexdigest()[:16]
    return {
        "apiVersion": EVENT.api_version,
        "kind": EVENT.name,
        "metadata": {"namespace": metadata["namespace"], "name": f"{metadata['name']}.{said}"},
        "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "reportingController": controller,
        "reportingInstance": instance[:128],
        "action": action,
        "type": event.type,
        "reason": event.reason,
        "note": _cut(event.message),
        "regarding": {
            "apiVersion": resource["apiVersion"],
            "kind": resource["kind"],
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "uid": metadata["uid"],
        },
    }


def _cut(message: str) -> str:
    encoded = message.encode()
    if len(encoded) <= _NOTE_BYTES:
        return message
    return encoded[: _NOTE_BYTES - 3].decode(errors="ignore") + "…"


class NotLeading(Exception):
    """This process may not write any more: another operator has taken over, or is about to."""


class PlanError(Exception):
    """A Plan could not be carried out for a reason that belongs into the resource's status."""

    def __init__(self, problem: Problem, status_written: bool = False) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.status_written = status_written  # the Plan got as far as its status


@dataclass(frozen=True)
class WriterContext:
    """By what right, as whom and at what time the writer writes."""

    may_write: Callable[[], bool]
    instance: str  # named as the source of Events
    now: Callable[[], datetime]
    count: Callable[[str, str], None] = lambda verb, kind: None  # noqa: ARG005  called at every write


class Writer:
    """Thread-safe as long as no two threads write for one resource."""

    def __init__(self, kube: Kube, registry: Registry, context: WriterContext) -> None:
        self._kube = kube
        self._registry = registry
        self._context = context
        self._corrected: dict[tuple[str, str, str], str] = {}  # child -> resource version after we undid a foreign change

    def run(self, plan: Plan, resource: Object, view: View) -> None:
        """Everything, in the order of the Plan.

        Raises PlanError for what the resource's owner should know, KubeError for what only needs another try (among them Conflict:
        ``resource`` isn't the newest), AliasChanged if somebody else moved an alias, NotLeading.
        """
        owner = resource["metadata"]["uid"]
        for body in plan.create:
            self._create_once(body, owner, view)
        for body in plan.apply:
            self._apply(body, owner, view)
        for suspension in plan.suspend:
            self._suspend(suspension, view)
        for deletion in plan.delete:
            found = view.get(deletion.kind, deletion.namespace, deletion.name)
            if found is None or not found["metadata"].get("deletionTimestamp"):
                self._about_to("delete", deletion.kind)
                self._kube.delete(deletion.kind, deletion.namespace, deletion.name, deletion.uid)
        self.send_events(plan, resource)
        for action in plan.registry:
            self._act(action)

    def send_events(self, plan: Plan, resource: Object) -> None:
        """Status and Events alone; Events only if the status changed, or if the Plan has none."""
        if plan.status is not None:
            if plan.status == (resource.get("status") or {}):
                return
            kind = KINDS[resource["kind"]]
            self._about_to("status", kind)
            try:
                self._kube.replace_status(kind, {**resource, "status": plan.status})
            except NotFound:
                return  # deleted meanwhile
        for event in plan.events:
            self._record(event, resource)

    def _create_once(self, body: Object, owner: str, view: View) -> None:
        kind, namespace, name = _identity(body)
        found = view.get(kind, namespace, name)
        if found is None:
            found = self._post(body)
        _refuse_foreign(found, owner)

    def _apply(self, body: Object, owner: str, view: View) -> None:
        kind, namespace, name = _identity(body)
        found = view.get(kind, namespace, name)
        if found is None:
            found = self._post(with_hash(body))
        _refuse_foreign(found, owner)
        child = (kind.name, namespace, name)
        if not same_manifest(body, found):
            self._patch(body, found)
        elif not holds(body, found) and self._corrected.get(child) != found["metadata"]["resourceVersion"]:
            self._corrected[child] = self._patch(body, found)["metadata"]["resourceVersion"]

    def _patch(self, body: Object, found: Object) -> Object:
        """Apply onto this very object: with its UID, so that another one of the same name is never adopted."""
        manifest = with_hash(body)
        manifest["metadata"]["uid"] = found["metadata"]["uid"]
        self._about_to("apply", KINDS[body["kind"]])
        try:
            return self._kube.apply(manifest)
        except (Refused, ServerFailed) as error:
            raise PlanError(_refusal(body, error)) from error

    def _post(self, body: Object) -> Object:
        """Create, or find what an earlier try has created."""
        kind, namespace, name = _identity(body)
        self._about_to("create", kind)
        try:
            return self._kube.create(body)
        except AlreadyExists:
            return self._kube.get(kind, namespace, name)
        except (Refused, ServerFailed) as error:
            raise PlanError(_refusal(body, error)) from error

    def _suspend(self, suspension: Suspension, view: View) -> None:
        found = view.get(JOB, suspension.namespace, suspension.name)
        if found is not None and bool(found["spec"].get("suspend")) == suspension.suspend:
            return
        self._about_to("suspend", JOB)
        try:
            self._kube.patch_suspend(JOB, suspension.namespace, suspension.name, suspension.suspend)
        except NotFound:
            return  # gone: there is nothing to stop

    def _record(self, event: Event, resource: Object) -> None:
        """Events are best effort: they never stop the work."""
        body = event_object(replace(event, message=sentence(event.message)), resource, self._context.instance, self._context.now())
        self._about_to("create", KINDS["Event"])
        try:
            self._kube.create(body)
        except AlreadyExists:
            return
        except KubeError as error:
            _LOG.warning("event %s was not recorded: %s", event.reason, error)

    def _act(self, action: RegistryAction) -> None:
        if not self._context.may_write():
            raise NotLeading
        self._context.count("registry", type(action).__name__)
        try:
            if isinstance(action, EnsureModel):
                self._registry.ensure_model(action)
            elif isinstance(action, RegisterVersion):
                self._registry.register_version(action)
            elif isinstance(action, SignVersion):
                self._registry.sign_version(action)
            else:
                self._registry.move_alias(action)
        except AliasChanged:
            raise
        except RegistryError as error:
            reason = Reason.NAME_TAKEN if isinstance(error, NameTaken) else Reason.REGISTRY_UNAVAILABLE
            raise PlanError(Problem(reason, str(error)), status_written=True) from error

    def _about_to(self, verb: str, kind: Kind) -> None:
        if not self._context.may_write():
            raise NotLeading
        self._context.count(verb, kind.name)


def _identity(body: Object) -> tuple[Kind, str, str]:
    return KINDS[body["kind"]], body["metadata"]["namespace"], body["metadata"]["name"]


def _refuse_foreign(found: Object, owner: str) -> None:
    if controller_uid(found) == owner:
        return
    metadata = found["metadata"]
    controllers = (f"{r['kind']} {r['name']}" for r in metadata.get("ownerReferences") or () if r.get("controller"))
    whose = next(controllers, "nobody we know")
    raise PlanError(
        Problem(
            Reason.NAME_CONFLICT,
            f"{found['kind']} {metadata['namespace']}/{metadata['name']} exists and belongs to {whose}: delete or rename it, "
            "or give this resource another name",
        )
    )


def _refusal(body: Object, error: Refused | ServerFailed) -> Problem:
    kind, namespace, name = _identity(body)
    is_wrong = isinstance(error, Refused) and not isinstance(error, Forbidden)
    did = "refused" if isinstance(error, Refused) else "could not make"
    return Problem(
        Reason.INVALID_SPEC if is_wrong else Reason.CHILD_FAILED, f"the API server {did} {kind.name} {namespace}/{name}: {error}"
    )
