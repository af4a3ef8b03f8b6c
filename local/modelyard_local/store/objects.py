"""Objects and their history within one transaction: every change gets the next resource version and goes to the watches."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from modelyard_operator.kube.interface import Expired, Kind, Object, WatchEvent

from modelyard_local.kinds import ALL_KINDS
from modelyard_local.store.selectors import Selector, labels_of

KEPT_CHANGES = 2_000
_PRUNED_EVERY = 200  # changes
_BATCH = 500
Applied = dict[str, list[str]]  # "labels" and "annotations": the keys that the last manifest had


class Versions(NamedTuple):
    """What the history spans: the changes after ``forgotten`` up to ``newest``."""

    newest: int
    forgotten: int


class Batch(NamedTuple):
    """Events, and the version up to which they tell everything."""

    events: list[WatchEvent]
    version: int


def versions(connection: sqlite3.Connection) -> Versions:
    """Of the whole store."""
    return Versions(*connection.execute("SELECT newest, forgotten FROM versions").fetchone())


def next_version(connection: sqlite3.Connection) -> int:
    """A resource version that was never given out; now and then old changes are forgotten on the way."""
    newest = versions(connection).newest + 1
    connection.execute("UPDATE versions SET newest = ?", (newest,))
    if newest % _PRUNED_EVERY == 0:
        forget(connection, newest - KEPT_CHANGES)
    return newest


def forget(connection: sqlite3.Connection, version: int) -> None:
    """Drop the changes up to ``version``: watches that have not come further have to list again."""
    connection.execute("DELETE FROM changes WHERE version <= ?", (version,))
    connection.execute("UPDATE versions SET forgotten = max(forgotten, ?)", (version,))


def since(connection: sqlite3.Connection, kind: Kind, namespace: str, selector: Selector, version: int) -> Batch:
    """What happened to objects of ``kind`` after ``version``, as a watch with this selector sees it. Raises Expired."""
    newest, forgotten = versions(connection)
    if version == newest:
        return Batch([], newest)
    if version < forgotten:
        raise Expired(f"watch {kind.plural}: too old resource version: {version} ({forgotten})")
    if version > newest:  # of another store, which was here before
        raise Expired(f"watch {kind.plural}: resource version {version} is newer than this store's ({newest})")
    query = (
        "SELECT version, labels_before, deleted, body FROM changes WHERE kind = ? AND version > ? AND ? IN ('', namespace) "
        "ORDER BY version LIMIT ?"
    )
    rows = connection.execute(query, (kind.name, version, namespace, _BATCH)).fetchall()
    events = [event for row in rows for event in _event(selector, *row[1:])]
    return Batch(events, rows[-1][0] if len(rows) == _BATCH else newest)


def _event(selector: Selector, labels_before: str | None, deleted: int, body: str) -> Iterator[WatchEvent]:
    """An object that begins to match is ADDED, one that no longer does is DELETED."""
    obj = json.loads(body)
    was = labels_before is not None and selector(json.loads(labels_before))
    is_now = not deleted and selector(labels_of(obj))
    if was and is_now:
        yield WatchEvent("MODIFIED", obj)
    elif is_now:
        yield WatchEvent("ADDED", obj)
    elif was:
        yield WatchEvent("DELETED", obj)


@dataclass(frozen=True)
class Stored:
    """An object as it is in the store; ``body`` is a copy of the caller's own."""

    kind: Kind
    body: Object
    applied: Applied


class Objects:
    """Reads and writes of the transaction that ``connection`` is in."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find(self, kind: Kind, namespace: str, name: str) -> Stored | None:
        """The object of that name."""
        query = "SELECT kind, body, applied FROM objects WHERE kind = ? AND namespace = ? AND name = ?"
        return _stored(self._connection.execute(query, (kind.name, namespace, name)).fetchone())

    def exists(self, uid: str) -> bool:
        """Whether there is an object of that UID."""
        return self._connection.execute("SELECT 1 FROM objects WHERE uid = ?", (uid,)).fetchone() is not None

    def dependents(self, owner: str) -> list[Stored]:
        """Objects that name the UID as one of their owners."""
        query = "SELECT kind, body, applied FROM objects JOIN owners ON dependent = uid WHERE owner = ? ORDER BY kind, namespace, name"
        return [stored for row in self._connection.execute(query, (owner,)).fetchall() if (stored := _stored(row))]

    def count(self, kind: Kind) -> int:
        """How many there are."""
        [found] = self._connection.execute("SELECT count(*) FROM objects WHERE kind = ?", (kind.name,)).fetchone()
        return int(found)

    def oldest(self, kind: Kind, limit: int) -> list[Stored]:
        """Those that were made first."""
        query = "SELECT kind, body, applied FROM objects WHERE kind = ? ORDER BY rowid LIMIT ?"
        return [stored for row in self._connection.execute(query, (kind.name, max(0, limit))).fetchall() if (stored := _stored(row))]

    def walk(self, kind: Kind, namespace: str = "", after: tuple[str, str] = ("", "")) -> Iterator[Object]:
        """Objects in the order of their namespaces and names, after the given one."""
        query = "SELECT body FROM objects WHERE kind = ? AND ? IN ('', namespace) AND (namespace, name) > (?, ?) ORDER BY namespace, name"
        for (body,) in self._connection.execute(query, (kind.name, namespace, *after)):
            yield json.loads(body)

    def events_about(self, namespace: str, uid: str, limit: int) -> list[Object]:
        """Events regarding the object with this UID."""
        query = (
            "SELECT body FROM objects WHERE kind = 'Event' AND json_extract(body, '$.regarding.uid') = ? AND ? IN ('', namespace) "
            "ORDER BY namespace, name LIMIT ?"
        )
        return [json.loads(body) for (body,) in self._connection.execute(query, (uid, namespace, limit)).fetchall()]

    def put(self, kind: Kind, body: Object, applied: Applied, before: Object | None) -> Stored:
        """Write ``body``, new or in place of ``before``, under the next resource version."""
        version = next_version(self._connection)
        body = {**body, "metadata": {**body["metadata"], "resourceVersion": str(version)}}
        metadata = body["metadata"]
        self._connection.execute(
            "INSERT INTO objects (kind, namespace, name, uid, body, applied) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (kind, namespace, name) DO UPDATE SET body = excluded.body, applied = excluded.applied",
            (kind.name, metadata["namespace"], metadata["name"], metadata["uid"], _json(body), _json(applied)),
        )
        self._own(body, before)
        self._record(version, kind, body, before, deleted=False)
        return Stored(kind, body, applied)

    def remove(self, stored: Stored) -> None:
        """It is gone."""
        version = next_version(self._connection)
        self._connection.execute("DELETE FROM objects WHERE uid = ?", (stored.body["metadata"]["uid"],))
        last = {**stored.body, "metadata": {**stored.body["metadata"], "resourceVersion": str(version)}}
        self._record(version, stored.kind, last, stored.body, deleted=True)

    def _own(self, body: Object, before: Object | None) -> None:
        owners = _owners(body)
        if before is not None and _owners(before) == owners:
            return
        uid = body["metadata"]["uid"]
        self._connection.execute("DELETE FROM owners WHERE dependent = ?", (uid,))
        self._connection.executemany("INSERT INTO owners (owner, dependent) VALUES (?, ?)", [(owner, uid) for owner in sorted(owners)])

    def _record(self, version: int, kind: Kind, body: Object, before: Object | None, *, deleted: bool) -> None:
        labels = _json(labels_of(before)) if before is not None else None
        self._connection.execute(
            "INSERT INTO changes (version, kind, namespace, labels_before, deleted, body) VALUES (?, ?, ?, ?, ?, ?)",
            (version, kind.name, body["metadata"]["namespace"], labels, deleted, _json(body)),
        )


def _stored(row: tuple[str, str, str] | None) -> Stored | None:
    return Stored(ALL_KINDS[row[0]], json.loads(row[1]), json.loads(row[2])) if row else None


def _owners(body: Object) -> set[str]:
    return {reference["uid"] for reference in body["metadata"].get("ownerReferences") or ()}


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
