"""Watches: the history, and then what is added to it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from modelyard_operator.kube.interface import Kind, KubeError, Refused, WatchEvent

from modelyard_local.store import objects
from modelyard_local.store.database import Database
from modelyard_local.store.selectors import parse

_BOOKMARK_SECONDS = 60.0  # as often as the API server


@dataclass(frozen=True)
class Subject:
    """What is watched."""

    kind: Kind
    namespace: str
    selector: str


def follow(database: Database, subject: Subject, resource_version: str, seconds: float, clock: Callable[[], float]) -> Iterator[WatchEvent]:
    """Events after the version, and bookmarks, for so many seconds, or until the store is closed. Raises Expired."""
    try:
        yield from _follow(database, subject, resource_version, seconds, clock)
    except KubeError:
        if not database.changes.closed:
            raise


def _follow(
    database: Database, subject: Subject, resource_version: str, seconds: float, clock: Callable[[], float]
) -> Iterator[WatchEvent]:
    selector = parse(subject.selector)
    version = _number(resource_version)
    ends = clock() + seconds
    bookmark_due = clock() + _BOOKMARK_SECONDS
    while True:
        with database.reading() as connection:
            batch = objects.since(connection, subject.kind, subject.namespace, selector, version)
        yield from batch.events
        version = batch.version
        now = clock()
        if now >= min(ends, bookmark_due):
            yield _bookmark(subject.kind, version)
            bookmark_due = now + _BOOKMARK_SECONDS
        if now >= ends:
            return
        if not batch.events:
            database.changes.wait_beyond(version, min(ends, bookmark_due))
        if database.changes.closed:
            return


def _bookmark(kind: Kind, version: int) -> WatchEvent:
    return WatchEvent("BOOKMARK", {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"resourceVersion": str(version)}})


def _number(resource_version: str) -> int:
    if not resource_version.isdecimal():
        raise Refused(f"{resource_version!r} is no resource version: take the one of a list")
    return int(resource_version)
