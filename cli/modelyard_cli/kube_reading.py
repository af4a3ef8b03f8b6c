"""Whole lists, and lists that are followed, read through the ``Kube`` seam."""

from collections.abc import Callable, Iterator

from modelyard_operator.kube.interface import Conflict, Expired, Kind, Kube, Object, WatchEvent

_ATTEMPTS = 5


def objects(kube: Kube, kind: Kind, namespace: str = "", selector: str = "") -> list[Object]:
    """All of them, page by page, by namespace and name."""
    found, _version = _listed(kube, kind, namespace, selector)
    return found


def changes(kube: Kube, kind: Kind, namespace: str = "", selector: str = "") -> Iterator[WatchEvent]:
    """What is there (as ADDED), then every change, for ever. After a gap in the history everything is listed again."""
    while True:
        found, version = _listed(kube, kind, namespace, selector)
        yield from (WatchEvent("ADDED", each) for each in found)
        try:
            yield from _followed(kube, kind, version, namespace, selector)
        except Expired:
            continue


def changed(kube: Kube, kind: Kind, namespace: str, name: str, change: Callable[[Object], Object]) -> Object:
    """Read, change, write; again when somebody else wrote in between. ``change`` may raise to leave it."""
    for attempts_left in reversed(range(_ATTEMPTS)):
        try:
            return kube.update(kind, change(kube.get(kind, namespace, name)))
        except Conflict:
            if not attempts_left:
                raise
    raise AssertionError("at least one attempt is made")


def _listed(kube: Kube, kind: Kind, namespace: str, selector: str) -> tuple[list[Object], str]:
    found: list[Object] = []
    next_page = ""
    while True:
        page = kube.list_page(kind, namespace=namespace, selector=selector, next_page=next_page)
        found += page.items
        next_page = page.next_page
        if not next_page:
            return sorted(found, key=_by_name), page.resource_version


def _followed(kube: Kube, kind: Kind, version: str, namespace: str, selector: str) -> Iterator[WatchEvent]:
    while True:
        for event in kube.watch(kind, resource_version=version, namespace=namespace, selector=selector):
            version = event.object["metadata"]["resourceVersion"]
            if event.type != "BOOKMARK":
                yield event


def _by_name(obj: Object) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
