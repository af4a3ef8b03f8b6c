"""How a column writes its categories (which words mean missing, which spellings of true and false are one, whether categories are numbers), and its texts read as numbers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from modelyard_api.reading_notes import ReadingNote, ReadingRule
from modelyard_model.cells.known_words import FALSE, MISSING, MISSING_AMONG_NUMBERS, TRUE, TRUTH_AS_NUMBER, TRUTH_PAIRS
from modelyard_model.cells.numbers import PLAIN, TYPESET, NumberForm, category_of, is_plain
from modelyard_model.cells.reading import TextReading
from numpy.typing import NDArray

from modelyard_jobs.data.text_column import TextColumn

_FEWEST_KEPT, _KEPT_SHARE = 10, 0.01  # cells, and share of the rows, that a word fills which is a category
_MOST_SPELLINGS = 40  # of true and false, and words beside them


@dataclass(frozen=True)
class FileWords:
    """What all columns of a file show of how it writes a missing value."""

    has_empty: bool = False  # some cell is empty
    among_numbers: frozenset[str] = frozenset()  # words that stand for a missing number


def holds_truth(column: TextColumn, *, also_numbers: bool = True) -> bool:
    """Whether it says true and false in some words. ``also_numbers``: true and false themselves count, though they are numbers too."""
    if column.plain or not len(column.odd) or len(column.others) > _MOST_SPELLINGS:
        return False
    is_number = all(text.lower() in TRUTH_AS_NUMBER for text in column.others)
    return (also_numbers or not is_number) and truth_spelling(column.counts) is not None


def truth_spelling(counts: Mapping[str, int]) -> tuple[str, str] | None:
    """How false and true are written most often; None where the texts aren't truth values, words for missing ones aside.

    Letters alone are truth values only with the other of their pair: n and s may be north and south.
    """
    if len(counts) > _MOST_SPELLINGS:
        return None
    spoken = {text: count for text, count in counts.items() if text.lower() in FALSE | TRUE}
    if not spoken or any(text.lower() not in MISSING_AMONG_NUMBERS for text in counts if text not in spoken):
        return None
    words = {text.lower() for text in spoken}
    if not any(words >= set(pair) for pair in TRUTH_PAIRS) and (len(words) > 1 or min(map(len, words)) == 1):
        return None
    false, true = (_most_frequent({text: count for text, count in spoken.items() if text.lower() in kind}) for kind in (FALSE, TRUE))
    return false or _opposite(true), true or _opposite(false)


def _most_frequent(counts: Mapping[str, int]) -> str:
    return min(counts, key=lambda text: (-counts[text], text.swapcase()), default="")  # of equally frequent ones that in small letters


def _opposite(text: str) -> str:
    """The other word of its pair, in capitals as it is: only one of them was seen."""
    pair = next(pair for pair in TRUTH_PAIRS if text.lower() in pair)
    other = pair[text.lower() == pair[0]]
    return other.upper() if text.isupper() else other.capitalize() if text[0].isupper() else other


def fit_texts(column: TextColumn, file: FileWords) -> tuple[TextReading, tuple[ReadingNote, ...]]:
    """The rule, and what it changed."""
    counts = column.counts
    kept = frozenset() if column.missing is not None else _kept(counts, len(column.texts), file)
    missing = tuple(sorted(MISSING - kept)) if column.missing is None else column.missing
    known = {text: count for text, count in counts.items() if text not in missing}
    numbers = bool(known) and all(is_plain(text) and not _has_leading_zero(text) for text in known)
    reading = TextReading(missing=as_categories(missing) if numbers else missing, numbers=numbers, truth=truth_spelling(known))
    notes = [_note(ReadingRule.MISSING_WORD, column, count, text) for text, count in counts.items() if text in missing]
    notes += [_note(ReadingRule.KEPT_WORD, column, counts[word], word) for word in sorted(kept)]
    if reading.truth:
        notes.append(_note(ReadingRule.TRUTH, column, _respelled(known, reading.truth)))
    notes.append(_note(ReadingRule.SPACES, column, column.spaces))
    return reading, tuple(note for note in notes if note.count)


def as_categories(words: Iterable[str]) -> tuple[str, ...]:
    """Words that mean missing among categories that are numbers, in every spelling: -9.0 as -9."""
    return tuple(dict.fromkeys(spelling for word in words for spelling in (word, category_of(word))))


def _note(rule: ReadingRule, column: TextColumn, count: int, detail: str = "") -> ReadingNote:
    return ReadingNote(rule=rule, column=column.name, count=count, detail=detail)


def _respelled(counts: Mapping[str, int], truth: tuple[str, str]) -> int:
    return sum(count for text, count in counts.items() if text.lower() in FALSE | TRUE and text not in truth)


def _has_leading_zero(text: str) -> bool:
    digits = text.lstrip("+-")
    return len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()


def _kept(counts: Mapping[str, int], rows: int, file: FileWords) -> frozenset[str]:
    """Words that may mean missing and are categories here: frequent ones, where the file has another way to say missing or all others look like them."""
    others = [text for text in counts if text not in MISSING]
    return frozenset(
        word
        for word, count in counts.items()
        if word in MISSING
        and count >= max(_FEWEST_KEPT, _KEPT_SHARE * rows)
        and word not in file.among_numbers
        and others
        and (file.has_empty or all(_is_code(text, len(word)) for text in (word, *others)))
    )


def _is_code(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isalpha() and text.isupper()


def categories(column: TextColumn, reading: TextReading) -> pl.Series:
    """The column's texts as the rule reads each, null where one is missing."""
    changed = {text: read for text in column.counts if (read := reading.read(text)) != text}
    if column.empty:
        changed[""] = None
    return column.texts.replace(list(changed), list(changed.values())) if changed else column.texts


def parsed(column: TextColumn, form: NumberForm) -> NDArray[np.float64]:
    """(rows,): the numbers, infinite ones too; NaN for every other text."""
    keeps_plain = form.decimal == PLAIN.decimal and form.thousands != PLAIN.decimal
    if keeps_plain and not len(column.odd):
        return column.numbers.to_numpy()
    found = column.numbers.to_numpy().copy() if keeps_plain else np.full(len(column.texts), np.nan)
    (rows,) = np.nonzero(np.isnan(found) & (column.texts != "").to_numpy())
    found[rows] = _parsed(column.texts[rows], form)
    return found


def _parsed(texts: pl.Series, form: NumberForm) -> NDArray[np.float64]:
    """By regular expression, and one after the other what it doesn't know: words, parentheses, a minus before the sign."""
    found = (_by_pattern(texts, form) if form != PLAIN else pl.Series([None] * len(texts), dtype=pl.Float64)).to_numpy().copy()
    (rows,) = np.nonzero(np.isnan(found))
    rest = texts[rows]
    known = {text: form.parse(text) for text in rest.unique().to_list()}
    found[rows] = rest.replace_strict(known, return_dtype=pl.Float64).fill_null(float("nan")).to_numpy() if known else []
    return found


def _by_pattern(texts: pl.Series, form: NumberForm) -> pl.Series:
    """Numbers of ``NumberForm``'s own pattern, with at most the sign before or behind them."""
    texts = texts.str.replace_many(list(TYPESET), list(TYPESET.values()))
    number = f"({form.digits.pattern})"
    digits = texts.str.extract(f"^{number}$")
    if form.sign:
        sign = re.escape(form.sign)
        digits = digits.zip_with(digits.is_not_null(), texts.str.extract(f"^{sign} *{number}$"))
        digits = digits.zip_with(digits.is_not_null(), texts.str.extract(f"^{number} *{sign}$"))
    if form.thousands:
        digits = digits.str.replace_all(form.thousands, "", literal=True)
    return digits.str.replace_all(form.decimal, ".", literal=True).cast(pl.Float64)
