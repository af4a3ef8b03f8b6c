"""What an explanation is made of, and the words that all of them use."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


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


def sentence(text: str) -> str:
    """``text`` with a capital and a full stop. What begins with a name in quotes or a path stays as it is."""
    text = text.strip()
    first = text.split(" ", 1)[0]
    start = text[:1].upper() + text[1:] if first.isalpha() and first.islower() else text
    return start if start.endswith((".", "!", "?", ":")) or not start else f"{start}."


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
