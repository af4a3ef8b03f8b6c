"""Alert episodes: one notification when a check becomes active, one when it is inactive again, nothing in between.

What can't be delivered stays in the state, and the next run tries it again.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from modelyard_api.catalogue.checks import CheckSpec, checks_of
from modelyard_api.pod_contract import MonitorRequest
from modelyard_api.timestamps import rfc3339

from modelyard_jobs.monitoring.channels import Channel, DeliveryFailed
from modelyard_jobs.monitoring.state import CheckResult, Episode, MonitorState, Notification

KEPT_NOTIFICATIONS = 20  # undelivered ones; the oldest are given up first
_COLUMNS = 8


def advance(state: MonitorState, request: MonitorRequest, now: datetime) -> MonitorState:
    """Opens and closes episodes as the results of the served version are, each with the notification that goes with it."""
    version = state.versions[request.version]
    wanted = {spec.name: spec for spec in checks_of(request.monitoring)}
    state = close(state, [episode for episode in state.episodes if episode.kind not in wanted], now)
    window = version.last.window if version.last else ""
    for name, result in version.results.items():
        episode = state.episode(name)
        if result.alerts and episode is None and name in wanted:
            opened = _opened(wanted[name], result, request, window, now)
            state = _with(state, (*state.episodes, opened), [_notification(opened, "detected", now)])
        elif result.alerts is False and episode is not None:
            state = close(state, [episode], now)
    return state


def close(state: MonitorState, episodes: Sequence[Episode], now: datetime) -> MonitorState:
    """Ends episodes: the check is inactive again or not wanted any more, or the version is not served any more."""
    if not episodes:
        return state
    remaining = tuple(each for each in state.episodes if each not in episodes)
    return _with(state, remaining, [_notification(each, "resolved", now) for each in episodes])


def _opened(spec: CheckSpec, result: CheckResult, request: MonitorRequest, window: str, now: datetime) -> Episode:
    subject = f": {result.subject}" if result.subject else ""
    return Episode(
        kind=spec.name,
        id=_identifier(request.uid, spec.name, request.version, window),
        version=request.version,
        since=rfc3339(now),
        window=window,
        summary=f"{spec.title} on {request.name} ({request.namespace}){subject}",
        description=f"Model {request.model} version {request.version}, window {window}. {result.message}",
        severity=result.severity,
        columns=tuple(column for column in result.columns if column.drifted)[:_COLUMNS],
        realized=result.realized,
    )


def _with(state: MonitorState, episodes: tuple[Episode, ...], new: Sequence[Notification]) -> MonitorState:
    waiting = (*state.notifications, *new)[-KEPT_NOTIFICATIONS:]
    return state.model_copy(update={"episodes": episodes, "notifications": waiting})


def _notification(episode: Episode, action: Literal["detected", "resolved"], now: datetime) -> Notification:
    return Notification(id=_identifier(episode.id, action), action=action, at=rfc3339(now), episode=episode)


def _identifier(*parts: str) -> str:
    """Stable: a retried run gives the same event the same id."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def deliver(state: MonitorState, channels: Sequence[Channel], now: datetime, *, all_known: bool) -> tuple[MonitorState, list[str]]:
    """The state with what was delivered, and the problems, for people.

    ``all_known`` False: a Secret is incomplete, so notifications wait until it is mended. A channel whose notification failed isn't tried
    again in this run, so that the end of an episode never overtakes its beginning.
    """
    problems: dict[str, str] = {}
    sent_now: set[tuple[str, str]] = set()
    waiting = []
    for notification in state.notifications:
        after = _deliver_one(notification, channels, now, problems)
        sent_now |= {(notification.episode.id, name) for name in after.delivered if name not in notification.delivered}
        if not all_known or any(channel.name not in after.delivered for channel in channels):
            waiting.append(after)
    _keep_open(state, channels, now, problems, sent_now)
    return state.model_copy(update={"notifications": tuple(waiting)}), [f"{name}: {problem}" for name, problem in problems.items()]


def _deliver_one(notification: Notification, channels: Sequence[Channel], now: datetime, problems: dict[str, str]) -> Notification:
    delivered = list(notification.delivered)
    for channel in channels:
        if channel.name in delivered or channel.name in problems:
            continue
        try:
            channel.send(notification, now)
            delivered.append(channel.name)
        except DeliveryFailed as error:
            problems[channel.name] = str(error)
    return notification.model_copy(update={"delivered": tuple(delivered)})


def _keep_open(
    state: MonitorState, channels: Sequence[Channel], now: datetime, problems: dict[str, str], sent_now: set[tuple[str, str]]
) -> None:
    for episode in state.episodes:
        for channel in channels:
            if channel.name in problems or (episode.id, channel.name) in sent_now:
                continue
            try:
                channel.keep_open(episode, now)
            except DeliveryFailed as error:
                problems[channel.name] = str(error)
