"""``Kube`` on a SQLite file: the semantics of the API server that the operator and the local platform rely on, and no more.

There are no field managers: ``apply`` puts the manifest in the object's place, but for labels and annotations that others have set.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from modelyard_operator.kube.interface import EVENT, AlreadyExists, Conflict, Kind, NotFound, Object, Page, Refused, WatchEvent

from modelyard_local.store import garbage_collection, listing, metadata, watching
from modelyard_local.store.admission.admit import admit, admit_status, with_valid_metadata
from modelyard_local.store.database import Database
from modelyard_local.store.objects import Objects, Stored

_EVENTS_SHOWN = 100
_EVENTS_KEPT = 2_000  # a cluster forgets them after an hour


class LocalStore:
    """Implements ``Kube``. Safe to use from several threads, and from several processes on the same file."""

    def __init__(
        self,
        path: Path,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the store, or make it. Raises ``faults.StoreTooNew``, ``StoreUnusable``, ``StoreFull`` or ``StoreBusy``."""
        self._database = Database(path, clock)
        self._now = now
        self._clock = clock

    def close(self) -> None:
        """Watches end; call when no other thread reads or writes any more."""
        self._database.close()

    def list_page(self, kind: Kind, *, namespace: str = "", selector: str = "", limit: int = 500, next_page: str = "") -> Page:
        """One page, in the order of namespaces and names."""
        with self._database.reading() as connection:
            return listing.page(connection, listing.Query(kind, namespace, selector, limit), next_page)

    def watch(
        self, kind: Kind, *, resource_version: str, namespace: str = "", selector: str = "", timeout_seconds: int = 290
    ) -> Iterator[WatchEvent]:
        """Changes by this process at once, those of others 50 ms late at most."""
        subject = watching.Subject(kind, namespace, selector)
        return watching.follow(self._database, subject, resource_version, timeout_seconds, self._clock)

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """As it is now."""
        with self._database.reading() as connection:
            return _found(Objects(connection), kind, namespace, name).body

    def create(self, body: Object) -> Object:
        """A new object. One whose owners are all gone goes at once."""
        kind, body = _read(body)
        if body["metadata"].get("resourceVersion"):
            raise Refused(f"{_called(kind, body)}: resourceVersion should not be set on objects to be created")
        with self._writing() as objects:
            before = objects.find(kind, *_name(body))
            if before is not None:
                leaving = "object is being deleted: " if before.body["metadata"].get("deletionTimestamp") else ""
                raise AlreadyExists(f"{leaving}{_called(kind, body)} already exists")
            return self._insert(objects, kind, admit(kind, body, None))

    def apply(self, body: Object) -> Object:
        """The manifest becomes the object's spec, labels and annotations; those that others have set stay. Status stays as it is."""
        kind, body = _read(body)
        with self._writing() as objects:
            before = objects.find(kind, *_name(body))
            _check_uid(kind, body, before)
            _check_version(kind, body, before)
            body = admit(kind, body, before.body if before else None)
            if before is None:
                return self._insert(objects, kind, body)
            after = metadata.applied_onto(before.body, before.applied, kind, body)
            return self._replace(objects, before, after, Stored(kind, after, metadata.applied_keys(body)))

    def patch_suspend(self, kind: Kind, namespace: str, name: str, suspend: bool) -> Object:
        """Change ``spec.suspend`` alone."""
        with self._writing() as objects:
            before = _found(objects, kind, namespace, name)
            patched = {**before.body, "spec": {**before.body["spec"], "suspend": suspend}}
            after = metadata.replaced(before.body, kind, admit(kind, patched, before.body))
            return self._replace(objects, before, after, Stored(kind, after, before.applied))

    def replace_status(self, kind: Kind, body: Object) -> Object:
        """Change the status alone, of the version that was read."""
        if not metadata.has_status(kind):
            raise Refused(f"{kind.plural} have no status")
        body = _as_json(kind, body)
        with self._writing() as objects:
            before = _unchanged(objects, kind, body)
            after = metadata.with_status(before.body, admit_status(kind, body))
            return self._replace(objects, before, after, Stored(kind, after, before.applied))

    def update(self, kind: Kind, body: Object) -> Object:
        """Replace all but the status of the version that was read; without finalizers an object that was deleted goes."""
        _, body = _read({**body, "apiVersion": kind.api_version, "kind": kind.name})
        with self._writing() as objects:
            before = _unchanged(objects, kind, body)
            after = metadata.replaced(before.body, kind, admit(kind, body, before.body))
            _refuse_late_finalizers(kind, before.body, after)
            return self._replace(objects, before, after, Stored(kind, after, before.applied))

    def delete(self, kind: Kind, namespace: str, name: str, uid: str) -> None:
        """The object with this UID, and then what depends on it; with finalizers it is marked, and goes when they do."""
        with self._writing() as objects:
            stored = objects.find(kind, namespace, name)
            if stored is not None and stored.body["metadata"]["uid"] == uid:
                garbage_collection.delete(objects, stored, self._now())

    def pod_events(self, namespace: str, pod_uid: str) -> list[Object]:
        """At most 100."""
        with self._database.reading() as connection:
            events = Objects(connection).events_about(namespace, pod_uid, _EVENTS_SHOWN)
        return sorted(events, key=lambda event: str(event["metadata"]["creationTimestamp"]))

    @contextmanager
    def _writing(self) -> Iterator[Objects]:
        with self._database.writing() as connection:
            yield Objects(connection)

    def _insert(self, objects: Objects, kind: Kind, body: Object) -> Object:
        stored = objects.put(kind, metadata.new(kind, body, self._now()), metadata.applied_keys(body), None)
        if kind == EVENT:
            garbage_collection.forget_oldest(objects, kind, _EVENTS_KEPT)
        if garbage_collection.is_abandoned(objects, stored.body):
            garbage_collection.delete(objects, stored, self._now())
        return stored.body

    def _replace(self, objects: Objects, before: Stored, after: Object, stored: Stored) -> Object:
        """Nothing is written, and no watch hears, where nothing changed."""
        if after == before.body and stored.applied == before.applied:
            return before.body
        written = objects.put(stored.kind, after, stored.applied, before.body)
        details = written.body["metadata"]
        is_released = details.get("deletionTimestamp") and not details.get("finalizers")
        if is_released or garbage_collection.is_abandoned(objects, written.body):
            garbage_collection.delete(objects, written, self._now())
        return written.body


def _read(body: Object) -> tuple[Kind, Object]:
    """The manifest's kind, and a copy of it with a namespace."""
    kind = metadata.kind_of(body)
    return kind, with_valid_metadata(kind, _as_json(kind, body))


def _as_json(kind: Kind, body: Object) -> Object:
    """A copy of plain JSON."""
    try:
        copy: Object = json.loads(json.dumps(body, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise Refused(f"{kind.name}: not everything in it can be said in JSON ({error}): write dates and the like in quotes") from error
    return copy


def _found(objects: Objects, kind: Kind, namespace: str, name: str) -> Stored:
    stored = objects.find(kind, namespace, name)
    if stored is None:
        raise NotFound(f'{_resource(kind)} "{name}" not found')
    return stored


def _unchanged(objects: Objects, kind: Kind, body: Object) -> Stored:
    """The object, if it is still the very version that the body was made from."""
    stored = _found(objects, kind, *_name(body))
    if not body["metadata"].get("resourceVersion"):
        raise Refused(f"{_called(kind, body)}: metadata.resourceVersion: must be specified for an update")
    _check_uid(kind, body, stored)
    _check_version(kind, body, stored)
    return stored


def _check_uid(kind: Kind, body: Object, stored: Stored | None) -> None:
    wanted = body["metadata"].get("uid")
    there = stored.body["metadata"]["uid"] if stored is not None else ""
    if wanted and wanted != there:
        raise Conflict(f"Operation cannot be fulfilled on {_called(kind, body)}: metadata.uid: wanted {wanted}, there is {there or 'none'}")


def _check_version(kind: Kind, body: Object, stored: Stored | None) -> None:
    wanted = body["metadata"].get("resourceVersion")
    if wanted and (stored is None or wanted != stored.body["metadata"]["resourceVersion"]):
        raise Conflict(
            f"Operation cannot be fulfilled on {_called(kind, body)}: the object has been modified; "
            "please apply your changes to the latest version and try again"
        )


def _refuse_late_finalizers(kind: Kind, before: Object, after: Object) -> None:
    added = set(after["metadata"].get("finalizers") or ()) - set(before["metadata"].get("finalizers") or ())
    if added and before["metadata"].get("deletionTimestamp"):
        raise Refused(f"{_called(kind, after)}: metadata.finalizers: no new finalizers can be added if the object is being deleted")


def _name(body: Object) -> tuple[str, str]:
    return body["metadata"].get("namespace") or "default", body["metadata"]["name"]


def _resource(kind: Kind) -> str:
    return f"{kind.plural}.{kind.group}" if kind.group else kind.plural


def _called(kind: Kind, body: Object) -> str:
    return f'{_resource(kind)} "{body["metadata"]["name"]}"'
