"""Counts over the bytes of a text: by them it is known, in a tenth of the time of splitting it, whether Polars split it rightly."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1 << 18  # bytes that are looked at in one go: they stay in the processor's cache
_NEWLINE, _RETURN = ord("\n"), ord("\r")


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
