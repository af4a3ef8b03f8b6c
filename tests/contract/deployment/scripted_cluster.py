"""What the cluster's own controllers and kubelets would report, written to a real API server; and the operator that reads it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from modelyard_api.labels import VERSION_LABEL
from modelyard_api.timestamps import to_timestamp
from modelyard_operator.controller import Controller, ControllerOptions, new_queue
from modelyard_operator.deployment.model_deployments import ModelDeploymentReconciler
from modelyard_operator.kube.client import ApiServer
from modelyard_operator.kube.interface import CRON_JOB, DEPLOYMENT, JOB, MODEL_DEPLOYMENT, POD, SERVICE, Conflict, Kind, NotFound, Object
from modelyard_operator.kube.writer import Writer, WriterContext
from modelyard_operator.mirrors import Mirrors
from modelyard_operator.ownership import owner_reference
from modelyard_operator.prometheus import Metrics
from modelyard_operator.training.training_jobs import TrainingJobReconciler

from tests.unit.deployment_operator.builders import IMAGES, NAME, FakeRegistry


class Clock:
    """The operator's clock, which a test may set forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


@contextmanager
def running_operator(kube: ApiServer, namespace: str, registry: FakeRegistry, clock: Clock) -> Iterator[Metrics]:
    """Mirrors, controller and writer of one namespace; stopped when the block ends."""
    queue, metrics = new_queue(), Metrics()
    mirrors = Mirrors(kube, [namespace], queue.add)
    metrics.show_monitoring(lambda: mirrors.all(MODEL_DEPLOYMENT))
    reconcilers = {"ModelDeployment": ModelDeploymentReconciler(IMAGES), "TrainingJob": TrainingJobReconciler(IMAGES, "{}/{}".format)}
    writer = Writer(kube, registry, WriterContext(lambda: True, "test", clock.now, metrics.wrote))
    controller = Controller(mirrors, queue, reconcilers, registry, writer, metrics, ControllerOptions(2, 600, 0.1, clock.now))
    mirrors.start()
    try:
        assert mirrors.wait_synced(30)
        controller.start()
        yield metrics
    finally:
        assert controller.stop()
        mirrors.stop()


class ScriptedCluster:
    """One namespace with the ModelDeployment ``flights``."""

    def __init__(self, kube: ApiServer, namespace: str) -> None:
        self.kube, self.namespace = kube, namespace

    def create_model_deployment(self, **spec: Any) -> None:
        metadata = {"name": NAME, "namespace": self.namespace}
        body = {"apiVersion": MODEL_DEPLOYMENT.api_version, "kind": "ModelDeployment", "metadata": metadata}
        self.kube.create({**body, "spec": {"model": {"name": NAME, "alias": "champion"}, **spec}})

    def edit(self, **spec: Any) -> None:
        """Fields that are None are removed."""
        owner = self.owner
        merged = {**owner["spec"], **spec}
        self._retry(lambda: self.kube.update(MODEL_DEPLOYMENT, {**self.owner, "spec": {k: v for k, v in merged.items() if v is not None}}))

    def touch(self) -> None:
        """A change that means nothing, so that the operator looks."""
        annotations = {"touched": str(time.monotonic())}
        self._retry(
            lambda: self.kube.update(
                MODEL_DEPLOYMENT, {**(owner := self.owner), "metadata": {**owner["metadata"], "annotations": annotations}}
            )
        )

    def report_ready(self, version: str, pods: int) -> None:
        """The Deployment controller's report."""

        def write() -> None:
            deployment = self.kube.get(DEPLOYMENT, self.namespace, f"{NAME}-v{version}")
            wanted = deployment["spec"]["replicas"]
            status = {
                "observedGeneration": deployment["metadata"]["generation"],
                "replicas": wanted,
                "updatedReplicas": wanted,
                "readyReplicas": pods,
                "availableReplicas": pods,
                "unavailableReplicas": wanted - pods,
            }
            self.kube.replace_status(DEPLOYMENT, {**deployment, "status": status})

        self._retry(write)

    def finish_monitor_run(self, number: int, message: str, at: datetime) -> None:
        """The CronJob controller's Job, done, and its pod with a termination message."""
        cron_job = self.kube.get(CRON_JOB, self.namespace, f"{NAME}-monitor")
        template = cron_job["spec"]["jobTemplate"]
        name = f"{NAME}-monitor-{number}"
        job = self._create_owned(JOB, name, cron_job, template["metadata"]["labels"], template["spec"])
        pod = self._create_owned(POD, f"{name}-pod", job, template["metadata"]["labels"], template["spec"]["template"]["spec"])
        terminated = {
            "exitCode": 0,
            "reason": "Completed",
            "message": message,
            "startedAt": to_timestamp(at),
            "finishedAt": to_timestamp(at),
        }
        container = {
            "name": "monitor",
            "image": "x",
            "imageID": "x",
            "ready": False,
            "restartCount": 0,
            "state": {"terminated": terminated},
        }
        self.kube.replace_status(POD, {**pod, "status": {"phase": "Succeeded", "containerStatuses": [container]}})
        conditions = [
            {"type": kind, "status": "True", "lastTransitionTime": to_timestamp(at), "lastProbeTime": to_timestamp(at)}
            for kind in ("SuccessCriteriaMet", "Complete")
        ]
        times = {"startTime": to_timestamp(at), "completionTime": to_timestamp(at)}
        counts = {"succeeded": 1, "ready": 0, "terminating": 0, "uncountedTerminatedPods": {}}
        self.kube.replace_status(JOB, {**job, "status": {**times, **counts, "conditions": conditions}})

    @property
    def owner(self) -> Object:
        return self.kube.get(MODEL_DEPLOYMENT, self.namespace, NAME)

    @property
    def status(self) -> dict[str, Any]:
        return dict(self.owner.get("status") or {})

    def condition(self, condition_type: str) -> tuple[str, str]:
        """(status, reason); empty while there is none."""
        found = next((c for c in self.status.get("conditions", ()) if c["type"] == condition_type), {})
        return found.get("status", ""), found.get("reason", "")

    def get(self, kind: Kind, name: str) -> Object | None:
        try:
            return self.kube.get(kind, self.namespace, name)
        except NotFound:
            return None

    def names(self, kind: Kind) -> list[str]:
        return sorted(o["metadata"]["name"] for o in self.kube.list_page(kind, namespace=self.namespace).items)

    def newest_version(self, kind: Kind) -> str:
        return self.kube.list_page(kind, namespace=self.namespace).resource_version

    def changes(self, kinds: Sequence[Kind], since: str) -> list[Object]:
        """All states that objects of these kinds had since a resource version, oldest first; a deleted one has ``gone``."""
        found = [
            {**event.object, "gone": event.type == "DELETED"}
            for kind in kinds
            for event in self.kube.watch(kind, resource_version=since, namespace=self.namespace, timeout_seconds=1)
            if event.type != "BOOKMARK"
        ]
        return sorted(found, key=lambda o: int(o["metadata"]["resourceVersion"]))

    def selections(self, since: str, selected: str = "", ready: Mapping[str, int] | None = None) -> Iterator[tuple[str, int]]:
        """Replays every state since then: the version that the stable Service selects (as ``selected``, at first), and its ready pods."""
        pods = dict(ready or {})
        for state in self.changes([SERVICE, DEPLOYMENT], since):
            if state["kind"] == "Deployment":
                version = state["metadata"]["labels"][VERSION_LABEL]
                pods[version] = 0 if state["gone"] else state.get("status", {}).get("readyReplicas", 0)
            elif state["metadata"]["name"] == NAME:
                assert not state["gone"]
                selected = state["spec"]["selector"][VERSION_LABEL]
            yield selected, pods.get(selected, 0)

    def _create_owned(self, kind: Kind, name: str, owner: Object, labels: dict[str, str], spec: Object) -> Object:
        metadata = {"name": name, "namespace": self.namespace, "labels": labels}
        reference = owner_reference(owner)
        return self.kube.create(
            {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {**metadata, "ownerReferences": [reference]}, "spec": spec}
        )

    def _retry(self, write: Any) -> None:
        for _ in range(20):
            try:
                write()
                return
            except Conflict:
                continue
        raise AssertionError("20 conflicts in a row")
