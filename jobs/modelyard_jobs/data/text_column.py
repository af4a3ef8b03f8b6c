"""A column of texts, looked at once: which of its cells are plain numbers, and what the others are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from modelyard_model.cells.known_words import MISSING_AMONG_NUMBERS
from numpy.typing import NDArray

_SPACES = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace())  # that Python's strip takes off
_SAMPLE = 2000
CELLS = "cells"  # name of a series, whatever its column is called
_AT_ONCE = 2  # columns: polars has several threads for that, and what they make is large
_FEW = 20_000  # cells that are counted whatever they hold
_LONGEST_WORD = max(len(word.encode()) for word in MISSING_AMONG_NUMBERS)
_BLOCK = 1 << 18  # bytes that are looked at in one go: they stay in the processor's cache
_NEWLINE, _RETURN = ord("\n"), ord("\r")


@dataclass(frozen=True)
class TextColumn:
    """``numbers``: Float64 where a text is a plain number or says infinite, else null. Polars' cast finds a finite number exactly where
    ``NumberForm.parse`` finds a plain one, and the same; what it makes of other words is not used.
    """

    name: str  # of the column; the series have another one, because Polars takes some names for patterns
    texts: pl.Series  # without outer spaces, the empty one for a missing cell
    numbers: pl.Series
    odd: pl.Series  # texts that are neither empty nor a number, in their order
    spaces: int = 0  # cells that had outer ones
    missing: tuple[str, ...] | None = None  # words that the manifest says mean missing; None: it says nothing

    @property
    def plain(self) -> int:
        """Cells that are plain numbers."""
        return len(self.numbers) - self.numbers.null_count()

    @property
    def empty(self) -> int:
        """Cells without a text."""
        return len(self.texts) - self.plain - len(self.odd)

    @property
    def present(self) -> int:
        """Cells with a text."""
        return self.plain + len(self.odd)

    @cached_property
    def largest(self) -> float:
        """Of the plain numbers, without their minus; infinite where one is."""
        least, most = self.numbers.min(), self.numbers.max()
        return max(abs(least), abs(most)) if isinstance(least, float) and isinstance(most, float) else 0.0

    @cached_property
    def _odd_counts(self) -> dict[str, int] | None:
        """None: very many different ones."""
        is_varied = len(self.odd) > _FEW and _spread(self.odd, _SAMPLE).n_unique() >= _SAMPLE // 2
        return None if is_varied else counted(self.odd)

    @cached_property
    def words(self) -> dict[str, int]:
        """Odd texts that mean missing among numbers and timestamps, with their number of cells."""
        declared = self.missing or ()
        counts = self._odd_counts
        if counts is None:
            short = self.odd.filter((self.odd.str.len_bytes() <= _LONGEST_WORD) | self.odd.is_in(list(declared)))
            counts = counted(short.filter(short.str.to_lowercase().is_in(sorted(MISSING_AMONG_NUMBERS)) | short.is_in(list(declared))))
        return {text: count for text, count in counts.items() if text.lower() in MISSING_AMONG_NUMBERS or text in declared}

    @cached_property
    def others(self) -> dict[str, float]:
        """Odd texts that mean no missing number, with their number of cells; of very many different ones a sample, counted up to all."""
        counts = self._odd_counts
        if counts is None:
            counts = counted(_spread(self.odd, _SAMPLE))
        elif len(counts) > _SAMPLE:
            counts = {text: counts[text] for text in _spread(pl.Series(list(counts)), _SAMPLE).to_list()}
        scale = len(self.odd) / max(1, sum(counts.values()))
        return {text: count * scale for text, count in counts.items() if text not in self.words}

    @cached_property
    def counts(self) -> dict[str, int]:
        """All texts but the empty one."""
        if not self.plain and self._odd_counts is not None:
            return self._odd_counts
        return counted(self.texts.filter(self.texts != "") if self.empty else self.texts)

    def sample(self, most: int = _SAMPLE) -> list[str]:
        """Texts from all over the column."""
        return _spread(self.texts.filter(self.texts != "") if self.empty else self.texts, most).to_list()

    def plain_sample(self, most: int) -> list[str]:
        """Texts of plain numbers from all over the column."""
        return _spread(self.texts.filter(self.numbers.is_not_null()), most).to_list()


def counted(texts: pl.Series) -> dict[str, int]:
    """Different texts with their number of cells."""
    return dict(texts.value_counts().iter_rows())


def _spread(texts: pl.Series, most: int) -> pl.Series:
    return texts if len(texts) <= most else texts.gather_every(len(texts) // most)[:most]


def look_at_texts(
    columns: Mapping[str, pl.Series], numbers: Mapping[str, pl.Series], missing: Mapping[str, Sequence[str]]
) -> dict[str, TextColumn]:
    """String columns. ``numbers``: cast to Float64, null for what is none; ``missing``: words that the manifest says mean missing, by column."""
    found, names = {}, list(columns)
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        texts = pl.DataFrame([columns[name].alias(str(place)) for place, name in enumerate(some)])
        odd = [place for place, name in zip(texts.columns, some, strict=True) if numbers[name].null_count()]
        stripped = texts.lazy().select(pl.col(odd).fill_null("").str.strip_chars(_SPACES)).collect()
        for place, name in zip(texts.columns, some, strict=True):
            without = stripped[place] if place in odd else None
            found[name] = _look(name, texts[place], numbers[name].alias(place), without, missing.get(name))
    return found


def _look(name: str, cells: pl.Series, numbers: pl.Series, stripped: pl.Series | None, words: Sequence[str] | None) -> TextColumn:
    """``stripped``: without outer spaces; None where all cells are plain numbers."""
    missing = None if words is None else tuple(words)
    if stripped is None:
        return TextColumn(name, cells, numbers, cells.clear(), 0, missing)
    spaces = int((stripped.str.len_bytes() != cells.fill_null("").str.len_bytes()).sum())
    if spaces:
        numbers = stripped.cast(pl.Float64, strict=False).fill_nan(None)
    elif not cells.null_count():
        stripped = cells  # the same, and there already
    is_odd = stripped != ""
    odd = stripped if not numbers.count() and is_odd.all() else stripped.filter(is_odd & numbers.is_null())
    return TextColumn(name, stripped, numbers, odd, spaces, missing)


@dataclass(frozen=True)
class Quotes:
    """How many there are, and how many of them are the second one of two inside a field."""

    count: int = 0
    doubled: int = 0


@dataclass(frozen=True)
class TextBytes:
    """What follows the header, from ``start`` on."""

    data: bytes
    start: int

    @cached_property
    def _body(self) -> NDArray[np.uint8]:
        return np.frombuffer(self.data, dtype=np.uint8)[self.start :]

    def has(self, letter: str) -> bool:
        """Whether it occurs."""
        return self.data.find(letter.encode(), self.start) >= 0

    def count(self, letter: str) -> int:
        """How often it occurs."""
        body = self._body
        return sum(int(np.count_nonzero(body[at : at + _BLOCK] == ord(letter))) for at in range(0, len(body), _BLOCK))

    @property
    def lines(self) -> int:
        """With the last one, which no newline may follow."""
        return self.count("\n") + (len(self._body) > 0 and not self.data.endswith(b"\n"))

    def has_bare_returns(self) -> bool:
        """Carriage returns that no newline follows end a record for Python's csv, and are a letter for Polars. The header counts."""
        if b"\r" not in self.data:
            return False
        whole = np.frombuffer(self.data, dtype=np.uint8)
        for begin in range(0, len(whole), _BLOCK):
            at = np.flatnonzero(whole[begin : begin + _BLOCK] == _RETURN) + begin
            if len(at) and (at[-1] + 1 == len(whole) or (whole[at + 1] != _NEWLINE).any()):
                return True
        return False

    def quotes(self, quote: str, separator: str) -> Quotes | None:
        """None unless every quote opens a field, closes one, or is one of two inside: only then all ways of splitting agree."""
        if not self.has(quote):
            return Quotes()
        body, seen, doubled = self._body, 0, 0
        before_opening, after_closing = _among(quote, separator, "\n"), _among(quote, separator, "\n", "\r")
        for begin in range(0, len(body), _BLOCK):
            at = np.flatnonzero(body[begin : begin + _BLOCK] == ord(quote)) + begin
            opening, closing = at[seen % 2 :: 2], at[1 - seen % 2 :: 2]
            before = body[opening[opening > 0] - 1]
            after = body[closing[closing + 1 < len(body)] + 1]
            if not before_opening[before].all() or not after_closing[after].all():
                return None
            doubled += int(np.count_nonzero(before == ord(quote)))
            seen += len(at)
        return Quotes(seen, doubled) if seen % 2 == 0 else None

    def separators(self, quotes: Quotes, length: int) -> int:
        """Outside of quotes, where no quoted field has a line break and the fields have ``length`` bytes: all bytes that are nothing else."""
        returns = self.count("\r") if self.has("\r") else 0
        return len(self._body) - length + quotes.doubled - quotes.count - self.count("\n") - returns


def _among(*letters: str) -> NDArray[np.bool_]:
    """(256,): whether each byte is one of the letters."""
    table = np.zeros(256, dtype=np.bool_)
    table[[ord(letter) for letter in letters]] = True
    return table
