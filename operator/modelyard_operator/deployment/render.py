"""All children of a ModelDeployment as they should be. Names are deterministic."""

from modelyard_api import labels
from modelyard_api.model_deployment import ModelDeploymentSpec

from modelyard_operator.deployment.monitor_cron_job import monitor_cron_job
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


def render(owner: Object, spec: ModelDeploymentSpec, rollout: Rollout, images: Images, *, has_answered: bool) -> tuple[Object, ...]:
    """In the order in which they are applied: pods are there before the stable Service moves to them. Draining versions stay as they are."""
    if not rollout.serving:
        return ()
    children = [_network_policy(owner)]
    if spec.replicas >= 2:
        children.append(_disruption_budget(owner, rollout.serving))
    for version in rollout.running:
        children += [version_deployment(owner, spec, version, images), _version_service(owner, version)]
    children.append(_stable_service(owner, rollout))
    if monitoring := spec.monitoring:
        children.append(monitor_cron_job(owner, spec.model.name, monitoring, rollout.serving, images, suspend=not has_answered))
    return tuple(children)


def _stable_service(owner: Object, rollout: Rollout) -> Object:
    name = owner["metadata"]["name"]
    metadata = child_metadata(owner, name, _component_labels(name))
    metadata["annotations"] = {labels.SERVING_SINCE_ANNOTATION: rollout.since}
    return _service(metadata, version_labels(name, rollout.serving))


def _version_service(owner: Object, version: str) -> Object:
    name = owner["metadata"]["name"]
    selector = version_labels(name, version)
    return _service(child_metadata(owner, f"{name}-v{version}", selector), selector)


def _service(metadata: Object, selector: dict[str, str]) -> Object:
    port = {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP", "appProtocol": "http"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"type": "ClusterIP", "selector": selector, "ports": [port]},
    }


def _disruption_budget(owner: Object, serving: str) -> Object:
    """Only for the version that answers. Pods that aren't ready may always be evicted, so a broken one never blocks a drain of its node."""
    name = owner["metadata"]["name"]
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": child_metadata(owner, name, _component_labels(name)),
        "spec": {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": version_labels(name, serving)},
        },
    }


def _network_policy(owner: Object) -> Object:
    name = owner["metadata"]["name"]
    metadata = child_metadata(owner, name, _component_labels(name))
    metadata["annotations"] = {DESCRIPTION_ANNOTATION: _NETWORK_POLICY}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": {
            "podSelector": {"matchLabels": {labels.MODEL_DEPLOYMENT_LABEL: name}},
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"protocol": "TCP", "port": PORT}]}],
        },
    }


def _component_labels(name: str) -> dict[str, str]:
    return {labels.COMPONENT_LABEL: SERVING, labels.MODEL_DEPLOYMENT_LABEL: name}
