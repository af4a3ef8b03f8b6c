"""Which pods belong to a resource."""

from modelyard_api import labels
from modelyard_operator.kube.interface import JOB, MODEL_DEPLOYMENT, POD, TRAINING_JOB, Kube, Object

from modelyard_cli.errors import WrongUsage
from modelyard_cli.kind_names import Reference
from modelyard_cli.kube_reading import objects

COMPONENTS = {TRAINING_JOB.name: "training", MODEL_DEPLOYMENT.name: "serving"}
_LABELS = {TRAINING_JOB.name: labels.TRAINING_JOB_LABEL, MODEL_DEPLOYMENT.name: labels.MODEL_DEPLOYMENT_LABEL}


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
