"""What a decision about one ModelDeployment stands on; read once, by ``gather``."""

from collections.abc import Mapping
from dataclasses import dataclass

from modelyard_api import labels
from modelyard_api.conditions import Reason
from modelyard_api.model_deployment import ModelDeploymentSpec
from modelyard_api.resource_status import ModelDeploymentStatus

from modelyard_operator.deployment.monitor_jobs import MonitorRun
from modelyard_operator.kube.interface import Kind, Object
from modelyard_operator.plan import RegistryAction
from modelyard_operator.pods.causes import rejected, runs_unready, trouble
from modelyard_operator.reconciler import Problem


@dataclass(frozen=True)
class Workload:
    """One version that has objects. Its Deployment or its Service may be missing."""

    version: str
    deployment: Object | None = None
    service: Object | None = None
    pods: tuple[Object, ...] = ()
    events: tuple[Object, ...] = ()  # about its newest pod while that waits to begin, oldest first

    @property
    def digest(self) -> str | None:
        """sha256 of the files that its pods serve; None: its Deployment doesn't say."""
        annotations = (self.deployment or {}).get("metadata", {}).get("annotations") or {}
        return annotations.get(labels.DIGEST_ANNOTATION)

    @property
    def wanted(self) -> int:
        """Replicas that its Deployment asks for."""
        return int(self._spec.get("replicas", 1)) if self.deployment else 0

    @property
    def ready(self) -> int:
        """Pods that are ready."""
        return int(self._status.get("readyReplicas", 0))

    @property
    def is_complete(self) -> bool:
        """Every pod runs the newest template and is ready. (Pods of the template before also count as ready, until they are gone.)"""
        updated, all_pods = (int(self._status.get(field, 0)) for field in ("updatedReplicas", "replicas"))
        has_rolled = self.deployment is not None and self._is_seen and all_pods <= updated >= self.wanted
        return has_rolled and self.ready >= self.wanted

    @property
    def is_rolling(self) -> bool:
        """Pods of the newest template are still being brought up, for the first time."""
        return not self.is_complete and self._condition("Progressing").get("reason") != "NewReplicaSetAvailable"

    @property
    def is_stalled(self) -> bool:
        """The Deployment's progress deadline has passed."""
        return self._is_seen and self._condition("Progressing").get("reason") == "ProgressDeadlineExceeded"

    @property
    def is_waiting(self) -> bool:
        """A pod has yet to begin: Events may say why it doesn't."""
        return any(pod.get("status", {}).get("phase", "Pending") == "Pending" for pod in self.pods)

    @property
    def trouble(self) -> str:
        """Why pods are missing or not ready, in a sentence; empty: nothing is known to be wrong."""
        failure = self._condition("ReplicaFailure")
        if failure.get("status") == "True":
            message = rejected(str(failure.get("message", "")), "Deployment").message
            return f"{message[0].upper()}{message[1:]}."
        return trouble(self.pods, self.events) or self._silent

    @property
    def _silent(self) -> str:
        """A server that can't load its model stays up and tries again; only it can say why, and we don't call pods."""
        waiting = sorted(pod["metadata"]["name"] for pod in self.pods if runs_unready(pod))
        if (self.is_rolling and not self.is_stalled) or not waiting:
            return ""
        return f"Pod {waiting[0]} runs and is not ready: kubectl logs {waiting[0]} says why."

    @property
    def _spec(self) -> Object:
        return self.deployment["spec"] if self.deployment else {}

    @property
    def _status(self) -> Object:
        return self.deployment.get("status", {}) if self.deployment else {}

    @property
    def _is_seen(self) -> bool:
        """The Deployment controller has acted on the newest spec."""
        generation = self.deployment["metadata"].get("generation", 0) if self.deployment else 1
        return int(self._status.get("observedGeneration", 0)) >= int(generation)

    def _condition(self, condition_type: str) -> Object:
        conditions = self._status.get("conditions", ())
        return next((dict(c) for c in conditions if c.get("type") == condition_type), {})


@dataclass(frozen=True)
class Resolution:
    """The version that ``spec.model`` stands for. Empty: ``problem`` says in one word why, ``message`` what to do."""

    version: str = ""
    digest: str = ""  # sha256 of the only files that may be served; empty: not known, served since before there was evidence
    by: str = ""  # who moved the alias there
    problem: Reason | None = None
    message: str = ""
    registry: tuple[RegistryAction, ...] = ()  # what has to be written so that it can be served


@dataclass(frozen=True)
class StableService:
    """The Service that clients call, as it is."""

    version: str  # which version it selects
    since: str  # timestamp of the moment it began to


@dataclass(frozen=True)
class Observed:
    """One ModelDeployment and everything that belongs to it."""

    resource: Object
    spec: ModelDeploymentSpec | None  # None: spec_problem says why it can't be read
    spec_problem: str
    status_problem: str  # what is stored can't be read: nothing may be concluded from it
    status: ModelDeploymentStatus  # as stored
    resolution: Resolution
    stable: StableService | None
    workloads: Mapping[str, Workload]  # by version
    extras: tuple[tuple[Kind, Object], ...] = ()  # children that some specs have and others don't
    monitor_runs: tuple[MonitorRun, ...] = ()
    problem: Problem | None = None

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return str(self.resource["metadata"]["namespace"])

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.resource["metadata"]["name"])

    def digest_of(self, version: str) -> str | None:
        """sha256 of the files of a version: as resolved; while it can't be resolved, as it was. None: never known."""
        if self.resolution.version == version:
            return self.resolution.digest
        workload = self.workloads.get(version)
        if workload and workload.digest is not None:
            return workload.digest
        return next((served.digest for served in self.status.versions if served.version == version), None)

    @property
    def generation(self) -> int:
        """The generation of the spec."""
        return int(self.resource["metadata"].get("generation", 0))
