"""What goes with an owner: dependents go when none of their owners is left, in the transaction that removed the last one.

Finalizers hold an object, and with it what depends on it, until whoever set them has removed them
(https://kubernetes.io/docs/concepts/architecture/garbage-collection/, background propagation).
"""

from datetime import datetime

from modelyard_operator.kube.interface import Kind, Object

from modelyard_local.kinds import ALL_KINDS
from modelyard_local.store import metadata
from modelyard_local.store.objects import Objects, Stored


def delete(objects: Objects, stored: Stored, now: datetime) -> None:
    """The object and all that depends on it, as far as finalizers let them."""
    pending = [stored]
    while pending:
        going = pending.pop()
        if going.body["metadata"].get("finalizers"):
            _mark(objects, going, now)
            continue
        objects.remove(going)
        pending += [left for dependent in objects.dependents(going.body["metadata"]["uid"]) if (left := _left_alone(objects, dependent))]


def is_abandoned(objects: Objects, body: Object) -> bool:
    """Whether the object has owners, and all of them are gone. Owners of kinds that aren't kept here count as being there."""
    references = body["metadata"].get("ownerReferences") or ()
    return bool(references) and not any(_is_there(objects, reference) for reference in references)


def forget_oldest(objects: Objects, kind: Kind, kept: int) -> None:
    """Remove the objects that were made first, so that so many are kept."""
    for stored in objects.oldest(kind, objects.count(kind) - kept):
        objects.remove(stored)


def _left_alone(objects: Objects, dependent: Stored) -> Stored | None:
    """The dependent if nobody owns it any more; else it only loses the references to those who are gone."""
    if is_abandoned(objects, dependent.body):
        return dependent
    details = dependent.body["metadata"]
    living = [reference for reference in details["ownerReferences"] if _is_there(objects, reference)]
    objects.put(dependent.kind, {**dependent.body, "metadata": {**details, "ownerReferences": living}}, dependent.applied, dependent.body)
    return None


def _mark(objects: Objects, stored: Stored, now: datetime) -> None:
    if not stored.body["metadata"].get("deletionTimestamp"):
        objects.put(stored.kind, metadata.terminating(stored.body, now), stored.applied, stored.body)


def _is_there(objects: Objects, reference: Object) -> bool:
    kind = ALL_KINDS.get(reference["kind"])
    return kind is None or kind.api_version != reference["apiVersion"] or objects.exists(reference["uid"])
