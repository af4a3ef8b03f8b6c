"""Fits how a column writes its numbers: the one form that most of its texts have, and what the others count as."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np
import polars as pl
from modelyard_api.reading_notes import ReadingNote, ReadingRule
from modelyard_model.cells.known_words import TRUTH_AS_NUMBER
from modelyard_model.cells.numbers import CURRENCIES, PERCENT, PLAIN, NumberForm, category_of, is_plain, number_text
from modelyard_model.cells.reading import NumberReading, Unreadable
from numpy.typing import NDArray

from modelyard_jobs.data.text_column import CELLS, TextColumn
from modelyard_jobs.data.text_rules import parsed

FOREIGN_SHARE = 0.05  # of the texts: so many may be none of what the column holds
_HOPELESS = 0.8  # of a sample: with fewer numbers, more than FOREIGN_SHARE of all texts are foreign
_ZEROS_SHARE = 0.01  # of the numbers, of which so many begin with 0
_FEWEST_AMONG_WORDS = 10  # numbers, where words that mean missing outnumber them
_PLAIN_SAMPLE = 500
_LARGEST_EXACT = 2.0**53
_NUMBER_LIKE = re.compile(r"[0-9∞]|^(true|false|[+-]?inf(inity)?)$", re.IGNORECASE)
_GROUPS = re.compile(r"[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+")
# Plain first, and fewer marks before more: of forms that fit as many texts the first is taken
_FORMS = (
    *(NumberForm(".", mark) for mark in ("", ",", " ", "'")),
    *(NumberForm(",", mark) for mark in ("", ".", " ", "'")),
)
_WITH_GROUPS = {" ": r"[0-9][\s\u00a0\u2007\u2009\u202f][0-9]", "'": "['\u2019]", ".": r"\.", ",": ","}


@dataclass(frozen=True)
class NumberMarks:
    """What one column shows of how its file writes numbers."""

    form: NumberForm
    rival: NumberForm | None = None  # fits every text as well: what separates thousands may be the decimal mark

    @property
    def proves_comma(self) -> bool:
        """Commas can only be decimal marks."""
        return self.form.decimal == ","

    @property
    def proves_point(self) -> bool:
        """Commas can only separate thousands."""
        return self.form.decimal == "." and self.form.thousands == "," and self.rival is None


@dataclass(frozen=True)
class FileMarks:
    """What all columns together show."""

    decimal_comma: bool = False  # proved by a column
    decimal_point: bool = False
    semicolons: bool = False  # separate fields, as where commas are decimal marks


@dataclass(frozen=True)
class Numbers:
    """A column as numbers: ``values`` are NaN where missing, and infinite ones still there."""

    column: TextColumn
    form: NumberForm
    values: NDArray[np.float64]
    words: dict[str, int]  # that mean missing
    foreign: int  # texts that are no numbers
    ambiguous: bool = False  # what separates thousands may be the decimal mark

    @property
    def are_plain(self) -> bool:
        """Whether every cell is a plain number, or says infinite."""
        return self.form == PLAIN and not len(self.column.odd) and not self.column.empty

    @cached_property
    def count(self) -> int:
        """Finite numbers."""
        if self.are_plain and math.isfinite(self.column.largest):
            return len(self.values)
        return int(np.isfinite(self.values).sum())

    @cached_property
    def is_enough(self) -> bool:
        """Whether it is a column of numbers."""
        if not self.words and not self.foreign:
            return self.count > 0
        needed = _FEWEST_AMONG_WORDS if sum(self.words.values()) > self.count else 1
        return self.count >= needed and not self.is_foreign

    @cached_property
    def is_foreign(self) -> bool:
        """Whether too many texts are no numbers."""
        return self.foreign > FOREIGN_SHARE * (self.foreign + int((~np.isnan(self.values)).sum()))

    @cached_property
    def is_whole(self) -> bool:
        """Whether there are only whole numbers."""
        return _are_whole(self.values[:_PLAIN_SAMPLE]) and _are_whole(self.values)

    @cached_property
    def leading_zeros(self) -> int:
        """How many cells are whole numbers that begin with 0, where they are so many that the zeros belong to a name; else 0."""
        if self.form != PLAIN or not self.is_whole:
            return 0
        texts = self.column.texts
        led = texts.filter(texts.str.starts_with("0") & (texts.str.len_bytes() > 1))
        count = int(led.str.contains(r"^0[0-9]+$").sum())
        if not count or count >= _ZEROS_SHARE * self.count:
            return count
        return count if texts.filter(self.column.numbers.is_not_null()).str.len_bytes().n_unique() == 1 else 0

    @property
    def are_numbers(self) -> bool:
        """Whether it is a column of numbers that aren't names, and the manifest doesn't keep every text."""
        keeps_texts = self.column.missing == () and bool(self.words or self.foreign)
        return self.is_enough and not self.leading_zeros and not keeps_texts

    @property
    def first_foreign(self) -> int | None:
        """The first row, from 1, with a text that is no number."""
        texts = self.column.texts
        is_foreign = pl.Series(np.isnan(self.values)) & (texts != "") & ~texts.is_in(list(self.words))
        return int(is_foreign.arg_true()[0]) + 1 if is_foreign.any() else None


def _are_whole(values: NDArray[np.float64]) -> bool:
    return bool(((values == np.floor(values)) | ~np.isfinite(values)).all())


def marks(column: TextColumn) -> NumberMarks | None:
    """None: not a column of numbers, as far as a sample shows."""
    if not column.others:
        return NumberMarks(PLAIN) if column.plain else None
    if not column.plain and _with_digits(column.others) < _HOPELESS:
        return None
    plain = column.plain_sample(_PLAIN_SAMPLE)
    texts = column.others | {text: column.plain * plain.count(text) / len(plain) for text in set(plain)}
    signs = ["", *_signs(column.others)]
    forms = [form for sign, each in product(signs, _FORMS) if _is_seen(form := replace(each, sign=sign), texts)]
    fitting = {form: _fitting(texts, form) for form in forms}
    form = max(forms, key=fitting.__getitem__)
    if fitting[form] < _HOPELESS * sum(texts.values()) or _has_other_sign(texts, form, signs):
        return None
    rival = replace(form, decimal=",", thousands="") if (form.decimal, form.thousands) == (".", ",") else None
    return NumberMarks(form, rival if rival and fitting.get(rival, 0) >= fitting[form] else None)


def _with_digits(texts: dict[str, float]) -> float:
    """The share of the texts that may be numbers at all."""
    return sum(weight for text, weight in texts.items() if _NUMBER_LIKE.search(text)) / sum(texts.values())


def _signs(texts: dict[str, float]) -> Iterator[str]:
    together = "\n".join(texts)
    return (sign for sign in (*CURRENCIES, PERCENT) if sign in together)


def _is_seen(form: NumberForm, texts: dict[str, float]) -> bool:
    """Whether its marks occur at all; spaces and apostrophes may be typeset ones."""
    if form.thousands in {" ", "'"} and not any(not text.isascii() or form.thousands in text for text in texts):
        return False
    return "," not in {form.decimal, form.thousands} or form.thousands == "." or any("," in text for text in texts)


def _fitting(texts: dict[str, float], form: NumberForm) -> float:
    return math.fsum(weight for text, weight in texts.items() if form.parse(text) is not None)


def _has_other_sign(texts: dict[str, float], form: NumberForm, signs: Sequence[str]) -> bool:
    """Amounts in another currency, or currency and percent: numbers that can't be compared."""
    foreign = [text for text in texts if form.parse(text) is None]
    others = [replace(form, sign=sign) for sign in signs if sign not in {"", form.sign}]
    return any(other.parse(text) is not None for other in others for text in foreign)


def numbers(column: TextColumn, found: NumberMarks, file: FileMarks) -> Numbers:
    """All cells in the form that the column shows, what its file shows considered."""
    form, ambiguous = _decided(column, found, file)
    values = parsed(column, form)
    if form == PLAIN and column.plain == len(values):
        return Numbers(column, form, values, {}, 0)
    unread = np.isnan(values)
    words = {text: count for text, count in column.words.items() if form.parse(text) is None}
    return Numbers(column, form, values, words, int(unread.sum()) - column.empty - sum(words.values()), ambiguous)


def _decided(column: TextColumn, found: NumberMarks, file: FileMarks) -> tuple[NumberForm, bool]:
    """The form, and whether what separates thousands may be the decimal mark."""
    form = found.form
    if found.rival:
        if file.semicolons or file.decimal_comma:
            return found.rival, False
        return form, not file.decimal_point
    if file.decimal_comma and (form.decimal, form.thousands) == (".", "") and _are_groups(column):
        return replace(form, decimal=",", thousands="."), True
    return form, False


def _are_groups(column: TextColumn) -> bool:
    """Whether every point stands before three digits, behind a number that doesn't begin with 0: 1.234."""
    with_point = column.texts.filter(column.texts.str.contains(r"[0-9]\.|\.[0-9]"))
    return len(with_point) > 0 and bool(with_point.str.contains(r"^[^0-9.]*[1-9][0-9]{0,2}(\.[0-9]{3})+([^0-9.].*)?$").all())


def shows_point(column: TextColumn) -> bool:
    """Whether its plain numbers have decimals, which no mark of thousands could make: 0.5, 12.25."""
    return any("." in text and not _GROUPS.fullmatch(text) for text in column.plain_sample(_PLAIN_SAMPLE))


def fitted(found: Numbers) -> tuple[NumberReading, pl.Series, tuple[ReadingNote, ...]]:
    """The rule, the column's numbers, and what the rule changed."""
    column, form, values = found.column, found.form, found.values
    reading = NumberReading(
        decimal=form.decimal,
        thousands=form.thousands,
        sign=form.sign,
        missing=column.missing or (),
        unreadable=Unreadable.MISSING if found.foreign else Unreadable.REFUSED,
    )
    declared = np.isin(values, reading.missing_numbers) if reading.missing else np.zeros(1, dtype=np.bool_)
    notes = tuple(note for note in _notes(found, int(declared.sum())) if note.count)
    if found.are_plain and found.count == len(values) and not declared.any():
        return reading, column.numbers, notes
    return reading, pl.Series(CELLS, np.where(np.isfinite(values) & ~declared, values, np.nan)).fill_nan(None), notes


def _notes(found: Numbers, declared: int) -> Iterator[ReadingNote]:
    """``declared``: numbers that the manifest says mean missing."""
    column, form = found.column, found.form

    def note(rule: ReadingRule, count: int, detail: str = "") -> ReadingNote:
        return ReadingNote(rule=rule, column=column.name, count=count, detail=detail)

    def holding(mark: str) -> int:
        return int(column.texts.str.contains(mark, literal=True).sum())

    for word, count in found.words.items():
        yield note(ReadingRule.MISSING_WORD, count, word)
    yield note(ReadingRule.MISSING_WORD, declared, ", ".join(column.missing or ()))
    yield note(ReadingRule.NOT_A_NUMBER, found.foreign)
    yield note(ReadingRule.INFINITE, int(np.isinf(found.values).sum()) if found.count < len(found.values) else 0)
    if form.thousands:
        rule = ReadingRule.AMBIGUOUS_NUMBER if found.ambiguous else ReadingRule.THOUSANDS
        yield note(rule, int(column.texts.str.contains(_WITH_GROUPS[form.thousands]).sum()), form.thousands)
    if form.decimal == ",":
        yield note(ReadingRule.DECIMAL_COMMA, holding(","))
    if form.sign:
        yield note(ReadingRule.PERCENT if form.sign == PERCENT else ReadingRule.CURRENCY, holding(form.sign), form.sign)
    yield note(ReadingRule.ROUNDED, _rounded(found))
    yield note(ReadingRule.TRUTH, _respelled(column))


def _rounded(found: Numbers) -> int:
    """Whole numbers that float64 may not hold: those with all their digits written out."""
    if found.are_plain and found.column.largest < _LARGEST_EXACT:
        return 0
    large = np.isfinite(found.values) & (np.abs(found.values) >= _LARGEST_EXACT)
    if not large.any():
        return 0
    return int((~found.column.texts.filter(pl.Series(large)).str.contains(f"[eE{re.escape(found.form.decimal)}]")).sum())


def _respelled(column: TextColumn) -> int:
    """Truth values in another spelling than the most frequent one of their kind."""
    spellings = {text: count for text, count in column.others.items() if text.lower() in TRUTH_AS_NUMBER}
    kinds = {text.lower() for text in spellings}
    usual = (max(count for text, count in spellings.items() if text.lower() == kind) for kind in kinds)
    return round(sum(spellings.values()) - sum(usual))


def as_texts(found: Numbers) -> pl.Series:
    """Plain numbers as categories, null where they are missing."""
    texts = found.column.texts
    known = {text: _category(text) for text in texts.unique().to_list() if text and text not in found.words}
    return texts.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)


def _category(text: str) -> str | None:
    value = PLAIN.parse(text)
    if value is None or not math.isfinite(value):
        return None
    return category_of(text) if is_plain(text) else number_text(value)
