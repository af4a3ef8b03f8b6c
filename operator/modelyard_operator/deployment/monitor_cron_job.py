"""The CronJob that runs the monitor of one ModelDeployment."""

from modelyard_api import labels
from modelyard_api.model_deployment import Monitoring
from modelyard_api.pod_contract import MonitorRequest
from modelyard_api.workers import Resources

from modelyard_operator.kube.interface import Object
from modelyard_operator.ownership import child_metadata
from modelyard_operator.pod_template import Images, MountedSecret, pod_spec, restricted_container

# The monitor works on a bounded sample, so its need doesn't grow with traffic.
RESOURCES = Resources(requests={"cpu": "100m", "memory": "512Mi"})
FAILED_RUNS_KEPT = 3  # that many failures in a row make the monitor stale, so that many are to be seen
_SUCCESSFUL_RUNS_KEPT = 2
_STARTING_DEADLINE_SECONDS = 120  # a run that starts later than this is skipped: the next one sees the same data
_RUN_DEADLINE_SECONDS = 900


def monitor_cron_job(owner: Object, model: str, monitoring: Monitoring, version: str, images: Images, *, suspend: bool) -> Object:
    """``<name>-monitor``; it judges the traffic that ``version`` answered."""
    name = owner["metadata"]["name"]
    component = {labels.COMPONENT_LABEL: "monitoring", labels.MODEL_DEPLOYMENT_LABEL: name}
    pod_labels = {labels.MANAGED_BY_LABEL: labels.MANAGED_BY, **component}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": child_metadata(owner, f"{name}-monitor", component),
        "spec": {
            "schedule": monitoring.schedule,
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": _STARTING_DEADLINE_SECONDS,
            "successfulJobsHistoryLimit": _SUCCESSFUL_RUNS_KEPT,
            "failedJobsHistoryLimit": FAILED_RUNS_KEPT,
            "suspend": suspend,
            "jobTemplate": {
                "metadata": {"labels": pod_labels},
                "spec": {
                    "backoffLimit": 0,  # the next run is the retry
                    "activeDeadlineSeconds": _RUN_DEADLINE_SECONDS,
                    "template": {"metadata": {"labels": pod_labels}, "spec": _pod(owner, model, monitoring, version, images)},
                },
            },
        },
    }


def _pod(owner: Object, model: str, monitoring: Monitoring, version: str, images: Images) -> Object:
    metadata = owner["metadata"]
    request = MonitorRequest(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        model=model,
        version=version,
        monitoring=monitoring,
    )
    secrets = _alert_secrets(monitoring)
    container = restricted_container("monitor", images.monitoring, ["modelyard-job", "monitor"], request, RESOURCES, secrets)
    return pod_spec(container, images, restart_policy="Never", grace_period_seconds=30, secrets=secrets)


def _alert_secrets(monitoring: Monitoring) -> list[MountedSecret]:
    """Not required: drift is measured also while nobody can be told, and the result says that the alert wasn't delivered."""
    sources = monitoring.alert.notify or []
    return [
        MountedSecret(source.secret_ref.name, f"alert-{i}", f"{labels.ALERT_SECRETS_DIRECTORY}/{i}") for i, source in enumerate(sources)
    ]
