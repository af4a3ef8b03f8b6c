"""Warnings among the events that conditions and attempts don't tell."""

from collections.abc import Iterator, Sequence

from modelyard_api.conditions import Reason
from modelyard_operator.kube.interface import Object

_SHOWN = 3
_OF_ATTEMPTS = frozenset({"AttemptFailed", "AttemptDisrupted", "AttemptLost", "AttemptStopped"})
_OF_EPISODES = frozenset({"DriftDetected", "DataQualityDegraded", "QualityDegraded", "MonitorStale", "AlertNotDelivered"})
_TOLD = frozenset(reason.value for reason in Reason) | _OF_ATTEMPTS | _OF_EPISODES


def note(event: Object) -> str:
    """What it says; events.k8s.io calls it ``note``, the core group ``message``."""
    return str(event.get("note") or event.get("message") or "")


def newest_first(events: Sequence[Object]) -> list[Object]:
    """By when they happened last."""
    return sorted(events, key=_moment, reverse=True)


def untold_warnings(events: Sequence[Object]) -> Iterator[str]:
    """The newest ones. Those that the operator makes of a condition or an attempt are told by it, or over."""
    seen: set[str] = set()
    for event in newest_first(events):
        words, reason = note(event), str(event.get("reason", "Warning"))
        if event.get("type") == "Warning" and words and reason not in _TOLD and words not in seen:
            seen.add(words)
            yield f"{reason}: {words}"
        if len(seen) == _SHOWN:
            return


def _moment(event: Object) -> str:
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), event.get("eventTime"), event.get("deprecatedLastTimestamp"), event.get("lastTimestamp"))
    return next((str(time) for time in times if time), "")
