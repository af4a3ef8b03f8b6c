"""Fits how a column writes its timestamps: ISO 8601, or the one form that its texts have. Day or month first is decided on the whole column."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from modelyard_api.reading_notes import ReadingNote, ReadingRule
from modelyard_model.cells import times
from modelyard_model.cells.known_words import MISSING_AMONG_NUMBERS
from modelyard_model.cells.reading import TimeReading, Unreadable

from modelyard_jobs.data.text_column import TextColumn, counted

FOREIGN_SHARE = 0.05
_HOPELESS = 0.8
_SHORTEST = 6  # characters of a date: 1.1.24
_FIRST = 20  # texts that a form has to fit one of, to be tried on a sample
_SHAPE = (
    r"[1-9][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_CLOCK = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{3}(?:[0-9]{3})?)?)?(?:Z|[+-](?:0[0-9]|1[0-9]|2[0-3]):[0-5][0-9])?"
_ISO = f"^{_SHAPE}(?:{_CLOCK})?$"  # what Python reads as ISO 8601, most of it: the rest is looked at text by text


@dataclass(frozen=True)
class Times:
    """A column as timestamps: the form beside ISO 8601, and what its texts are."""

    form: str
    read: Mapping[str, str | None]  # ISO 8601 of every text that isn't so itself; None: not a timestamp
    words: dict[str, int]  # that mean missing
    in_form: int  # cells
    foreign: int
    present: int  # cells with a text that is no such word
    ambiguous: bool = False  # another order of day and month fits every text as well

    @property
    def is_enough(self) -> bool:
        """Whether it is a column of timestamps."""
        return self.present > self.foreign and self.foreign <= FOREIGN_SHARE * self.present


def look_for_times(column: TextColumn, *, compact: bool) -> Times | None:
    """None: not a column of timestamps, as far as a sample shows. ``compact``: 20231231 may be one."""
    sample = [text for text in column.sample() if text.lower() not in MISSING_AMONG_NUMBERS and text not in (column.missing or ())]
    form, share = _form(sample, compact=compact)
    if not sample or share < _HOPELESS or _are_short(sample):
        return None
    return times_in(column, form)


def _are_short(sample: Sequence[str]) -> bool:
    return sum(len(text) < _SHORTEST for text in sample) > FOREIGN_SHARE * len(sample)


def _form(sample: Sequence[str], *, compact: bool) -> tuple[str, float]:
    """The form that fits most of the texts that aren't ISO 8601, and the share that is one of both."""
    rest = [text for text in sample if not times.parse_iso(text)]
    first = rest[:: max(1, len(rest) // _FIRST)]
    tried = [form for form in (*times.FORMS, *([times.COMPACT] if compact else ())) if _fitting(first, form)]
    fitting = {form: _fitting(rest, form) for form in tried}
    form = max(fitting, key=fitting.__getitem__, default="")
    return form, (len(sample) - len(rest) + fitting.get(form, 0)) / max(1, len(sample))


def _fitting(texts: Iterable[str], form: str) -> int:
    return sum(times.parse_form(text, form) is not None for text in texts)


def times_in(column: TextColumn, form: str) -> Times:
    """All cells by one form, or by its twin with day and month the other way round where that fits more."""
    texts = column.texts.filter((column.texts != "") & ~column.texts.str.contains(_ISO))
    counts = {text: count for text, count in counted(texts).items() if text not in column.words and not times.parse_iso(text)}
    read = {each: {text: times.parse_form(text, each) if each else None for text in counts} for each in _orders(form)}
    fitting = {each: sum(counts[text] for text, moment in found.items() if moment) for each, found in read.items()}
    form = max(fitting, key=fitting.__getitem__)
    iso = {text: moment.isoformat() if moment else None for text, moment in read[form].items()}
    present = column.present - sum(column.words.values())
    is_ambiguous = len(fitting) > 1 and len(set(fitting.values())) == 1
    return Times(form, iso, column.words, fitting[form], sum(counts.values()) - fitting[form], present, is_ambiguous)


def _orders(form: str) -> tuple[str, ...]:
    """The form and its twin; where both fit as many texts the first is taken: with a slash the month comes first, else the day."""
    twin = {"D": "M", "M": "D"}
    if form == times.COMPACT or not form or {form[0], form[2]} != {"D", "M"}:
        return (form,)
    other = twin[form[0]] + form[1] + twin[form[2]] + form[3:]
    return tuple(sorted((form, other), key=lambda each: each[0] != ("M" if form[1] == "/" else "D")))


def fitted(column: TextColumn, found: Times) -> tuple[TimeReading, tuple[ReadingNote, ...]]:
    """The rule, and what it changed."""
    unreadable = Unreadable.MISSING if found.foreign else Unreadable.REFUSED
    reading = TimeReading(form=found.form if found.in_form else "", missing=column.missing or (), unreadable=unreadable)
    rule = ReadingRule.AMBIGUOUS_DATE if found.ambiguous else ReadingRule.DATE_FORM
    notes = [
        ReadingNote(rule=ReadingRule.MISSING_WORD, column=column.name, count=count, detail=word) for word, count in found.words.items()
    ]
    notes += [ReadingNote(rule=ReadingRule.NOT_A_TIME, column=column.name, count=found.foreign)] * bool(found.foreign)
    notes += [ReadingNote(rule=rule, column=column.name, count=found.in_form, detail=found.form)] * bool(found.in_form)
    return reading, tuple(notes)


def iso_texts(column: TextColumn, found: Times) -> pl.Series:
    """The column as ISO 8601, null where it is missing."""
    changed: dict[str, str | None] = {"": None, **dict.fromkeys(found.words), **found.read}
    return column.texts.replace(list(changed), list(changed.values())) if len(changed) > 1 or column.empty else column.texts
