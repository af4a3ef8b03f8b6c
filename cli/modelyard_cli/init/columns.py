"""What each column is to the trainer, and which had better be left out: identifiers, constants, what no model reads."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl
from modelyard_api.catalogue.column_types import ColumnType
from modelyard_api.data import Column, ColumnRole
from modelyard_api.reading_notes import ReadingRule
from modelyard_jobs.data.one_column import ReadColumn
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.evaluation.integer_codes import CodeEvidence
from modelyard_jobs.evaluation.leakage import LeakFinding, describe_leak
from modelyard_model.cells.known_words import TRUTH_AS_NUMBER
from modelyard_model.cells.reading import NumberReading, TimeReading

from modelyard_cli.init.table import require_nameable

_NAMES_ROWS = frozenset({"id", "ids", "rowid", "uuid", "guid", "index", "key"})
_MANY = 50  # more distinct values than this are no ordinary category
_UNIQUE_SHARE = 0.5  # as the trainer has it: of more distinct texts than this share, most are seen once
_MUCH_MISSING = 0.5
_FEWEST_PER_GROUP = 2.0
_FEWEST_UNDECIDED, _TOGETHER = 10, 0.8  # rows without target, and the share of them that counts as all
_LARGEST_EXACT = 2**53
_NO_VALUE = "it has no value in any row"


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
    type: ColumnType | None = None  # that the manifest gives it; None: the one that its values show
    why_type: str = ""
    is_group: bool = False  # it names things that come in several rows

    @property
    def is_time(self) -> bool:
        """Whether it holds timestamps."""
        return self.reads == "timestamp"

    @property
    def is_number(self) -> bool:
        """Whether it is read as numbers."""
        return self.reads == "number"

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

    @property
    def declared(self) -> Column | None:
        """What the manifest says about it; None: nothing. Raises NoStart where it can't name the column."""
        if not (self.ignored or self.type or self.vouched):
            return None
        require_nameable(self.name)
        return Column(name=self.name, role=ColumnRole.IGNORED) if self.ignored else Column(name=self.name, type=self.type)

    def ignoring(self, why: str) -> "SeenColumn":
        """The same column, proposed as Ignored."""
        return replace(self, ignored=why, type=None, why_type="")

    def as_codes(self, evidence: CodeEvidence) -> "SeenColumn":
        """The same column, proposed as Categorical."""
        why = (
            f"whole numbers that are names: as categories they explain {evidence.gain:.1%} more of the target's variance than a curve over the numbers does"
            f" (± {2 * evidence.standard_error:.1%})"
        )
        return replace(self, reads="category", type=ColumnType.CATEGORICAL, why_type=why)


def look_at_columns(table: RawTable, read: Mapping[str, ReadColumn], target: pl.Series) -> tuple[SeenColumn, ...]:
    """Every column of ``read``, which are as the trainer reads them; ``target``: its values, null where a row has none."""
    undecided = target.is_null()
    return tuple(_look(name, table.cells[name].alias("cells"), each, undecided) for name, each in read.items())


def _look(name: str, cells: pl.Series, read: ReadColumn, undecided: pl.Series) -> SeenColumn:
    if read.reading is None:
        return SeenColumn(name, "nothing", _share_missing(cells), 0, ignored=_why_left_out(read, cells))
    values = read.values
    seen = SeenColumn(name, _reads(read, cells), _share_missing(values), values.drop_nulls().n_unique())
    whole = _whole_numbers(read, cells)
    if whole is not None:
        seen = replace(seen, distinct=whole.drop_nulls().n_unique())
    if why := next(_reasons_to_ignore(read, seen, whole), ""):
        return seen.ignoring(why)
    if _names_things(seen, whole, len(cells)):
        return replace(seen, is_group=True, ignored="it names things, of which some come in several rows: a name is no amount")
    return replace(seen, note="; ".join(_notes(values, seen, whole, undecided)))


def _share_missing(values: pl.Series) -> float:
    return values.null_count() / len(values)


def _why_left_out(read: ReadColumn, cells: pl.Series) -> str:
    if cells.null_count() == len(cells):
        return _NO_VALUE
    note = read.notes[0]
    return "it numbers the rows, as an index does" if note.rule is ReadingRule.INDEX else f"no built-in model reads {note.detail}"


def _reads(read: ReadColumn, cells: pl.Series) -> str:
    if isinstance(read.reading, TimeReading):
        return "timestamp"
    if not isinstance(read.reading, NumberReading):
        return "category"
    return "truth value" if _holds_truth(cells) else "number"


def _holds_truth(cells: pl.Series) -> bool:
    if cells.dtype != pl.String:
        return cells.dtype == pl.Boolean
    first = cells.filter(cells.str.strip_chars() != "").head(1)
    return len(first) > 0 and str(first[0]).strip().lower() in TRUTH_AS_NUMBER


def _whole_numbers(read: ReadColumn, cells: pl.Series) -> pl.Series | None:
    """With every digit; None: not a column of whole numbers."""
    if not isinstance(read.reading, NumberReading) or cells.dtype == pl.Boolean:
        return None
    if cells.dtype.is_integer():
        return cells
    values = read.values.drop_nulls()
    if not len(values) or not bool((values == values.floor()).all()):
        return None
    if bool((values.abs() < _LARGEST_EXACT).all()):
        return read.values.cast(pl.Int64)
    exact = cells.cast(pl.String).str.strip_chars().cast(pl.Int128, strict=False)
    return exact if exact.null_count() == read.values.null_count() else None


def _reasons_to_ignore(read: ReadColumn, seen: SeenColumn, whole: pl.Series | None) -> Iterator[str]:
    """The most telling first."""
    if seen.missing == 1:
        yield _NO_VALUE
    elif seen.distinct == 1 and not seen.missing:
        yield "it has the same value in every row: nothing to learn from"
    elif whole is not None and _numbers_rows(whole, seen):
        yield "it numbers the rows: unique in each, so it says nothing about new ones"
    elif seen.reads == "category" and _is_mostly_unique(read.values, seen):
        yield f"it names rows or is free text ({seen.distinct:,} different texts in {_present(read.values):,} rows)"


def _present(values: pl.Series) -> int:
    return len(values) - values.null_count()


def _numbers_rows(whole: pl.Series, seen: SeenColumn) -> bool:
    """Whole numbers, each once: by name an identifier, or 1, 2, 3 … without a gap."""
    if seen.distinct < len(whole):
        return False
    lowest, highest = whole.min(), whole.max()
    assert isinstance(lowest, int)
    assert isinstance(highest, int)
    return _is_named_so(seen.name) or highest - lowest + 1 == len(whole)


def _is_named_so(name: str) -> bool:
    words = re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())
    return bool({words[0], words[-1]} & _NAMES_ROWS)


def _is_mostly_unique(values: pl.Series, seen: SeenColumn) -> bool:
    return seen.distinct > _MANY and seen.distinct > _UNIQUE_SHARE * _present(values)


def _names_things(seen: SeenColumn, whole: pl.Series | None, rows: int) -> bool:
    """Customers, devices: an identifier by its name, and each with several rows."""
    has_rows = _FEWEST_PER_GROUP * seen.distinct <= rows * (1 - seen.missing)
    is_name = seen.reads == "category" or (seen.reads == "number" and whole is not None)
    return is_name and seen.distinct > _MANY and has_rows and _is_named_so(seen.name)


def _notes(values: pl.Series, seen: SeenColumn, whole: pl.Series | None, undecided: pl.Series) -> Iterator[str]:
    if _comes_with_the_target(values, undecided):
        yield "missing where the target is: only known afterwards? then Ignored"
    if seen.missing > _MUCH_MISSING:
        yield "mostly missing: filled, and the model sees where it was"
    if seen.reads == "category" and seen.distinct > _MANY:
        yield "many categories: those seen once count as unseen"
    if whole is not None and seen.distinct == len(values):
        yield "different in every row: an identifier? then Ignored"


def _comes_with_the_target(values: pl.Series, undecided: pl.Series) -> bool:
    """Whether it is there if and only if the target is, as what is written down together with it."""
    without = int(undecided.sum())
    if without < _FEWEST_UNDECIDED:
        return False
    missing_with = int((values.is_null() & undecided).sum())
    missing_else = values.null_count() - missing_with
    return missing_with >= _TOGETHER * without and missing_else <= (1 - _TOGETHER) * missing_with


def features(columns: Sequence[SeenColumn]) -> list[str]:
    """Names of the columns that aren't proposed as Ignored."""
    return [column.name for column in columns if not column.ignored]
