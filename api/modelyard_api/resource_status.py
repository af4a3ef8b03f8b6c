"""``status`` of both resources. It is computed in one place, by the operator."""

from typing import Annotated, Literal

from pydantic import Field

from modelyard_api.base import ATOMIC, ApiModel, LongText, ShortText, Timestamp, list_map
from modelyard_api.conditions import Condition
from modelyard_api.pod_contract import ColumnDrift, MetricValue, QualityEstimate
from modelyard_api.verdicts import MOST_VERDICTS, Verdict

Conditions = Annotated[list[Condition], Field(max_length=16, json_schema_extra=list_map("type"))]


class Attempt(ApiModel):
    """One Job."""

    number: int = Field(ge=1, description="Number of the attempt.")
    job_uid: ShortText = Field("", alias="jobUID", description="UID of its Job.")
    outcome: Literal["Running", "Succeeded", "Failed", "Disrupted", "Lost", "Stopped"] = Field(description="How it ended.")
    exit_code: int | None = Field(None, description="Exit code of its container.")
    reason: ShortText = Field("", description="Why it failed, in one word.")
    message: LongText = Field("", description="The last message of its pod.")
    finished_at: Timestamp | None = Field(None, description="When its end was seen.")


class MlflowRun(ApiModel):
    """The MLflow run."""

    experiment_id: ShortText = Field("", description="Experiment.")
    run_id: ShortText = Field("", description="Run.")
    url: Annotated[str, Field(max_length=2048)] = Field("", description="Page of the run.")


class Progress(ApiModel):
    """Progress of the training."""

    epoch: int = Field(0, ge=0, description="Epochs done.")
    epochs: int = Field(0, ge=0, description="Most epochs.")
    metrics: Annotated[list[MetricValue], Field(max_length=8)] = Field([], description="Newest values.", json_schema_extra=ATOMIC)


class TrainingOutcome(ApiModel):
    """Result of the training."""

    model_version: ShortText = Field("", description="Version in the registry; empty while not registered.")
    model_id: ShortText = Field("", description="MLflow's logged model.")
    digest: ShortText = Field("", description="sha256 of the model's files.")
    champion_version: ShortText = Field("", description="The version it was compared with.")
    metrics: Annotated[list[MetricValue], Field(max_length=16)] = Field([], description="On the test split.", json_schema_extra=ATOMIC)
    verdict: Annotated[list[Verdict], Field(max_length=MOST_VERDICTS)] = Field(
        [], description="Criterion by criterion.", json_schema_extra=ATOMIC
    )
    anchor_version: ShortText | None = Field(None, description="The anchor that it was compared with besides.")
    test_uses: int | None = Field(None, ge=0, description="Earlier runs of this model that were judged on the same test rows.")


class ResolvedValue(ApiModel):
    """A value that the manifest left open."""

    name: ShortText = Field(description="Name of the value.")
    value: ShortText = Field(description="The chosen value.")


class PromotionRecord(ApiModel):
    """One movement of the alias, or the intent to make it."""

    alias: ShortText = Field("", description="The alias.")
    from_version: ShortText = Field("", alias="from", description="The version before; empty: none.")
    to_version: ShortText = Field("", alias="to", description="Version after.")
    at: Timestamp | None = Field(None, description="When it was confirmed; unset while it is an intent.")
    by: ShortText = Field("", description="Who moved it.")
    why: ShortText = Field("", description="Why it was moved.")


class TrainingJobStatus(ApiModel):
    """The observed state."""

    observed_generation: int = Field(0, ge=0, description="The metadata.generation that this is about.")
    conditions: Conditions = Field([], description="Suspended, Running, Complete, Failed, Registered, Promoted, Finished.")
    state: ShortText = Field("", description="One word for kubectl get, derived from the conditions.")
    attempts: Annotated[list[Attempt], Field(max_length=10)] = Field([], description="The last ten.", json_schema_extra=list_map("number"))
    retries: int = Field(0, ge=0, description="Attempts after a failure.")
    disruptions: int = Field(0, ge=0, description="Attempts after a disruption.")
    running_seconds: int = Field(0, ge=0, description="Running time of finished attempts and of those stopped by suspension.")
    start_time: Timestamp | None = Field(None, description="When the first Job was made.")
    completion_time: Timestamp | None = Field(None, description="When it finished.")
    mlflow: MlflowRun | None = Field(None, description="The MLflow run.")
    progress: Progress | None = Field(None, description="Progress of the training.")
    result: TrainingOutcome | None = Field(None, description="Result of the training.")
    resolved: Annotated[list[ResolvedValue], Field(max_length=32)] = Field(
        [], description="What was chosen where the manifest left it open.", json_schema_extra=list_map("name")
    )
    warnings: Annotated[list[ShortText], Field(max_length=10)] = Field([], description="Warnings.", json_schema_extra=ATOMIC)
    promotion: PromotionRecord | None = Field(None, description="The movement of the alias.")


class ServedVersion(ApiModel):
    """One version that has pods."""

    version: ShortText = Field(description="Version in the registry.")
    role: Literal["Stable", "Next", "Retiring"] = Field(description="Stable gets the traffic; Next is being started; Retiring drains.")
    ready_replicas: int = Field(0, ge=0, description="Pods that are ready.")
    replicas: int = Field(0, ge=0, description="Pods that are wanted.")
    digest: ShortText | None = Field(None, description="sha256 of the files that are served; empty: not known.")


class MonitoringStatus(ApiModel):
    """The newest result of the monitor."""

    version: ShortText = Field("", description="The version that this is about.")
    last_run: Timestamp | None = Field(None, description="When it last succeeded.")
    last_window: ShortText = Field("", description="Start and end of the window.")
    rows: int = Field(0, ge=0, description="Rows in that window.")
    windows_judged: int = Field(0, ge=0, description="Windows judged since this version is served.")
    drifted_share: float | None = Field(None, description="Share of the columns that drifted.")
    votes: ShortText = Field("", description="Votes for drift, e.g. '2 of 3'.")
    columns: Annotated[list[ColumnDrift], Field(max_length=20)] = Field(
        [], description="The worst first.", json_schema_extra=list_map("name")
    )
    realized: QualityEstimate | None = Field(None, description="Realised quality.")
    report_url: Annotated[str, Field(max_length=1024)] = Field("", description="HTML report.")


class ModelDeploymentStatus(ApiModel):
    """The observed state."""

    observed_generation: int = Field(0, ge=0, description="The metadata.generation that this is about.")
    conditions: Conditions = Field([], description="Available, Progressing, Drifted, DataQualityDegraded, QualityDegraded, MonitorStale.")
    state: ShortText = Field("", description="One word for kubectl get, derived from the conditions.")
    version: ShortText = Field("", description="The version that is served.")
    url: ShortText = Field("", description="Address inside the cluster.")
    versions: Annotated[list[ServedVersion], Field(max_length=8)] = Field(
        [], description="Versions that have pods.", json_schema_extra=list_map("version")
    )
    history: Annotated[list[PromotionRecord], Field(max_length=20)] = Field(
        [], description="The last 20 changes of the served version.", json_schema_extra=ATOMIC
    )
    monitoring: MonitoringStatus | None = Field(None, description="The newest result of the monitor.")
