"""Condition types and reasons of both resources, and the condition itself. Reasons are constants; messages are sentences."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from modelyard_api.base import ApiModel, LongText, Timestamp

ConditionStatus = Literal["True", "False", "Unknown"]


class TrainingCondition(StrEnum):
    """Condition types of a TrainingJob."""

    SUSPENDED = "Suspended"
    RUNNING = "Running"
    COMPLETE = "Complete"
    FAILED = "Failed"
    REGISTERED = "Registered"
    PROMOTED = "Promoted"
    FINISHED = "Finished"  # however it ended: what `kubectl wait` waits for


class DeploymentCondition(StrEnum):
    """Condition types of a ModelDeployment."""

    AVAILABLE = "Available"
    PROGRESSING = "Progressing"
    DRIFTED = "Drifted"
    DATA_QUALITY_DEGRADED = "DataQualityDegraded"
    QUALITY_DEGRADED = "QualityDegraded"
    MONITOR_STALE = "MonitorStale"


class Reason(StrEnum):
    """Why a condition has its status."""

    # a TrainingJob's pods
    PENDING = "Pending"
    PODS_PENDING = "PodsPending"
    PODS_READY = "PodsReady"
    RESTARTING = "Restarting"
    SUSPENDED = "Suspended"
    RESUMED = "Resumed"
    FINISHED = "Finished"
    IMAGE_PULL_FAILED = "ImagePullFailed"
    SECRET_NOT_FOUND = "SecretNotFound"
    CONFIG_MISSING = "ConfigMissing"
    POD_REJECTED = "PodRejected"
    # how an attempt or a TrainingJob ended
    ALL_PODS_SUCCEEDED = "AllPodsSucceeded"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    RETRIES_EXHAUSTED = "RetriesExhausted"
    DISRUPTIONS_EXHAUSTED = "DisruptionsExhausted"
    OOM_KILLED = "OOMKilled"
    UNEXPECTED_ERROR = "UnexpectedError"
    INVALID_SPEC = "InvalidSpec"
    OPERATOR_TOO_OLD = "OperatorTooOld"  # the CustomResourceDefinitions are newer: waits, and goes on after the upgrade
    IMAGE_TOO_OLD = "ImageTooOld"  # the operator is newer than the jobs image, and the manifest needs what only newer images can do
    DATA_UNAVAILABLE = "DataUnavailable"
    DATA_INVALID = "DataInvalid"
    TRAINING_DIVERGED = "TrainingDiverged"
    SUSPECTED_LEAKAGE = "SuspectedLeakage"
    NAME_CONFLICT = "NameConflict"
    CHILD_FAILED = "ChildFailed"  # the API server could not, or may not, make an object; tried again
    # registration and promotion
    REGISTRY_UNAVAILABLE = "RegistryUnavailable"
    NAME_TAKEN = "NameTaken"  # somebody else may change the registered model or the experiment of that name
    RESULT_MISSING = "ResultMissing"
    CRITERIA_HELD = "CriteriaHeld"
    CRITERIA_NOT_MET = "CriteriaNotMet"
    COMPARISON_INCONCLUSIVE = "ComparisonInconclusive"  # the test rows can't decide a criterion
    COMPARISON_FAILED = "ComparisonFailed"  # the model couldn't be compared with the champion that came after it was judged
    APPROVED = "Approved"  # by a person, although the test rows can't decide every criterion
    COMPARING = "Comparing"
    CHAMPION_CHANGED = "ChampionChanged"
    APPROVAL_PENDING = "ApprovalPending"
    ALIAS_MOVING = "AliasMoving"
    ALIAS_MOVED = "AliasMoved"
    PROMOTED_OUTSIDE_GATES = "PromotedOutsideGates"
    # a ModelDeployment
    MODEL_NOT_FOUND = "ModelNotFound"
    ALIAS_NOT_FOUND = "AliasNotFound"
    VERSION_NOT_FOUND = "VersionNotFound"
    VERSION_NOT_ACCEPTED = "VersionNotAccepted"  # no TrainingJob of this namespace made it, and nobody has accepted it
    ROLLING_OUT = "RollingOut"
    ROLLED_OUT = "RolledOut"
    ROLLOUT_STALLED = "RolloutStalled"
    MINIMUM_REPLICAS_AVAILABLE = "MinimumReplicasAvailable"
    MINIMUM_REPLICAS_UNAVAILABLE = "MinimumReplicasUnavailable"
    SCALED_TO_ZERO = "ScaledToZero"
    # monitoring
    NO_WINDOW_YET = "NoWindowYet"
    WITHIN_LIMITS = "WithinLimits"
    LIMITS_EXCEEDED = "LimitsExceeded"
    NOT_ENOUGH_LABELS = "NotEnoughLabels"
    COLUMNS_DEAD = "ColumnsDead"  # nothing about them is watched any more
    MONITOR_FAILED = "MonitorFailed"
    MONITOR_RUNNING = "MonitorRunning"


class Condition(ApiModel):
    """metav1.Condition."""

    type: Annotated[str, Field(max_length=316)] = Field(description="What the condition is about.")
    status: ConditionStatus = Field(description="True, False or Unknown.")
    reason: Annotated[str, Field(min_length=1, max_length=1024)] = Field(description="Why, in one word.")
    message: LongText = Field("", description="Why, in a sentence.")
    last_transition_time: Timestamp = Field(description="When status last changed.")
    observed_generation: int | None = Field(None, ge=0, description="The metadata.generation that this is about.")
