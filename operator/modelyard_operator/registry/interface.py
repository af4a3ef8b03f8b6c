"""The seam to the registry: what the operator needs of it, and nothing else.

Names of models are registered names (``<namespace>.<model>``) unless they are called ``model`` next to a ``namespace``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from modelyard_api import artifacts

from modelyard_operator.plan import EnsureModel, MoveAlias, RegisterVersion, SignVersion


@dataclass(frozen=True)
class Run:
    """A run, found by the tags that its pod wrote."""

    run_id: str
    experiment_id: str
    status: str  # MLflow's word: RUNNING, FINISHED, FAILED, KILLED, SCHEDULED


@dataclass(frozen=True)
class RunProgress:
    """How far a run is: metric ``epoch``, parameter (or metric) ``epochs``, and the newest value of every other metric."""

    epoch: int = 0  # 0: none is done, or the run doesn't count epochs
    epochs: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """What the operator signed of a version, see ``evidence``."""

    name: str  # registered name
    version: str
    model_id: str
    digest: str  # sha256 of the model's files; empty: not known, served since before there was evidence
    namespace: str
    uid: str  # of the TrainingJob; empty where none made it
    accepted: str  # on what grounds, for people


@dataclass(frozen=True)
class Version:
    """One version of a registered model."""

    name: str
    version: str
    run_id: str
    model_id: str  # MLflow's logged model, m-…
    ready: bool
    created: datetime  # UTC
    tags: Mapping[str, str] = field(default_factory=dict)
    evidence: Evidence | None = None  # None: nobody with a key that counts today has signed it
    signed_by_newest_key: bool = False


class RegistryError(Exception):
    """The registry said no, or nothing. The message says which server, which request and what to do."""


class RegistryUnavailable(RegistryError):
    """No answer, 5xx, 429, or our credentials were refused: worth another try."""


class RegistryRefused(RegistryError):
    """The request itself is wrong (no such logged model, no such user); retrying changes nothing until somebody acts."""


class NameTaken(RegistryRefused):
    """The registered model, or the experiment, of that name belongs to somebody else. Nothing is taken away from them."""


class AliasChanged(RegistryError):
    """The alias was not where it was expected: somebody moved it. Nothing was written."""


class RegistryReader(Protocol):
    """Reads; each is fresh. Every method raises RegistryUnavailable or RegistryRefused."""

    def is_prepared(self, namespace: str, model: str) -> bool:
        """Whether what ``EnsureModel`` makes is there (remembered for ten minutes). Raises NameTaken."""
        ...

    def find_run(self, namespace: str, model: str, uid: str, attempt: int) -> Run | None:
        """The newest run of that TrainingJob and attempt; also when its termination message was lost."""
        ...

    def result(self, run_id: str, file: str = artifacts.RESULT) -> dict[str, Any] | None:
        """The run's artifact ``file``, a JSON object with a TrainResult under ``result``; None: it has none."""
        ...

    def progress(self, run_id: str) -> RunProgress:
        """How far the run is."""
        ...

    def model_exists(self, name: str) -> bool:
        """Whether a model of that registered name exists."""
        ...

    def alias_version(self, name: str, alias: str) -> str:
        """The version that the alias points at; empty: no such alias, or no such model."""
        ...

    def version(self, name: str, version: str) -> Version | None:
        """That version; None: there is none."""
        ...

    def version_of(self, name: str, uid: str) -> Version | None:
        """The version that the TrainingJob with this UID was registered as; None: not registered."""
        ...

    def aliases(self) -> Mapping[tuple[str, str], str]:
        """All aliases of all registered models, in bulk: (registered name, alias) -> version."""
        ...


class Registry(RegistryReader, Protocol):
    """Reads and writes. Nothing is ever deleted."""

    def ensure_model(self, action: EnsureModel) -> None:
        """Make the registered model and the experiment where missing; the namespace's pods may write runs and read the model.

        Raises NameTaken.
        """
        ...

    def register_version(self, action: RegisterVersion) -> Version:
        """Register once and sign, and return when the version is ready; a version with that UID tag is only signed, if it isn't."""
        ...

    def sign_version(self, action: SignVersion) -> None:
        """Write evidence to a version that is there."""
        ...

    def move_alias(self, action: MoveAlias) -> None:
        """Set the alias and then the version's tags; AliasChanged if it's not at ``from_version``. Already moved is success."""
        ...
