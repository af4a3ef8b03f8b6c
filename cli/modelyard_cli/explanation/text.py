"""The parts of an explanation: sections of sentences, the resource as its models read it, and warnings among its events."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from modelyard_api.base import ApiModel
from modelyard_api.conditions import Reason
from modelyard_operator.kube.interface import Object
from pydantic import ValidationError

from modelyard_cli.errors import CommandError

Model = TypeVar("Model", bound=ApiModel)
_SHOWN = 3
_OF_ATTEMPTS = frozenset({"AttemptFailed", "AttemptDisrupted", "AttemptLost", "AttemptStopped"})
_OF_EPISODES = frozenset({"DriftDetected", "DataQualityDegraded", "QualityDegraded", "MonitorStale", "AlertNotDelivered"})
_TOLD = frozenset(reason.value for reason in Reason) | _OF_ATTEMPTS | _OF_EPISODES


@dataclass(frozen=True)
class Section:
    """Sentences under a heading."""

    heading: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """A title, the whole thing in a sentence or two, and then the details."""

    title: str
    summary: str
    sections: tuple[Section, ...]

    def lines(self, width: int = 0) -> Iterator[str]:
        """As plain text; 0: lines as long as their sentences."""
        yield self.title
        yield from _indented(self.summary, width)
        for part in self.sections:
            yield ""
            yield part.heading
            for each in part.sentences:
                yield from _indented(each, width)


def _indented(text: str, width: int) -> list[str]:
    if not width:
        return [f"  {text}"]
    return textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def section(heading: str, sentences: Iterable[str]) -> list[Section]:
    """Nothing where there is nothing to say."""
    said = tuple(dict.fromkeys(sentence for sentence in sentences if sentence))
    return [Section(heading, said)] if said else []


def joined(items: Sequence[str], last: str = "and") -> str:
    """``a, b and c``."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""


def counted(number: int, one: str, many: str = "") -> str:
    """``1 row``, ``1,234 rows``."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def when(timestamp: str | None) -> str:
    """``2026-01-31T12:00:00Z`` as ``2026-01-31 12:00 UTC``."""
    return f"{timestamp[:16].replace('T', ' ')} UTC" if timestamp else ""


def duration(seconds: int) -> str:
    """``42 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def read(model: type[Model], resource: Object, part: str) -> Model:
    """``spec`` or ``status``; what isn't there counts as empty. Raises CommandError where another version wrote it."""
    value: Mapping[str, Any] = resource.get(part) or {}
    try:
        return model.model_validate(value)
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(str(step) for step in each["loc"]) for each in error.errors()})[:3])
        name = f"{resource.get('kind', 'resource')} {resource['metadata']['name']}"
        raise CommandError(
            f"{part} of {name} can't be read ({fields}): it was written by another version of Modelyard; install that version of this command"
        ) from error


def note(event: Object) -> str:
    """What it says; events.k8s.io calls it ``note``, the core group ``message``."""
    return str(event.get("note") or event.get("message") or "")


def newest_first(events: Sequence[Object]) -> list[Object]:
    """By when they happened last."""
    return sorted(events, key=_moment, reverse=True)


def other_warnings(events: Sequence[Object]) -> Iterator[str]:
    """The newest ones. Those that the operator makes of a condition or an attempt are in it already, or over."""
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
