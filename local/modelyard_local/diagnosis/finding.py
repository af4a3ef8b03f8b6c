"""The outcome of one check."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """PROBLEM: the platform can't start or work. HINT: good to know."""

    OK = "ok"
    HINT = "hint"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One row of the table."""

    check: str
    level: Level
    what: str
    fix: str = ""


def ok(check: str, what: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Level.OK, what)


def hint(check: str, what: str, fix: str = "") -> Finding:
    """Works, but."""
    return Finding(check, Level.HINT, what, fix)


def problem(check: str, what: str, fix: str) -> Finding:
    """Has to be mended."""
    return Finding(check, Level.PROBLEM, what, fix)
