"""Warnings among the events that nothing else tells."""

from collections.abc import Iterator, Sequence

from modelyard_operator.kube.interface import Object

_SHOWN = 3


def note(event: Object) -> str:
    """What it says; events.k8s.io calls it ``note``, the core group ``message``."""
    return str(event.get("note") or event.get("message") or "")


def newest_first(events: Sequence[Object]) -> list[Object]:
    """By when they happened last."""
    return sorted(events, key=_moment, reverse=True)


def untold_warnings(events: Sequence[Object], told: str) -> Iterator[str]:
    """The newest ones whose words aren't in ``told`` already."""
    seen: set[str] = set()
    for event in newest_first(events):
        words = note(event)
        if event.get("type") == "Warning" and words and words not in told and words not in seen:
            seen.add(words)
            yield f"{event.get('reason', 'Warning')}: {words}"
        if len(seen) == _SHOWN:
            return


def _moment(event: Object) -> str:
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), event.get("eventTime"), event.get("deprecatedLastTimestamp"), event.get("lastTimestamp"))
    return next((str(time) for time in times if time), "")
