"""Objects and their history within one transaction: every change gets the next resource version and is told to watches."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from modelyard_operator.kube.interface import Kind, Object

from modelyard_local.kinds import ALL_KINDS
from modelyard_local.store import history
from modelyard_local.store.selectors import labels_of

Applied = dict[str, list[str]]  # "labels" and "annotations": the keys that the last manifest had


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
        version = history.next_version(self._connection)
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
        version = history.next_version(self._connection)
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
