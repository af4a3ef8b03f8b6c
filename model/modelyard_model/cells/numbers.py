"""Texts that are numbers: with a decimal comma, groups of thousands, a currency or percent sign. ASCII digits alone."""

import math
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from modelyard_model.cells.known_words import INFINITE, TRUTH_AS_NUMBER

Decimal = Literal[".", ","]
Thousands = Literal["", ",", ".", " ", "'"]
PERCENT = "%"
CURRENCIES = (
    *("$", "€", "£", "¥", "₹", "₩", "₽", "₺", "₫", "₪", "₴", "฿", "₱", "₦"),
    *("US$", "R$", "zł", "Kč", "kr", "Rs.", "Rs", "Fr."),
    *("USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "AUD", "CAD", "SEK", "NOK", "DKK", "PLN", "CZK", "BRL", "ZAR"),
)
# What typesetting puts in place of a space, an apostrophe and a minus
TYPESET = {"\u00a0": " ", "\u2007": " ", "\u2009": " ", "\u202f": " ", "\u2019": "'", "\u2212": "-"}
_TYPESET = str.maketrans(TYPESET)
_LARGEST_EXACT = 2**53
_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class NumberForm:
    """How a column writes its numbers. ``sign``: a currency, or the percent sign, which doesn't divide: 12 % is 12."""

    decimal: Decimal = "."
    thousands: Thousands = ""
    sign: str = ""

    @cached_property
    def digits(self) -> re.Pattern[str]:
        """A number without the form's sign."""
        return _digits(self.decimal, self.thousands)

    def parse(self, text: str) -> float | None:
        """The number; infinite for texts that say so and for what float64 can't hold, None for any other text."""
        text = text.strip()
        if self.digits.fullmatch(text):
            return self._float(text)
        word = text.lower()
        if word in TRUTH_AS_NUMBER:
            return TRUTH_AS_NUMBER[word]
        if word in INFINITE:
            return -math.inf if word.startswith("-") else math.inf
        return self._written(text.translate(_TYPESET).strip())

    def _written(self, text: str) -> float | None:
        """With signs around it; in parentheses it is negative, as accountants write it."""
        negative = text.startswith("(") and text.endswith(")")
        digits, minus = self._without_sign(text[1:-1].strip() if negative else text)
        if (
            not self.digits.fullmatch(digits)
            or (negative and (minus or digits.startswith(("+", "-"))))
            or (minus and digits.startswith(("+", "-")))
        ):
            return None
        value = self._float(digits)
        return -value if negative or minus else value

    def _float(self, digits: str) -> float:
        plain = digits.replace(self.thousands, "") if self.thousands else digits
        return float(plain.replace(self.decimal, "."))

    def _without_sign(self, text: str) -> tuple[str, bool]:
        """The rest, and whether a minus stood before the sign."""
        if not self.sign or self.sign not in text:
            return text, False
        minus = text.startswith(("-" + self.sign, "- " + self.sign))
        text = text[1:].lstrip() if minus else text
        if text.startswith(self.sign):
            return text[len(self.sign) :].lstrip(), minus
        return (text[: -len(self.sign)].rstrip(), False) if text.endswith(self.sign) else (text, False)


PLAIN = NumberForm()


@lru_cache(maxsize=64)
def _digits(decimal: str, thousands: str) -> re.Pattern[str]:
    whole = "[0-9]+"
    if thousands:
        mark, first = re.escape(thousands), "[0-9]{2,3}" if thousands == "," else "[0-9]{3}"  # lakhs: 12,34,567
        whole = f"(?:[1-9][0-9]{{0,2}}(?:{mark}{first})*{mark}[0-9]{{3}}|[0-9]+)"  # 0,123 has no thousands
    point = re.escape(decimal)
    return re.compile(f"[+-]?(?:{whole}(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?")


def number_text(value: float) -> str:
    """A number as a category: whole ones without a point, integers with every digit."""
    if isinstance(value, int):
        return str(value)
    return str(int(value)) if value.is_integer() and abs(value) < _LARGEST_EXACT else repr(value)


def is_plain(text: str) -> bool:
    """Whether it is a number as programs write it: 1, -0.5, 1e-7."""
    return bool(_PLAIN.fullmatch(text))


def category_of(text: str) -> str:
    """``1.0`` and ``+1`` as ``1``; a text that is no plain number stays."""
    if not is_plain(text):
        return text
    if text.lstrip("+-").isdigit():
        return str(int(text)) if len(text) < 4000 else text  # every digit, beyond what a float holds
    value = float(text)
    return number_text(value) if math.isfinite(value) else text
