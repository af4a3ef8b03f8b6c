"""What the operator tells its pods (one JSON object in an environment variable) and what they answer (exit code, termination message)."""

from enum import IntEnum, StrEnum
from typing import Annotated, Literal

from pydantic import Field

from modelyard_api.base import ApiModel, LongText, ShortText
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.conditions import Reason
from modelyard_api.model_deployment import Monitoring, RequestLog
from modelyard_api.training_job import TrainingJobSpec
from modelyard_api.verdicts import Evidences

REQUEST_VARIABLE = "MODELYARD_REQUEST"
TERMINATION_MESSAGE_PATH = "/dev/termination-log"
TERMINATION_PATH_VARIABLE = "MODELYARD_TERMINATION_PATH"  # another place, where a pod is a process of one machine
TERMINATION_MESSAGE_LIMIT = 3072  # bytes; the kubelet keeps 4,096 and cuts the front


class ExitCode(IntEnum):
    """Documented exit codes of job pods (after sysexits.h)."""

    OK = 0
    UNEXPECTED = 1  # retried within policy.retries
    INVALID = 65  # your input is wrong: terminal, the termination message says what
    UNAVAILABLE = 69  # something the pod needs doesn't answer: retried


class TrainRequest(ApiModel):
    """Train one model: command ``modelyard-job train``."""

    namespace: ShortText
    name: ShortText
    uid: ShortText
    attempt: int
    model: ShortText  # without the namespace
    spec: TrainingJobSpec
    split_run: ShortText | None = None  # the champion's run: its rows keep their place, new rows follow its cuts; None: the first training


class CompareRequest(ApiModel):
    """Compare a registered candidate with a champion that came after it trained: ``modelyard-job compare``."""

    namespace: ShortText
    name: ShortText
    uid: ShortText
    model: ShortText
    run_id: ShortText  # the candidate's run; its result.json names model id and test rows
    champion_version: ShortText
    spec: TrainingJobSpec


class MonitorRequest(ApiModel):
    """Judge the newest window of one ModelDeployment: ``modelyard-job monitor``."""

    namespace: ShortText
    name: ShortText
    uid: ShortText
    model: ShortText
    version: ShortText
    monitoring: Monitoring


class ServeRequest(ApiModel):
    """Serve one version: ``modelyard-serve``."""

    namespace: ShortText
    name: ShortText
    model: ShortText
    version: ShortText
    request_log: RequestLog
    digest: ShortText | None = None  # sha256 of the only files that may be served; None: served since before there was evidence


class PodError(ApiModel):
    """Why a pod ended: the termination message of every exit code but 0."""

    kind: Literal["Error"] = "Error"
    reason: Reason
    message: Annotated[str, Field(max_length=2048)]


class MetricValue(ApiModel):
    """One named number."""

    name: ShortText
    value: float


class TrainResult(ApiModel):
    """Termination message of a training or comparison pod that succeeded; result.json on the run has all of it."""

    kind: Literal["Trained"] = "Trained"
    run_id: ShortText
    experiment_id: ShortText
    model_id: ShortText  # MLflow's logged model, m-…
    digest: Annotated[ShortText, Field(min_length=1)]  # sha256 of the model's files
    champion_version: ShortText = ""  # the version the evidence compares with; empty: there was none
    metrics: Annotated[list[MetricValue], Field(max_length=16)]  # on the test split
    evidence: Evidences  # one per criterion and opponent, in the order of the resolved objective's criteria
    resolved: dict[str, str]  # what was chosen where the manifest left it open
    warnings: Annotated[list[ShortText], Field(max_length=10)] = []
    metric: Metric | None = None  # what was optimised; None: written by 0.1.0, where resolved names it
    anchor_version: ShortText | None = None  # what the evidence compares with besides; None: there was none
    test_uses: int | None = None  # earlier runs of the model that were judged on the same test rows
    evidence_left_out: bool = False  # not everything fits into the message: result.json on the run has the whole result


class ColumnDrift(ApiModel):
    """One column's distance from the reference."""

    name: ShortText
    method: ShortText
    distance: float | None = None  # None: not compared, finding says why
    threshold: float
    drifted: bool
    finding: ShortText = ""  # data quality: "missing", "all null", "62 % null (reference 1 %)", "3 unseen categories"


class GroupUnit(StrEnum):
    """What an interval takes as independent of the others."""

    ROW = "Row"
    SECOND = "Second"
    MINUTE = "Minute"
    HOUR = "Hour"
    DAY = "Day"


class QualityEstimate(ApiModel):
    """The realised metric with its 95 % interval, over the newest windows that have labels."""

    metric: ShortText
    value: float
    low: float
    high: float
    rows: int  # with a label
    degraded: bool
    groups: int | None = Field(None, ge=0, description="Groups that the interval was made from.")
    group_unit: GroupUnit | None = Field(None, description="What one of them is: a row, or the rows of an hour of the log.")
    clusters: ShortText = ""  # the same as text, "37 hours" or "812 rows", as 0.1.0 wrote it


class CheckOutcome(ApiModel):
    """What one check says now: its condition, and why."""

    check: ShortText  # a name of the catalogue
    active: bool | None = None  # None: not known, reason says why
    reason: Reason
    message: LongText  # for people


class MonitorResult(ApiModel):
    """Termination message of a monitoring pod that succeeded."""

    kind: Literal["Monitored"] = "Monitored"
    version: ShortText
    # The newest judged window (also when this run found no new one), "2026-01-01T00:00:00Z/2026-01-01T00:05:00Z"; empty: none yet.
    window: ShortText = ""
    rows: int = 0
    windows_judged: int = 0  # those with enough rows, so far
    drifted_share: float | None = None
    votes: int = 0  # votes for drift among the last `of`
    drifted: bool = False  # the k-of-n verdict
    columns: Annotated[list[ColumnDrift], Field(max_length=20)] = []  # the worst first
    findings: Annotated[list[ShortText], Field(max_length=5)] = []  # data quality, as 0.1.0 wrote it
    checks: Annotated[list[CheckOutcome], Field(max_length=16)] = []
    realized: QualityEstimate | None = None
    report_url: ShortText = ""  # s3:// of the HTML report
    alerted: bool = False  # an alert was sent for this episode
    alert_problem: ShortText = ""  # why an alert could not be delivered
