"""The Deployment of one version. The version is in the template: two replicas never serve different ones."""

from modelyard_api import labels
from modelyard_api.model_deployment import ModelDeploymentSpec
from modelyard_api.pod_contract import ServeRequest

from modelyard_operator.kube.interface import Object
from modelyard_operator.ownership import child_metadata
from modelyard_operator.pod_template import Images, pod_spec, restricted_container

PORT = 8080
SERVING = "serving"
PROGRESS_DEADLINE_SECONDS = 600
# The server turns unready, keeps serving while endpoints drain (10 s), finishes what is in flight, flushes the request log.
GRACE_PERIOD_SECONDS = 45


def version_labels(deployment: str, version: str) -> dict[str, str]:
    """What the pods of one version have and no other pods: selectors are made of it."""
    return {
        labels.COMPONENT_LABEL: SERVING,
        labels.MODEL_DEPLOYMENT_LABEL: deployment,
        labels.VERSION_LABEL: version,
    }


def version_deployment(owner: Object, spec: ModelDeploymentSpec, version: str, digest: str | None, images: Images) -> Object:
    """``<name>-v<version>``. ``digest`` is the sha256 of the only files that its pods may serve, as far as it is known."""
    name = owner["metadata"]["name"]
    selector = version_labels(name, version)
    metadata = child_metadata(owner, f"{name}-v{version}", selector)
    if digest is not None:
        metadata["annotations"] = {labels.DIGEST_ANNOTATION: digest}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {
            "replicas": spec.replicas,
            "selector": {"matchLabels": selector},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "progressDeadlineSeconds": PROGRESS_DEADLINE_SECONDS,
            "revisionHistoryLimit": 2,
            "template": {
                "metadata": {
                    "labels": {labels.MANAGED_BY_LABEL: labels.MANAGED_BY, **selector},
                    "annotations": _scrape_annotations(),
                },
                "spec": _pods(owner, spec, version, digest, images),
            },
        },
    }


def _pods(owner: Object, spec: ModelDeploymentSpec, version: str, digest: str | None, images: Images) -> Object:
    selector = version_labels(owner["metadata"]["name"], version)
    server = _server(owner, spec, version, digest, images)
    pods = pod_spec(server, images, restart_policy="Always", grace_period_seconds=GRACE_PERIOD_SECONDS)
    return {
        **pods,
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": selector},
            }
        ],
    }


def _server(owner: Object, spec: ModelDeploymentSpec, version: str, digest: str | None, images: Images) -> Object:
    metadata = owner["metadata"]
    request = ServeRequest(
        namespace=metadata["namespace"],
        name=metadata["name"],
        model=spec.model.name,
        version=version,
        request_log=spec.request_log,
        digest=digest or None,
    )
    container = restricted_container("server", images.serving, ["modelyard-serve"], request, spec.resources)
    return {
        **container,
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        # loading takes as long as MLflow, the network and the import of PyTorch take: up to 5 minutes
        "startupProbe": _probe("/v2/health/live", period=2, failures=150, timeout=2),
        "readinessProbe": _probe("/v2/health/ready", period=2, failures=2, timeout=2),
        # generous: a server whose CPU is used up is slow, not dead
        "livenessProbe": _probe("/v2/health/live", period=10, failures=6, timeout=5),
    }


def _probe(path: str, *, period: int, failures: int, timeout: int) -> Object:
    return {
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "periodSeconds": period,
        "failureThreshold": failures,
        "timeoutSeconds": timeout,
    }


def _scrape_annotations() -> dict[str, str]:
    return {"prometheus.io/scrape": "true", "prometheus.io/port": str(PORT), "prometheus.io/path": "/metrics"}
