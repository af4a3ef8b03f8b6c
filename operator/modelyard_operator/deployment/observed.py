"""What a decision about one ModelDeployment stands on; read once, by ``gather``."""

from collections.abc import Mapping
from dataclasses import dataclass

from modelyard_api.conditions import Reason
from modelyard_api.model_deployment import ModelDeploymentSpec
from modelyard_api.status import ModelDeploymentStatus

from modelyard_operator.deployment.monitor_runs import MonitorRun
from modelyard_operator.deployment.workload import Workload
from modelyard_operator.kube.interface import Kind, Object
from modelyard_operator.reconciler import Problem


@dataclass(frozen=True)
class Resolution:
    """The version that ``spec.model`` stands for. Empty: ``problem`` says in one word why, ``message`` what to do."""

    version: str = ""
    problem: Reason | None = None
    message: str = ""


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

    @property
    def generation(self) -> int:
        """The generation of the spec."""
        return int(self.resource["metadata"].get("generation", 0))
