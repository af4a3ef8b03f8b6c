"""Alert episodes: one notification when a verdict becomes true, one when it is false again, nothing in between."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from modelyard_api.pod_contract import ColumnDrift, MonitorRequest, QualityEstimate

from modelyard_jobs.monitoring.state import Episode, EpisodeKind, MonitorState, Notification
from modelyard_jobs.monitoring.times import rfc3339

KEPT_NOTIFICATIONS = 20  # undelivered ones; the oldest are given up first
_NAMED_COLUMNS = 8


@dataclass(frozen=True)
class Trigger:
    """A verdict as it stands now. ``active`` None: nothing new is known."""

    kind: EpisodeKind
    active: bool | None
    window: str
    summary: str
    description: str
    columns: tuple[ColumnDrift, ...] = ()
    realized: QualityEstimate | None = None


def advance(state: MonitorState, trigger: Trigger, request: MonitorRequest, now: datetime) -> MonitorState:
    """Opens or closes the episode of the trigger's kind, with the notification that goes with it; otherwise the same state."""
    episode = state.episode(trigger.kind)
    if trigger.active and episode is None:
        opened = Episode(
            kind=trigger.kind,
            id=_identifier(request.uid, trigger.kind, request.version, trigger.window),
            version=request.version,
            since=rfc3339(now),
            window=trigger.window,
            summary=trigger.summary,
            description=trigger.description,
            columns=trigger.columns,
            realized=trigger.realized,
        )
        return _with(state, (*state.episodes, opened), [_notification(opened, "detected", now)])
    if trigger.active is False and episode is not None:
        return close(state, [episode], now)
    return state


def close(state: MonitorState, episodes: Sequence[Episode], now: datetime) -> MonitorState:
    """Ends episodes: the verdict is false again, or the version is not served any more."""
    remaining = tuple(each for each in state.episodes if each not in episodes)
    return _with(state, remaining, [_notification(each, "resolved", now) for each in episodes])


def drift_trigger(request: MonitorRequest, active: bool | None, window: str, votes: int, columns: tuple[ColumnDrift, ...]) -> Trigger:
    """The text names the columns, how far they moved and the threshold."""
    drifted = [column for column in columns if column.drifted]
    named = ", ".join(f"{each.name} {each.distance:g} ({each.method}, threshold {each.threshold:g})" for each in drifted[:_NAMED_COLUMNS])
    more = f" and {len(drifted) - _NAMED_COLUMNS} more" if len(drifted) > _NAMED_COLUMNS else ""
    alert = request.monitoring.alert
    return Trigger(
        EpisodeKind.DRIFT,
        active,
        window,
        f"What {request.name} in {request.namespace} is asked has moved: {', '.join(each.name for each in drifted[:3])}",
        f"Model {request.model} version {request.version}: {votes} of the last {alert.of} windows voted for drift ({alert.after} are needed). "
        f"Window {window} against the reference: {named}{more}.",
        tuple(drifted[:_NAMED_COLUMNS]),
    )


def quality_trigger(request: MonitorRequest, realized: QualityEstimate | None, window: str) -> Trigger:
    """Without an estimate nothing is known, and an open episode stays open."""
    performance = request.monitoring.performance
    if realized is None or performance is None:
        return Trigger(EpisodeKind.QUALITY, None, window, "", "")
    limit = f"at least {performance.at_least:g}" if performance.at_least is not None else f"at most {performance.at_most:g}"
    return Trigger(
        EpisodeKind.QUALITY,
        realized.degraded,
        window,
        f"The quality of {request.name} in {request.namespace} is degraded",
        f"Model {request.model} version {request.version}: {realized.metric} {realized.value:.4g} (95 % interval {realized.low:.4g} to "
        f"{realized.high:.4g}, {realized.rows} labelled rows); wanted {limit}.",
        realized=realized,
    )


def _with(state: MonitorState, episodes: tuple[Episode, ...], new: Sequence[Notification]) -> MonitorState:
    waiting = (*state.notifications, *new)[-KEPT_NOTIFICATIONS:]
    return state.model_copy(update={"episodes": episodes, "notifications": waiting})


def _notification(episode: Episode, action: Literal["detected", "resolved"], now: datetime) -> Notification:
    return Notification(id=_identifier(episode.id, action), action=action, at=rfc3339(now), episode=episode)


def _identifier(*parts: str) -> str:
    """Stable: a retried run gives the same event the same id."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
