"""What each column is to the trainer, and which had better be left out: identifiers, constants, what no model reads."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from modelyard_jobs.data.first_reading import holds_timestamps, undeclared
from modelyard_jobs.evaluation.leakage import LeakFinding, describe_leak

if TYPE_CHECKING:
    import polars as pl

_NAMES_ROWS = frozenset({"id", "ids", "rowid", "uuid", "guid", "index", "key"})
_MANY = 50  # more distinct values than this are no ordinary category
_UNIQUE_SHARE = 0.5  # as the trainer has it: of more distinct texts than this share, most are seen once
_MUCH_MISSING = 0.5
_FEWEST_PER_GROUP = 2.0
_OTHER_DATES = re.compile(r"^\d{1,4}[/.]\d{1,2}[/.]\d{2,4}\b|^\d{1,2}-[A-Za-z]{3}-\d{2,4}\b")
_SAMPLE = 200
_FEWEST_UNDECIDED, _TOGETHER = 10, 0.8  # rows without target, and the share of them that counts as all


@dataclass(frozen=True)
class SeenColumn:
    """One column: as what it is read, how full it is, and what there is to know about it."""

    name: str
    reads: str  # number, category, timestamp, truth value, nothing
    missing: float  # share of the rows
    distinct: int
    ignored: str = ""  # why it had better be Ignored; empty: it is a feature
    leak: LeakFinding | None = None  # it looks as if it gave the target away
    note: str = ""  # of a feature
    is_time: bool = False
    is_group: bool = False  # it names things that come in several rows

    @property
    def gives_away(self) -> bool:
        """Whether it is left out because it is suspected to give the target away."""
        return bool(self.ignored) and self.leak is not None

    @property
    def vouched(self) -> bool:
        """Whether it stays although it is suspected, because nothing else is left to learn from."""
        return not self.ignored and self.leak is not None and self.leak.is_certain

    @property
    def suspicion(self) -> str:
        """For people; empty where there is none."""
        return f"suspected leakage: {describe_leak(self.leak)}" if self.leak else ""

    def ignoring(self, why: str) -> "SeenColumn":
        """The same column, proposed as Ignored."""
        return replace(self, ignored=why)


def look_at_columns(table: "pl.DataFrame", target: str) -> tuple[SeenColumn, ...]:
    """Every column but the target, in the file's order."""
    undecided = _filled(table[target]).is_null()
    return tuple(_look(table[name], undecided) for name in table.columns if name != target)


def _look(column: "pl.Series", undecided: "pl.Series") -> SeenColumn:
    column = _filled(column)
    is_time = column.null_count() < len(column) and holds_timestamps(column)
    seen = SeenColumn(column.name, _reads(column, is_time), column.null_count() / len(column), _distinct(column), is_time=is_time)
    if why := next(_reasons_to_ignore(column, seen), ""):
        return seen.ignoring(why)
    if _names_things(column, seen):
        return replace(seen, is_group=True, ignored="it names things, of which some come in several rows: a name is no amount")
    return replace(seen, note="; ".join(_notes(column, seen, undecided)))


def _filled(column: "pl.Series") -> "pl.Series":
    """NaN counts as missing, as for the trainer."""
    return column.fill_nan(None) if column.dtype.is_float() else column


def _distinct(column: "pl.Series") -> int:
    return 0 if column.dtype.is_nested() else column.drop_nulls().n_unique()


def _reads(column: "pl.Series", is_time: bool) -> str:
    import polars as pl  # noqa: PLC0415

    if column.null_count() == len(column) or undeclared(column) is None:
        return "nothing"
    if is_time:
        return "timestamp"
    if column.dtype == pl.Boolean:
        return "truth value"
    return "number" if column.dtype.is_numeric() else "category"


def _reasons_to_ignore(column: "pl.Series", seen: SeenColumn) -> Iterator[str]:
    """The most telling first."""
    if seen.missing == 1:
        yield "it has no value in any row"
    elif seen.reads == "nothing":
        yield f"its type {column.dtype} is none that a built-in model reads"
    elif seen.distinct == 1 and not seen.missing:
        yield "it has the same value in every row: nothing to learn from"
    elif seen.reads == "number" and _numbers_rows(column, seen):
        yield "it numbers the rows: unique in each, so it says nothing about new ones"
    elif seen.reads == "category" and _is_mostly_unique(column, seen):
        yield f"it names rows or is free text ({seen.distinct:,} different texts in {_present(column):,} rows)"


def _present(column: "pl.Series") -> int:
    return len(column) - column.null_count()


def _numbers_rows(column: "pl.Series", seen: SeenColumn) -> bool:
    """Whole numbers, each once: by name an identifier, or 1, 2, 3 … without a gap."""
    if not column.dtype.is_integer() or seen.distinct < len(column):
        return False
    lowest, highest = column.min(), column.max()
    assert isinstance(lowest, int)
    assert isinstance(highest, int)
    return _is_named_so(column.name) or highest - lowest + 1 == len(column)


def _is_named_so(name: str) -> bool:
    words = re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())
    return bool({words[0], words[-1]} & _NAMES_ROWS)


def _is_mostly_unique(column: "pl.Series", seen: SeenColumn) -> bool:
    return seen.distinct > _MANY and seen.distinct > _UNIQUE_SHARE * _present(column)


def _names_things(column: "pl.Series", seen: SeenColumn) -> bool:
    """Customers, devices: an identifier by its name, and each with several rows."""
    has_rows = _FEWEST_PER_GROUP * seen.distinct <= _present(column)
    return (
        seen.reads in {"number", "category"}
        and not column.dtype.is_float()
        and seen.distinct > _MANY
        and has_rows
        and _is_named_so(seen.name)
    )


def _notes(column: "pl.Series", seen: SeenColumn, undecided: "pl.Series") -> Iterator[str]:
    if _comes_with_the_target(column, undecided):
        yield "missing where the target is: only known afterwards? then Ignored"
    if seen.missing > _MUCH_MISSING:
        yield "mostly missing: filled, and the model is told where it was"
    if seen.reads == "category" and _looks_like_other_dates(column):
        yield "dates in another format than ISO 8601 (2026-01-31)? read as categories; rewrite them to split by time"
    elif seen.reads == "category" and seen.distinct > _MANY:
        yield "many categories: those seen once count as unseen"
    if seen.reads == "number" and column.dtype.is_integer() and seen.distinct == len(column):
        yield "different in every row: an identifier? then Ignored"


def _comes_with_the_target(column: "pl.Series", undecided: "pl.Series") -> bool:
    """Whether it is there if and only if the target is, as what is written down together with it."""
    without = int(undecided.sum())
    if without < _FEWEST_UNDECIDED:
        return False
    missing_with = int((column.is_null() & undecided).sum())
    missing_else = column.null_count() - missing_with
    return missing_with >= _TOGETHER * without and missing_else <= (1 - _TOGETHER) * missing_with


def _looks_like_other_dates(column: "pl.Series") -> bool:
    import polars as pl  # noqa: PLC0415

    sample = column.drop_nulls().head(_SAMPLE).cast(pl.String).to_list()
    return bool(sample) and all(_OTHER_DATES.match(text.strip()) for text in sample)


def features(columns: Sequence[SeenColumn]) -> list[str]:
    """Names of the columns that aren't proposed as Ignored."""
    return [column.name for column in columns if not column.ignored]
