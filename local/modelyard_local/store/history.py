"""Resource versions, and the changes that they number."""

import json
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from modelyard_operator.kube.interface import Expired, Kind, WatchEvent

from modelyard_local.store.selectors import Selector, labels_of

KEPT_CHANGES = 2_000
_PRUNED_EVERY = 200  # changes
_BATCH = 500


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
