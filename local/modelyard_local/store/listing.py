"""Lists, page by page."""

import base64
import json
import sqlite3
from dataclasses import dataclass

from modelyard_operator.kube.interface import Expired, Kind, Object, Page

from modelyard_local.store import objects
from modelyard_local.store.objects import Objects
from modelyard_local.store.selectors import labels_of, parse


@dataclass(frozen=True)
class Query:
    """What is listed."""

    kind: Kind
    namespace: str
    selector: str
    limit: int


def page(connection: sqlite3.Connection, query: Query, token: str) -> Page:
    """The page that the token of the one before points to; the first one for an empty token.

    All pages carry the version of the first: a watch from there tells again what later pages may already show.
    """
    selects = parse(query.selector)
    version, after = _decoded(token) if token else (str(objects.versions(connection).newest), ("", ""))
    items: list[Object] = []
    for obj in Objects(connection).walk(query.kind, query.namespace, after):
        if not selects(labels_of(obj)):
            continue
        if query.limit and len(items) == query.limit:
            last = items[-1]["metadata"]
            return Page(items, version, _encoded(version, (last["namespace"], last["name"])))
        items.append(obj)
    return Page(items, version, "")


def _encoded(version: str, after: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps([version, *after]).encode()).decode()


def _decoded(token: str) -> tuple[str, tuple[str, str]]:
    try:
        version, namespace, name = json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError as error:
        raise Expired(f"the continue token {token!r} is not one of this store's: list again") from error
    return str(version), (str(namespace), str(name))
