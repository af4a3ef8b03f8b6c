"""The values that a parameter of an architecture may have: what manifests are checked against, and the space that tuning searches."""

import math
from dataclasses import dataclass

Value = float | str


@dataclass(frozen=True)
class Integer:
    """A whole number, bounds inclusive."""

    name: str
    low: int
    high: int
    default: int
    log: bool = False  # searched by its logarithm
    rows_each: int | None = None  # the default is at least one for so many training rows

    def problem(self, value: object) -> str | None:
        """What is wrong with ``value``, or None."""
        wrong = _no_number(value)
        if wrong is None and float(value) != int(value):  # type: ignore[arg-type,call-overload]
            return "has to be a whole number"
        return wrong or _outside(value, self.low, self.high)

    def resolve(self, value: object) -> int:
        """As learners take it."""
        return int(value)  # type: ignore[call-overload,no-any-return]

    def default_for(self, rows: int) -> int:
        """Of a training split of so many rows; 0: not known."""
        return self.default if self.rows_each is None else min(self.high, max(self.default, math.ceil(rows / self.rows_each)))


@dataclass(frozen=True)
class Real:
    """A number, bounds inclusive."""

    name: str
    low: float
    high: float
    default: float
    log: bool = False

    def problem(self, value: object) -> str | None:
        """What is wrong with ``value``, or None."""
        return _no_number(value) or _outside(value, self.low, self.high)

    def resolve(self, value: object) -> float:
        """As learners take it."""
        return float(value)  # type: ignore[arg-type]

    def default_for(self, _rows: int) -> float:
        """The same for all."""
        return self.default


@dataclass(frozen=True)
class Choice:
    """One of some words."""

    name: str
    options: tuple[str, ...]
    default: str

    def problem(self, value: object) -> str | None:
        """What is wrong with ``value``, or None."""
        return None if value in self.options else f"has to be one of {', '.join(self.options)}"

    def resolve(self, value: object) -> str:
        """As learners take it."""
        return str(value)

    def default_for(self, _rows: int) -> str:
        """The same for all."""
        return self.default


Parameter = Integer | Real | Choice


def _no_number(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "has to be a number"
    return None


def _outside(value: object, low: float, high: float) -> str | None:
    return None if low <= value <= high else f"has to be between {low:g} and {high:g}"  # type: ignore[operator]
