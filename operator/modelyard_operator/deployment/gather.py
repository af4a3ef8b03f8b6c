"""Reads everything that a decision needs, once, into ``Observed``."""

from collections.abc import Iterable

from modelyard_api import labels
from modelyard_api.conditions import Reason
from modelyard_api.model_deployment import ModelDeploymentSpec
from modelyard_api.resource_status import ModelDeploymentStatus

from modelyard_operator.deployment.monitor_jobs import MonitorRun, monitor_runs
from modelyard_operator.deployment.observed import Observed, Resolution, StableService, Workload
from modelyard_operator.deployment.resolution import resolve
from modelyard_operator.kube.interface import CRON_JOB, DEPLOYMENT, JOB, MODEL_DEPLOYMENT, POD, POD_DISRUPTION_BUDGET, SERVICE, Kind, Object
from modelyard_operator.ownership import controller_uid
from modelyard_operator.reconciler import Key, Problem, View, read_spec, read_status
from modelyard_operator.registry.interface import RegistryReader


def gather(key: Key, view: View, registry: RegistryReader, problem: Problem | None) -> Observed | None:
    """None if the ModelDeployment is gone or being deleted."""
    resource = view.get(MODEL_DEPLOYMENT, key.namespace, key.name)
    if resource is None or resource["metadata"].get("deletionTimestamp"):
        return None
    spec, spec_problem = read_spec(ModelDeploymentSpec, resource)
    status, status_problem = read_status(ModelDeploymentStatus, resource)
    uid = resource["metadata"]["uid"]
    return Observed(
        resource=resource,
        spec=spec,
        spec_problem=spec_problem,
        status=status or ModelDeploymentStatus(),
        status_problem=status_problem,
        resolution=resolve(spec.model, resource, status or ModelDeploymentStatus(), registry)
        if spec and not spec_problem
        else _too_old(spec_problem),
        stable=_stable_service(key, uid, view),
        workloads=_workloads(key, uid, view),
        extras=_children((POD_DISRUPTION_BUDGET, CRON_JOB), uid, view),
        monitor_runs=_monitor_runs(uid, view),
        problem=problem,
    )


def _too_old(problem: str) -> Resolution:
    """What is served stays, with as much of the spec as is known."""
    return Resolution(problem=Reason.OPERATOR_TOO_OLD, message=f"{problem}.")


def _stable_service(key: Key, uid: str, view: View) -> StableService | None:
    service = view.get(SERVICE, key.namespace, key.name)
    if service is None or controller_uid(service) != uid:
        return None
    version = service["spec"].get("selector", {}).get(labels.VERSION_LABEL, "")
    return StableService(str(version), str(service["metadata"].get("annotations", {}).get(labels.SERVING_SINCE_ANNOTATION, "")))


def _workloads(key: Key, uid: str, view: View) -> dict[str, Workload]:
    deployments = _by_version(view.children(DEPLOYMENT, uid))
    services = _by_version(service for service in view.children(SERVICE, uid) if service["metadata"]["name"] != key.name)
    pods = view.labelled(POD, key.namespace, labels.MODEL_DEPLOYMENT_LABEL, key.name)
    found = {}
    for version in sorted({*deployments, *services}, key=lambda v: (len(v), v)):
        own = _pods_of(version, pods)
        found[version] = Workload(version, deployments.get(version), services.get(version), own, _events_of(own, key.namespace, view))
    return found


def _by_version(objects: Iterable[Object]) -> dict[str, Object]:
    versions = ((o["metadata"].get("labels", {}).get(labels.VERSION_LABEL), o) for o in objects)
    return {version: o for version, o in versions if version}


def _pods_of(version: str, pods: Iterable[Object]) -> tuple[Object, ...]:
    wanted = {labels.VERSION_LABEL: version, labels.COMPONENT_LABEL: "serving"}
    return tuple(pod for pod in pods if wanted.items() <= pod["metadata"].get("labels", {}).items())


def _events_of(pods: Iterable[Object], namespace: str, view: View) -> tuple[Object, ...]:
    """About the newest pod that waits to begin: of a volume that can't be mounted only Events speak."""
    waiting = [pod for pod in pods if pod.get("status", {}).get("phase", "Pending") == "Pending"]
    newest = max(waiting, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")), default=None)
    return tuple(view.pod_events(namespace, newest["metadata"]["uid"])) if newest else ()


def _children(kinds: Iterable[Kind], uid: str, view: View) -> tuple[tuple[Kind, Object], ...]:
    return tuple((kind, child) for kind in kinds for child in view.children(kind, uid))


def _monitor_runs(uid: str, view: View) -> tuple[MonitorRun, ...]:
    jobs = [job for cron_job in view.children(CRON_JOB, uid) for job in view.children(JOB, cron_job["metadata"]["uid"])]
    return monitor_runs(jobs, lambda job: view.children(POD, job["metadata"]["uid"]))
