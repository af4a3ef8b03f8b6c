"""TrainingJob: the question, the data, the model, how to train it, and where the result is promoted."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from modelyard_api.base import AliasName, ApiModel, ModelName, described, list_map, rules, when_made
from modelyard_api.catalogue.architectures import ARCHITECTURES, Architecture, listed, parameters_of
from modelyard_api.data import Data
from modelyard_api.objective import Objective
from modelyard_api.workers import Workers


class OptimizerName(StrEnum):
    """Gradient methods, as torch.optim names them."""

    ADAM = "Adam"
    ADAMW = "AdamW"
    SGD = "SGD"


class Approval(StrEnum):
    """Who lets a version that met its criteria move to the alias."""

    AUTOMATIC = "Automatic"
    MANUAL = "Manual"


class Parameter(ApiModel):
    """One hyperparameter of the architecture."""

    name: Annotated[str, Field(min_length=1, max_length=64)] = Field(description="Name of the parameter.")
    value: bool | int | float | Annotated[str, Field(max_length=256)] = Field(
        description="A number, text or truth value, as the parameter requires.",
        json_schema_extra={"x-kubernetes-preserve-unknown-fields": True},
    )


def _parameter_rule(architecture: Architecture) -> tuple[str, str]:
    names = sorted(parameter.name for parameter in parameters_of(architecture))
    listed = ", ".join(f"'{name}'" for name in names)
    allowed = ", ".join(names) or "none"
    return (
        f"self.architecture != '{architecture}' || !has(self.parameters) || self.parameters.all(p, p.name in [{listed}])",
        f"{architecture} takes these parameters: {allowed}",
    )


def _architectures() -> str:
    return ", ".join(f"{name} ({spec.note})" if spec.note else name for name, spec in ARCHITECTURES.items())


class ModelSpec(ApiModel):
    """The model to train."""

    model_config = ConfigDict(json_schema_extra=when_made(lambda: rules(*map(_parameter_rule, Architecture))))

    architecture: Architecture = Field(
        Architecture.AUTO,
        json_schema_extra=described(
            lambda: (
                f"{_architectures()}, or Auto: all of them, and the simplest within one standard error of the best wins, unless the best is better beyond chance."
            )
        ),
    )
    parameters: Annotated[list[Parameter], Field(max_length=32)] | None = Field(
        None, description="Hyperparameters of the architecture; Auto takes none.", json_schema_extra=list_map("name")
    )


class Optimizer(ApiModel):
    """Gradient method."""

    name: OptimizerName = Field(OptimizerName.ADAMW, description="Adam, AdamW or SGD.")
    learning_rate: float = Field(1e-3, gt=0, le=10, description="Step size.")


class EarlyStopping(ApiModel):
    """When to stop before the last epoch."""

    patience: int = Field(
        5, ge=1, le=1000, description="Epochs without a better validation loss before training stops; the best epoch is kept."
    )


class Training(ApiModel):
    """How gradient-trained models (MLP, and Auto's MLP) are trained; seed is for all."""

    epochs: int | None = Field(None, ge=1, le=10000, description="Most epochs. Default 50.")
    batch_size: int | None = Field(
        None,
        ge=1,
        le=1000000,
        description="Rows per step. Default 256; for fewer than 5,120 rows so many that an epoch has 20 steps, but at least 16.",
    )
    optimizer: Optimizer | None = Field(None, description="Default: AdamW with learningRate 0.001.")
    early_stopping: EarlyStopping | None = Field(None, description="Default: patience 5.")
    seed: int = Field(0, ge=0, le=2147483647, description="Seed of every random choice.")


class Policy(ApiModel):
    """What happens when something goes wrong, and when."""

    retries: int = Field(1, ge=0, le=20, description="New attempts after a failure that is not the input's fault.")
    max_disruptions: int = Field(10, ge=0, le=1000, description="New attempts after evictions and lost nodes; they don't count as retries.")
    deadline_seconds: int | None = Field(
        None, ge=1, le=31536000, description="Most running time over all attempts, in seconds; time spent suspended doesn't count."
    )
    suspend: bool = Field(False, description="True stops the pods and keeps the TrainingJob; false goes on.")
    ttl_seconds_after_finished: int | None = Field(
        None,
        ge=0,
        le=315360000,
        description="Deletes the TrainingJob this long after it finished; the model and its run stay. Default: never.",
    )


class Promotion(ApiModel):
    """Where a model that meets its criteria goes."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!has(self.alias) || (self.alias != 'latest' && !self.alias.matches('^v[0-9]+$'))",
                "alias: latest and v<number> are MLflow's own; choose another, such as champion",
            ),
        )
    )

    model: ModelName | None = Field(None, description="Registered as <namespace>.<model>. Default: the TrainingJob's name.")
    alias: AliasName = Field("champion", description="The alias that is moved to the new version.")
    approval: Approval = Field(
        Approval.AUTOMATIC,
        description="Automatic, or Manual: promoted once the annotation modelyard.io/approve names the model, as `modelyard approve` does.",
    )


def _unchanged(field: str) -> str:
    return f"has(self.{field}) == has(oldSelf.{field}) && (!has(self.{field}) || self.{field} == oldSelf.{field})"


_IMMUTABLE = tuple(
    (_unchanged(field), f"spec.{field} can't be changed: a TrainingJob is one experiment; apply a new one under another name")
    for field in ("objective", "data", "model", "training", "workers")
)
_POLICY_IMMUTABLE = (
    "has(self.policy) == has(oldSelf.policy) && (!has(self.policy) || (self.policy.retries == oldSelf.policy.retries"
    " && self.policy.maxDisruptions == oldSelf.policy.maxDisruptions"
    " && has(self.policy.deadlineSeconds) == has(oldSelf.policy.deadlineSeconds)"
    " && (!has(self.policy.deadlineSeconds) || self.policy.deadlineSeconds == oldSelf.policy.deadlineSeconds)))",
    "of spec.policy only suspend and ttlSecondsAfterFinished can be changed",
)
_CROSS_FIELD = (
    (
        "!has(self.objective.target) || !has(self.data.columns) || !self.data.columns.exists(c, c.name == self.objective.target && c.role == 'Ignored')",
        "data.columns: the target can't be Ignored",
    ),
    (
        "!has(self.objective.target) || !has(self.data.split.column) || self.data.split.column != self.objective.target",
        "data.split.column can't be the target",
    ),
    (
        "!has(self.objective.target) || !has(self.data.time) || self.data.time != self.objective.target",
        "data.time can't be the target: it is no feature, and rows are split by it",
    ),
    (
        "!has(self.data.key) || self.data.key.all(c, (!has(self.objective.target) || c != self.objective.target)"
        " && (!has(self.objective.targetFrom) || c != self.objective.targetFrom.column))",
        "data.key can't name the target, nor what it is derived from: the target has no say in where a row goes",
    ),
)


def _rules() -> JsonDict:
    """Some by the architectures of the catalogue."""
    with_epochs = (*(name for name, spec in ARCHITECTURES.items() if spec.trained_in_epochs), Architecture.AUTO)
    without = tuple(name for name, spec in ARCHITECTURES.items() if not spec.trained_in_epochs)
    only_seed = (
        f"!(self.model.architecture in [{', '.join(repr(str(name)) for name in without)}]) || ![has(self.training.epochs),"
        " has(self.training.batchSize), has(self.training.optimizer), has(self.training.earlyStopping)].exists(x, x)",
        f"training: epochs, batchSize, optimizer and earlyStopping are for {listed(with_epochs)}; {listed(without)} only take seed",
    )
    return rules(*_IMMUTABLE, _POLICY_IMMUTABLE, *_CROSS_FIELD, only_seed)


class TrainingJobSpec(ApiModel):
    """What is requested."""

    model_config = ConfigDict(json_schema_extra=when_made(_rules))

    objective: Objective = Field(description="The task and the success criteria.")
    data: Data = Field(description="The rows, their preparation and their split.")
    model: ModelSpec = Field(ModelSpec(), description="The model to train. Default: Auto.")
    training: Training = Field(Training(), description="How it is trained.")
    workers: Workers = Field(Workers(), description="The pod it is trained in.")
    policy: Policy = Field(Policy(), description="Retries, deadline, suspension, clean-up.")
    promotion: Promotion = Field(Promotion(), description="Where the model goes when it meets its criteria.")
