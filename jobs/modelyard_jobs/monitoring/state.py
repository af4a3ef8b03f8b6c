"""What a monitor remembers between runs: which rows are judged, the votes, what checks said, open alert episodes, undelivered notifications.

It is one JSON object (``…/monitoring/state.json``), written once per run before anything is sent, and only over the version that was read.
"""

from dataclasses import dataclass
from typing import Any, Literal

from modelyard_api.base import ApiModel
from modelyard_api.catalogue.checks import CheckName, Severity
from modelyard_api.conditions import Reason
from modelyard_api.pod_contract import ColumnDrift, QualityEstimate
from pydantic import Field, ValidationError, model_validator

from modelyard_jobs.monitoring.bucket import Bucket, WrittenByAnother
from modelyard_jobs.termination import InvalidRequest, Unavailable

KEPT_WINDOWS = 50  # with their reports and predictions; votes and labels look no further back
KEPT_VERSIONS = 5


class LogFile(ApiModel):
    """A file of the request log with rows that are in no window yet."""

    key: str  # below the log's prefix
    rows: int  # of the watched version
    taken: int = 0  # rows that are in a judged window, the oldest first
    first: int  # microseconds; the oldest row that is not taken
    last: int


class Position(ApiModel):
    """How far the request log has been read for one version."""

    horizon: int  # microseconds; files whose key is older are never listed again
    done: tuple[str, ...] = ()  # files after the horizon all of whose rows are judged (or of another version)
    waiting: tuple[LogFile, ...] = ()  # oldest first


class JudgedWindow(ApiModel):
    """One window, and how the checks voted on it."""

    number: int  # 1, 2, … per version
    start: int  # microseconds
    end: int
    rows: int
    votes: dict[str, bool] = {}  # by name of the check; none: too few rows, or nothing could be compared
    report: str = ""  # keys in the bucket
    predictions: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_0_1_0(cls, stored: Any) -> Any:
        """The only vote was that for drift."""
        if not isinstance(stored, dict) or not {"vote", "driftedShare"} & stored.keys():
            return stored
        vote = stored.get("vote")
        rest = {key: value for key, value in stored.items() if key not in {"vote", "driftedShare"}}
        return rest | ({} if vote is None else {"votes": {CheckName.INPUT_DRIFT: vote}})


class CheckResult(ApiModel):
    """What one check says, and the numbers behind it."""

    active: bool | None = None  # None: it can't tell
    because: Reason | None = None  # the condition's reason, where the usual one says too little
    severity: Severity = Severity.WARNING
    vote: bool | None = None  # on the window that it was given
    subject: str = ""  # what the title of an alert ends with: columns, a metric
    message: str  # sentences for people
    columns: tuple[ColumnDrift, ...] = ()
    findings: tuple[str, ...] = ()  # about columns
    drifted_share: float | None = None
    realized: QualityEstimate | None = None
    page: bytes = Field(b"", exclude=True)  # HTML about the window, kept beside the state

    @property
    def reason(self) -> Reason:
        """Of its condition."""
        usual = {True: Reason.LIMITS_EXCEEDED, False: Reason.WITHIN_LIMITS, None: Reason.NO_WINDOW_YET}
        return self.because or usual[self.active]

    @property
    def alerts(self) -> bool | None:
        """Whether an alert has to be sent."""
        return None if self.active is None else self.active and self.severity is not Severity.INFO


class LastWindow(ApiModel):
    """The newest window, as status shows it."""

    window: str
    rows: int
    report_url: str = ""


_ONLY_IN_0_1_0 = {"lastDrifted", "realized"}  # results have them now: from the next window or label on


class VersionState(ApiModel):
    """Everything about one model version."""

    position: Position
    windows: tuple[JudgedWindow, ...] = ()  # the newest KEPT_WINDOWS, oldest first
    judged: int = 0  # windows so far
    voted: int = 0  # those with enough rows
    votes_after: int = 0  # windows up to this number were judged before the version was last taken back into service
    last: LastWindow | None = None
    results: dict[str, CheckResult] = {}  # what each check said last
    labels_seen: str = ""  # the windows and feedback files whose outcomes were looked at
    label_problems: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_0_1_0(cls, stored: Any) -> Any:
        last = stored.get("last") if isinstance(stored, dict) else None
        if not isinstance(last, dict) or "columns" not in last:
            return stored
        rest = {key: value for key, value in stored.items() if key not in _ONLY_IN_0_1_0}
        return rest | {"labelsSeen": "", "last": {key: last.get(key) for key in ("window", "rows", "reportUrl")}}

    def history(self) -> tuple[JudgedWindow, ...]:
        """The windows since it came into service."""
        return tuple(window for window in self.windows if window.number > self.votes_after)


class Episode(ApiModel):
    """From the run that found a check active to the run that finds it inactive again: one alert."""

    kind: str  # name of the check
    id: str
    version: str
    since: str
    window: str
    summary: str
    description: str
    severity: Severity = Severity.WARNING
    columns: tuple[ColumnDrift, ...] = ()
    realized: QualityEstimate | None = None


class Notification(ApiModel):
    """The beginning or the end of an episode, until every receiver has it."""

    id: str  # the same however often it is sent
    action: Literal["detected", "resolved"]
    at: str
    episode: Episode
    delivered: tuple[str, ...] = ()  # receivers that have it


class MonitorState(ApiModel):
    """state.json."""

    uid: str  # of the ModelDeployment
    version: str  # the version that was judged last
    versions: dict[str, VersionState]
    episodes: tuple[Episode, ...] = ()  # the open ones
    notifications: tuple[Notification, ...] = ()  # not delivered everywhere yet

    def episode(self, kind: str) -> Episode | None:
        """The open episode of ``kind``."""
        return next((each for each in self.episodes if each.kind == kind), None)


@dataclass(frozen=True)
class StateStore:
    """One monitor's state. Not every S3 server honours conditions: AWS, MinIO and SeaweedFS (tested) do."""

    bucket: Bucket
    key: str

    def load(self) -> tuple[MonitorState | None, str]:
        """The state and its tag; (None, "") before the first run."""
        stored = self.bucket.read(self.key)
        if stored is None:
            return None, ""
        try:
            return MonitorState.model_validate_json(stored.body, extra="ignore"), stored.etag  # after a rollback: a newer image wrote it
        except ValidationError as error:
            raise InvalidRequest(
                Reason.DATA_INVALID,
                f"s3://{self.bucket.name}/{self.key} is not a monitor's state ({error.error_count()} errors, the first at "
                f"{'.'.join(str(part) for part in error.errors()[0]['loc']) or 'the top'}). Delete it to judge the log from the start again.",
            ) from error

    def save(self, state: MonitorState, etag: str) -> str:
        """Returns the new tag; raises ``Unavailable`` when another run wrote meanwhile, and then nothing was written."""
        try:
            return self.bucket.replace(self.key, state.model_dump_json(by_alias=True, exclude_none=True).encode(), etag)
        except WrittenByAnother as conflict:
            raise Unavailable(
                Reason.MONITOR_RUNNING,
                "Another run of this monitor wrote its state meanwhile; this run's verdict is dropped and the next run continues from there.",
            ) from conflict
