"""Whole lists, lists that are followed, and the pods of a resource, read through the ``Kube`` seam."""

from collections.abc import Callable, Iterator

from modelyard_api import labels
from modelyard_operator.kube.interface import JOB, MODEL_DEPLOYMENT, POD, TRAINING_JOB, Conflict, Expired, Kind, Kube, Object, WatchEvent

from modelyard_cli.errors import WrongUsage
from modelyard_cli.kind_names import Reference

_ATTEMPTS = 5
COMPONENTS = {TRAINING_JOB.name: "training", MODEL_DEPLOYMENT.name: "serving"}
_LABELS = {TRAINING_JOB.name: labels.TRAINING_JOB_LABEL, MODEL_DEPLOYMENT.name: labels.MODEL_DEPLOYMENT_LABEL}


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


def pods_of(kube: Kube, reference: Reference, namespace: str, component: str = "") -> list[Object]:
    """The best to look at last: ready before unready, of several the newest. NotFound if the resource itself isn't there."""
    owner = kube.get(reference.kind, namespace, reference.name)
    if reference.kind == POD:
        return [owner]
    if reference.kind == JOB:
        found = [pod for pod in objects(kube, POD, namespace) if _is_owned(pod, owner)]
    elif label := _LABELS.get(reference.kind.name):
        chosen = component or COMPONENTS[reference.kind.name]
        found = objects(kube, POD, namespace, f"{label}={reference.name},{labels.COMPONENT_LABEL}={chosen}")
    else:
        raise WrongUsage(f"a {reference.kind.name} has no logs; name a tj, md, job or pod")
    is_serving = reference.kind == MODEL_DEPLOYMENT
    return sorted(found, key=lambda pod: (is_serving and is_ready(pod), str(pod["metadata"].get("creationTimestamp")), _attempt(pod)))


def is_ready(pod: Object) -> bool:
    """Its container takes requests."""
    conditions = pod.get("status", {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def has_started(pod: Object) -> bool:
    """Its container runs or ran, so that there is a log."""
    if pod.get("status", {}).get("phase") in ("Running", "Succeeded", "Failed"):
        return True
    states = [each.get("state") or {} for each in pod.get("status", {}).get("containerStatuses") or ()]
    return any("running" in state or "terminated" in state for state in states)


def _attempt(pod: Object) -> int:
    number = (pod["metadata"].get("labels") or {}).get(labels.ATTEMPT_LABEL, "0")
    return int(number) if number.isdigit() else 0


def _is_owned(pod: Object, owner: Object) -> bool:
    references = pod["metadata"].get("ownerReferences") or ()
    return any(each["uid"] == owner["metadata"]["uid"] for each in references)
