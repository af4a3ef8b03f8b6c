"""What a decision about a TrainingJob is made from: everything is read once, into one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from modelyard_api import labels
from modelyard_api.conditions import Reason
from modelyard_api.pod_contract import TrainResult
from modelyard_api.resource_status import TrainingJobStatus
from modelyard_api.training_job import TrainingJobSpec

from modelyard_operator.kube.interface import Object
from modelyard_operator.pods.facts import Child
from modelyard_operator.reconciler import Problem
from modelyard_operator.registry.interface import Run, RunProgress, Version
from modelyard_operator.training import approval


@dataclass(frozen=True)
class RegistryFacts:
    """What was read from the registry, which depends on where the TrainingJob stands; what wasn't read is empty."""

    problem: str = ""  # it didn't answer, or said no
    problem_reason: Reason = Reason.REGISTRY_UNAVAILABLE
    prepared: bool = False  # registered model and experiment are there
    run: Run | None = None  # of the attempt that runs, or whose result was lost
    progress: RunProgress | None = None
    result: TrainResult | None = None  # read from the run, where the pod's message was lost or not the whole
    comparison: TrainResult | None = None  # with the champion, read from the run for the same reason
    champion: str = ""  # version at the alias; empty: none yet
    champion_run: str = ""  # its run, where it matters
    champion_anchor: str = ""  # what its promotion named as anchor, where it matters
    version: Version | None = None  # what this TrainingJob was registered as
    digest: str = ""  # of the model's files, read from the run, where the status is of an operator that didn't keep it


@dataclass(frozen=True)
class Observed:
    """A TrainingJob, its children, its rivals for the alias and what the registry knows."""

    resource: Object
    spec: TrainingJobSpec | None  # as far as it can be read; spec_problem says what can't
    status: TrainingJobStatus
    spec_problem: str = ""
    status_problem: str = ""  # what is stored can't be read: nothing may be concluded from it
    attempts: Mapping[int, Child] = field(default_factory=dict)
    comparisons: Mapping[str, Child] = field(default_factory=dict)  # by the version that is compared with
    rivals: tuple[str, ...] = ()  # TrainingJobs that are to move an alias of the same model before this one may
    registry: RegistryFacts = RegistryFacts()
    problem: Problem | None = None

    @property
    def namespace(self) -> str:
        """Namespace of everything here."""
        return str(self.resource["metadata"]["namespace"])

    @property
    def name(self) -> str:
        """Name of the TrainingJob."""
        return str(self.resource["metadata"]["name"])

    @property
    def uid(self) -> str:
        """UID of the TrainingJob."""
        return str(self.resource["metadata"]["uid"])

    @property
    def generation(self) -> int:
        """Generation of its spec."""
        return int(self.resource["metadata"].get("generation", 0))

    @property
    def valid_spec(self) -> TrainingJobSpec:
        """The spec, where a policy before has made sure that it can be read."""
        assert self.spec is not None
        return self.spec

    @property
    def model(self) -> str:
        """The model's name, without the namespace."""
        return model_of(self.valid_spec, self.name)

    @property
    def registered_name(self) -> str:
        """The model's name in the registry."""
        return labels.registered_model(self.namespace, self.model)

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """All Jobs."""
        return (*self.attempts.values(), *self.comparisons.values())

    @property
    def finished(self) -> bool:
        """Whether it is over: nothing is trained, compared, registered or promoted any more. An approval in doubt reopens it."""
        is_reopened = self.spec is not None and approval.is_to_be_promoted(self.resource, self.status)
        return self.status.completion_time is not None and not is_reopened


class Phase(Enum):
    """How far a TrainingJob is. ``phases.PHASES`` says what is read and decided in each."""

    TRAINING = "no attempt has brought a result yet"
    PROMOTING = "a model was trained: it is judged, compared, registered and promoted"
    FINISHED = "it is over; only a promotion by hand and its time to live still count"


def phase_of(observed: Observed) -> Phase:
    """The one place that says so."""
    if observed.finished:
        return Phase.FINISHED
    return Phase.TRAINING if observed.status.result is None else Phase.PROMOTING


def model_of(spec: TrainingJobSpec, name: str) -> str:
    """The model that a TrainingJob of that name promotes."""
    return spec.promotion.model or name
