"""The fitted rules of one column, and cells read by them. They are part of ``preparation.json``, so that whoever loads the model reads as training did.

A model that was stored without rules (``None``) takes honest types alone: text is never read as a number, nor a number as text.
"""

import contextlib
import math
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal as ExactNumber
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from modelyard_model.cells import times
from modelyard_model.cells.known_words import MISSING_AMONG_NUMBERS, TRUE, TRUTH
from modelyard_model.cells.numbers import Decimal, NumberForm, Thousands, category_of, number_text
from modelyard_model.errors import InvalidInput

Cells = Sequence[object] | NDArray[Any]
_NUMBERS = frozenset({int, float, bool, type(None)})
_TEXTS = frozenset({str, type(None)})


class Unreadable(StrEnum):
    """What becomes of a text that is none of what the column holds."""

    REFUSED = "Refused"
    MISSING = "Missing"  # the training data had some, and counted them as missing


class CellReading(BaseModel):
    """The rules of one column."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    json_types: ClassVar[tuple[str, ...]]  # what a cell may be in JSON beside null, the column's own type first

    @property
    def keeps_numbers(self) -> bool:
        """Whether a finite number is read as itself, whichever it is."""
        return False

    def read_cells(self, column: str, cells: Cells) -> Any:
        """Cells as models take them. Raises InvalidInput naming ``column`` and row."""
        raise NotImplementedError


class NumberReading(CellReading):
    """Of a column of numbers. Words that mean missing, truth values and infinities are the same for all (``words``)."""

    json_types: ClassVar[tuple[str, ...]] = ("number", "string", "boolean")

    decimal: Decimal = "."
    thousands: Thousands = ""
    sign: str = ""
    missing: tuple[str, ...] = ()  # texts and numbers that mean missing besides: -999
    unreadable: Unreadable = Unreadable.REFUSED

    @property
    def keeps_numbers(self) -> bool:
        """Unless some mean missing."""
        return not self.missing

    def read_cells(self, column: str, cells: Cells) -> NDArray[np.float64]:
        """NaN where missing."""
        return read_numbers(column, cells, self)

    @property
    def form(self) -> NumberForm:
        """How numbers are written."""
        return _form(self.decimal, self.thousands, self.sign)

    @property
    def missing_numbers(self) -> list[float]:
        """Those of ``missing`` that are numbers: a cell that is one of them is missing however it is written."""
        values = (self.form.parse(word) for word in self.missing)
        return [value for value in values if value is not None]

    def read(self, text: str) -> float:
        """NaN: missing, as an infinite number is. Raises ValueError."""
        text = text.strip()
        if not text or text.lower() in MISSING_AMONG_NUMBERS or text in self.missing:
            return math.nan
        value = self.form.parse(text)
        if value is not None:
            return value if math.isfinite(value) and not (self.missing and value in self.missing_numbers) else math.nan
        if self.unreadable is Unreadable.MISSING:
            return math.nan
        raise ValueError("expected a number, got text")


class TextReading(CellReading):
    """Of a column of categories: outer spaces don't count."""

    json_types: ClassVar[tuple[str, ...]] = ("string", "number", "boolean")

    missing: tuple[str, ...] = ()  # words that mean missing, beside the empty text
    numbers: bool = False  # every category is a number: 1, 1.0 and the text "1.0" are one
    truth: tuple[str, str] | None = None  # how false and true are written, whatever the spelling of a cell

    def read(self, text: str) -> str | None:
        """None: missing. What was read already is read as itself."""
        text = text.strip()
        if not text or text in self.missing:
            return None
        category = self._category(text)
        return None if category in self.missing else category

    def _category(self, text: str) -> str:
        if self.truth and (word := text.lower()) in TRUTH:
            return self.truth[word in TRUE]
        return category_of(text) if self.numbers else text

    def read_cells(self, column: str, cells: Cells) -> list[str | None]:
        """None where missing."""
        return read_texts(column, cells, self)

    def spelled(self, value: bool) -> str:
        """A truth value as a category."""
        return self.truth[value] if self.truth else str(value).lower()


class TimeReading(CellReading):
    """Of a column of timestamps; ISO 8601 is always understood. ``form``: another one, of ``times.FORMS``."""

    json_types: ClassVar[tuple[str, ...]] = ("string",)

    form: str = ""
    missing: tuple[str, ...] = ()  # texts that mean missing besides: 9999-12-31
    unreadable: Unreadable = Unreadable.REFUSED

    def read(self, text: str) -> str | None:
        """ISO 8601; None: missing. Raises ValueError."""
        text = text.strip()
        if not text or text.lower() in MISSING_AMONG_NUMBERS or text in self.missing:
            return None
        if times.parse_iso(text):
            return text
        if moment := times.parse(text, self.form):
            return moment.isoformat()
        if self.unreadable is Unreadable.MISSING:
            return None
        raise ValueError("expected a timestamp (as in 2026-01-31T12:00:00Z), got other text")

    def read_cells(self, column: str, cells: Cells) -> list[str | None]:
        """ISO 8601, None where missing."""
        return read_times(column, cells, self)


@lru_cache(maxsize=64)
def _form(decimal: Decimal, thousands: Thousands, sign: str) -> NumberForm:
    return NumberForm(decimal, thousands, sign)


def read_numbers(column: str, values: Cells, reading: NumberReading | None) -> NDArray[np.float64]:
    """float64 array; what is missing is NaN, and so is what is infinite. Raises InvalidInput naming column and row."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "iufb":
        numbers = values.astype(np.float64)
    else:
        cells = values.tolist() if isinstance(values, np.ndarray) else values
        at_once = _read_at_once(cells, reading)
        numbers = np.array(_each(column, cells, lambda cell: _number(cell, reading)), dtype=np.float64) if at_once is None else at_once
    odd = ~np.isfinite(numbers)
    if reading is not None and reading.missing:
        odd |= np.isin(numbers, reading.missing_numbers)
    return np.where(odd, np.nan, numbers) if odd.any() else numbers


def read_texts(column: str, values: Cells, reading: TextReading | None) -> list[str | None]:
    """Texts; None, NaN, the empty text and the words that the rules name are None. Raises InvalidInput naming column and row."""
    cells = values.tolist() if isinstance(values, np.ndarray) else values
    if reading is None and _TEXTS.issuperset(map(type, cells)):
        return [cell or None for cell in cells]  # type: ignore[misc]  # all are str or None, as just seen
    return _distinct(cells, reading) or _each(column, cells, lambda cell: _text(cell, reading))


def read_times(column: str, values: Cells, reading: TimeReading | None) -> list[str | None]:
    """Timestamps as ISO 8601. Without rules any text passes, and what can't be read is missing later. Raises InvalidInput naming column and row."""
    if reading is None:
        return read_texts(column, values, None)
    cells = values.tolist() if isinstance(values, np.ndarray) else values
    return _distinct(cells, reading) or _each(column, cells, lambda cell: _time(cell, reading))


def _read_at_once(cells: Sequence[object], reading: NumberReading | None) -> NDArray[np.float64] | None:
    """Numbers, and texts that Python reads as the rules do; None: each cell has to be looked at."""
    types = set(map(type, cells))
    try:
        if types <= _NUMBERS:
            return np.array(cells, dtype=np.float64)
        if types == {str} and reading and reading.decimal == "." and reading.thousands != ".":
            return _plain_texts(cells, reading)  # type: ignore[arg-type]  # all are str, as just seen
    except (ValueError, OverflowError):  # said with its row
        pass
    return None


def _plain_texts(texts: Sequence[str], reading: NumberReading) -> NDArray[np.float64] | None:
    """``float`` also takes underscores and other alphabets' digits, which are left to the rules, as are words."""
    whole = "".join(texts)
    if not whole.isascii() or "_" in whole:
        return None
    return np.array([_plain_text(text, reading) for text in texts])


def _plain_text(text: str, reading: NumberReading) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    return value if math.isfinite(value) else reading.read(text)


def _distinct(cells: Sequence[object], reading: TextReading | TimeReading | None) -> list[str | None]:
    """Texts repeat: each is read once. Empty: each cell has to be looked at."""
    if reading is None or not _TEXTS.issuperset(map(type, cells)):
        return []
    try:
        known: dict[object, str | None] = {text: reading.read(text) for text in set(cells) if isinstance(text, str)}
    except ValueError:  # said with its row
        return []
    return [known.get(cell) for cell in cells]


def _each(column: str, cells: Sequence[object], read: Callable[[object], Any]) -> list[Any]:
    out: list[Any] = []
    for row, cell in enumerate(cells):
        try:
            out.append(read(cell))
        except ValueError as error:
            raise InvalidInput(column, str(error), row) from None
    return out


def _number(cell: object, reading: NumberReading | None) -> float | None:
    if cell is None or isinstance(cell, float):
        return cell
    if isinstance(cell, str) and reading is not None:
        return reading.read(cell)
    if isinstance(cell, int | np.integer | np.floating | np.bool_ | ExactNumber):
        try:
            return float(cell)
        except OverflowError:
            raise ValueError("the number is too large") from None
    raise ValueError(f"expected a number, got {_kind(cell)}")


def _text(cell: object, reading: TextReading | None) -> str | None:
    cell = cell.item() if isinstance(cell, np.generic) else cell
    if _is_no_value(cell):  # NaN: what pandas puts where a text is missing
        return None
    if reading is None:
        if not isinstance(cell, str):
            raise ValueError(f"expected text, got {_kind(cell)}")
        return cell or None
    return reading.read(cell if isinstance(cell, str) else _typed_text(cell, reading))


def _typed_text(cell: Any, reading: TextReading) -> str:
    """As the cell is written in a text file."""
    if isinstance(cell, bool):
        return reading.spelled(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    if not isinstance(cell, int | float | ExactNumber):
        raise ValueError(f"expected text, got {_kind(cell)}")
    return _number_text(cell)


def _number_text(cell: float | ExactNumber) -> str:
    if isinstance(cell, ExactNumber):
        return number_text(int(cell) if cell == cell.to_integral_value() else float(cell))
    return number_text(cell)


def _is_no_value(cell: object) -> bool:
    return cell is None or (isinstance(cell, float | ExactNumber) and not math.isfinite(cell))


def _time(cell: object, reading: TimeReading) -> str | None:
    cell = cell.item() if isinstance(cell, np.generic) else cell
    if _is_no_value(cell):
        return None
    if isinstance(cell, date):  # a datetime is one
        return None if cell.isoformat() in reading.missing else cell.isoformat()
    if isinstance(cell, str):
        return reading.read(cell)
    if isinstance(cell, int | float | ExactNumber) and not isinstance(cell, bool):
        with contextlib.suppress(ValueError):
            return reading.read(_number_text(cell))  # 20231231
    raise ValueError(f"expected a timestamp as text, got {_kind(cell)}")


def _kind(cell: object) -> str:
    kinds = ((bool, "a truth value"), (int | float | np.number, "a number"), (str, "text"), (list | tuple, "a list"), (dict, "an object"))
    return next((words for kind, words in kinds if isinstance(cell, kind)), type(cell).__name__)
