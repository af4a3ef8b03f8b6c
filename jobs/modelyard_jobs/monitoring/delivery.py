"""Sends what is due and remembers who has it: what fails is tried again by the next run."""

from collections.abc import Sequence
from datetime import datetime

from modelyard_jobs.monitoring.receivers import DeliveryFailed, Receiver
from modelyard_jobs.monitoring.state import MonitorState, Notification


def deliver(state: MonitorState, receivers: Sequence[Receiver], now: datetime, *, all_known: bool) -> tuple[MonitorState, list[str]]:
    """The state with what was delivered, and the problems in words.

    ``all_known`` False: a Secret is incomplete, so notifications wait until it is mended. A receiver whose notification failed isn't asked
    again in this run, so that the end of an episode never overtakes its beginning.
    """
    problems: dict[str, str] = {}
    sent_now: set[tuple[str, str]] = set()
    waiting = []
    for notification in state.notifications:
        after = _deliver_one(notification, receivers, now, problems)
        sent_now |= {(notification.episode.id, name) for name in after.delivered if name not in notification.delivered}
        if not all_known or any(receiver.name not in after.delivered for receiver in receivers):
            waiting.append(after)
    _keep_open(state, receivers, now, problems, sent_now)
    return state.model_copy(update={"notifications": tuple(waiting)}), [f"{name}: {problem}" for name, problem in problems.items()]


def _deliver_one(notification: Notification, receivers: Sequence[Receiver], now: datetime, problems: dict[str, str]) -> Notification:
    delivered = list(notification.delivered)
    for receiver in receivers:
        if receiver.name in delivered or receiver.name in problems:
            continue
        try:
            receiver.send(notification, now)
            delivered.append(receiver.name)
        except DeliveryFailed as error:
            problems[receiver.name] = str(error)
    return notification.model_copy(update={"delivered": tuple(delivered)})


def _keep_open(
    state: MonitorState, receivers: Sequence[Receiver], now: datetime, problems: dict[str, str], sent_now: set[tuple[str, str]]
) -> None:
    for episode in state.episodes:
        for receiver in receivers:
            if receiver.name in problems or (episode.id, receiver.name) in sent_now:
                continue
            try:
                receiver.keep_open(episode, now)
            except DeliveryFailed as error:
                problems[receiver.name] = str(error)
