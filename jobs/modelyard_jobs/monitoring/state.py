"""What a monitor remembers between runs: which rows are judged, the votes, open alert episodes, undelivered notifications.

It is one JSON object (``…/monitoring/state.json``), written once per run before anything is sent, and only over the version that was read.
"""

from enum import StrEnum
from typing import Literal

from modelyard_api.base import ApiModel
from modelyard_api.pod_contract import ColumnDrift, QualityEstimate

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
    """The verdict on one window."""

    number: int  # 1, 2, … per version
    start: int  # microseconds
    end: int
    rows: int
    vote: bool | None  # None: too few rows, or no column could be compared
    drifted_share: float | None
    report: str = ""  # keys in the bucket
    predictions: str = ""


class LastVerdict(ApiModel):
    """What status shows of the newest window."""

    window: str
    rows: int
    drifted_share: float | None
    columns: tuple[ColumnDrift, ...]
    findings: tuple[str, ...]
    report_url: str


class VersionState(ApiModel):
    """Everything about one model version."""

    position: Position
    windows: tuple[JudgedWindow, ...] = ()  # the newest KEPT_WINDOWS, oldest first
    judged: int = 0  # windows so far
    voted: int = 0  # those that gave a vote
    votes_after: int = 0  # windows up to this number were judged before the version was last taken back into service
    last: LastVerdict | None = None
    last_drifted: LastVerdict | None = None  # the newest that voted for drift
    labels_seen: str = ""  # which windows and feedback files the realised quality was computed from
    realized: QualityEstimate | None = None
    label_problems: tuple[str, ...] = ()


class EpisodeKind(StrEnum):
    """What an alert is about."""

    DRIFT = "drift"
    QUALITY = "quality"


class Episode(ApiModel):
    """From the run that found the verdict true to the run that finds it false again: one alert."""

    kind: EpisodeKind
    id: str
    version: str
    since: str
    window: str
    summary: str
    description: str
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

    def episode(self, kind: EpisodeKind) -> Episode | None:
        """The open episode of ``kind``."""
        return next((each for each in self.episodes if each.kind is kind), None)
