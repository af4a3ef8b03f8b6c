"""Whether an object still is what we last applied, so that nothing is written when nothing changed; and whose its fields are.

Two questions: is it the same manifest as last time (a hash, in an annotation), and has nobody changed what the manifest says since (every
field of it is still there, with the API server's defaults around it)?
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from kubernetes.utils.quantity import parse_quantity
from modelyard_api.base import GROUP

from modelyard_operator.kube.interface import Object

ManagedFields = Sequence[dict[str, Any]]
HASH_ANNOTATION = f"{GROUP}/applied-hash"


def with_hash(manifest: Object) -> Object:
    """The manifest, with the annotation."""
    metadata = manifest["metadata"]
    annotations = {**(metadata.get("annotations") or {}), HASH_ANNOTATION: _hash(manifest)}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def same_manifest(manifest: Object, observed: Object) -> bool:
    """Whether ``observed`` was last applied from this manifest."""
    return bool((observed["metadata"].get("annotations") or {}).get(HASH_ANNOTATION) == _hash(manifest))


def holds(wanted: Any, found: Any) -> bool:
    """Whether all that ``wanted`` says is so in ``found``, which may say more.

    Objects field by field; lists of named items by name, other lists item by item; quantities by value (1000m is 1). An empty
    value equals a missing one.
    """
    if isinstance(wanted, Mapping):
        other = found if isinstance(found, Mapping) else {}
        return all(holds(value, other.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        return _list_holds(wanted, found if isinstance(found, list) else [])
    if wanted in ("", None, False) and found in ("", None, False):
        return True
    return bool(wanted == found) or _same_quantity(wanted, found)


def _list_holds(wanted: Sequence[Any], found: Sequence[Any]) -> bool:
    if all(isinstance(item, Mapping) and "name" in item for item in (*wanted, *found)):
        by_name = {item["name"]: item for item in found}
        return all(item["name"] in by_name and holds(item, by_name[item["name"]]) for item in wanted)
    return len(wanted) == len(found) and all(holds(*pair) for pair in zip(wanted, found, strict=True))


def _same_quantity(one: object, other: object) -> bool:
    if not isinstance(one, str | int | float) or not isinstance(other, str | int | float):
        return False
    try:
        return bool(parse_quantity(str(one)) == parse_quantity(str(other)))  # type: ignore[no-untyped-call]
    except ValueError:
        return False


def _hash(manifest: Object) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:32]


def taken_over(entries: ManagedFields, manager: str) -> list[dict[str, Any]] | None:
    """``managedFields`` in which what ``manager`` created counts as applied; None if nothing has to change.

    The API server keeps two owners apart that carry one name: who created or updated, and who applied. A field that our POST set stays with
    the first, so leaving it out of a later apply would not remove it (kubernetes.io, "Server-Side Apply": migrating from client-side apply).
    """
    created = [entry for entry in entries if _is(entry, manager, "Update")]
    if not created:
        return None
    others = [entry for entry in entries if entry not in created]
    if any(_is(entry, manager, "Apply") for entry in others):
        return others
    return [*others, {**created[0], "operation": "Apply"}]


def _is(entry: dict[str, Any], manager: str, operation: str) -> bool:
    return entry.get("manager") == manager and entry.get("operation") == operation and not entry.get("subresource")
