"""All children of a ModelDeployment as they should be: one function per kind of child, in ``CHILDREN``. Names are deterministic."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from modelyard_api import labels
from modelyard_api.model_deployment import ModelDeploymentSpec

from modelyard_operator.deployment.monitor_jobs import monitor_cron_job
from modelyard_operator.deployment.rollout import Rollout
from modelyard_operator.deployment.serving_pods import PORT, SERVING, version_deployment, version_labels
from modelyard_operator.kube.interface import Object
from modelyard_operator.ownership import child_metadata
from modelyard_operator.pod_template import Images

DESCRIPTION_ANNOTATION = "kubernetes.io/description"
_NETWORK_POLICY = (
    f"Pods of this ModelDeployment take connections on port {PORT} from everywhere and on no other port. What they may connect to is not"
    " limited here: MLflow and S3 are wherever the ConfigMap modelyard says, which the operator does not read."
)


@dataclass(frozen=True)
class Wanted:
    """What the children are made from."""

    resource: Object
    spec: ModelDeploymentSpec
    rollout: Rollout
    images: Images
    has_answered: bool  # some version has been ready once
    digests: Mapping[str, str | None]  # of the files of each version that runs

    @property
    def name(self) -> str:
        """Name of the ModelDeployment."""
        return str(self.resource["metadata"]["name"])


def render(wanted: Wanted) -> tuple[Object, ...]:
    """All of them, in the order in which they are applied; none while there is no version. Draining versions stay as they are."""
    if not wanted.rollout.serving:
        return ()
    return tuple(child for children in CHILDREN for child in children(wanted))


def _versions(wanted: Wanted) -> Iterator[Object]:
    for version in wanted.rollout.running:
        yield version_deployment(wanted.resource, wanted.spec, version, wanted.digests[version], wanted.images)
        if wanted.rollout.has_two:
            selector = version_labels(wanted.name, version)
            yield _service(child_metadata(wanted.resource, f"{wanted.name}-v{version}", selector), selector)


def _stable_service(wanted: Wanted) -> Iterator[Object]:
    metadata = child_metadata(wanted.resource, wanted.name, _component_labels(wanted.name))
    metadata["annotations"] = {labels.SERVING_SINCE_ANNOTATION: wanted.rollout.since}
    yield _service(metadata, version_labels(wanted.name, wanted.rollout.serving))


def _monitor(wanted: Wanted) -> Iterator[Object]:
    if monitoring := wanted.spec.monitoring:
        model, serving = wanted.spec.model.name, wanted.rollout.serving
        yield monitor_cron_job(wanted.resource, model, monitoring, serving, wanted.images, suspend=not wanted.has_answered)


def _service(metadata: Object, selector: dict[str, str]) -> Object:
    port = {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP", "appProtocol": "http"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"type": "ClusterIP", "selector": selector, "ports": [port]},
    }


def _disruption_budget(wanted: Wanted) -> Iterator[Object]:
    """Only for the served version. Pods that aren't ready may always be evicted, so a broken one never blocks a drain of its node."""
    if wanted.spec.replicas < 2:
        return
    yield {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": child_metadata(wanted.resource, wanted.name, _component_labels(wanted.name)),
        "spec": {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": version_labels(wanted.name, wanted.rollout.serving)},
        },
    }


def _network_policy(wanted: Wanted) -> Iterator[Object]:
    metadata = child_metadata(wanted.resource, wanted.name, _component_labels(wanted.name))
    metadata["annotations"] = {DESCRIPTION_ANNOTATION: _NETWORK_POLICY}
    yield {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": {
            "podSelector": {"matchLabels": {labels.MODEL_DEPLOYMENT_LABEL: wanted.name}},
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"protocol": "TCP", "port": PORT}]}],
        },
    }


def _component_labels(name: str) -> dict[str, str]:
    return {labels.COMPONENT_LABEL: SERVING, labels.MODEL_DEPLOYMENT_LABEL: name}


# In the order in which they are applied: pods are there before the stable Service moves to them
CHILDREN: tuple[Callable[[Wanted], Iterable[Object]], ...] = (_network_policy, _disruption_budget, _versions, _stable_service, _monitor)
