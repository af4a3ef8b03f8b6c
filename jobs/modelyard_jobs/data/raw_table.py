"""Rows as the files hold them, before any column rule, and the same rows as earlier releases read them."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

import polars as pl
from modelyard_api.reading_notes import ReadingNote
from modelyard_model.text_files import Separator

# Earlier releases took these for missing in every column of a text file. Rows are named by what they read: the list stays as it is.
_MISSING = ("", "NA", "N/A", "n/a", "<NA>", "NaN", "nan", "-nan", "NULL", "null", "#N/A")
# ... and let Polars see from the texts of a whole column what it holds; these are its rules.
_WHOLE = r"^-?[0-9]+$"
_NUMBER = r"^(?:-?[0-9]+|[-+]?(?:[0-9]*\.[0-9]+(?:[eE][-+]?[0-9]+)?|inf|NaN|[0-9]+[eE][-+]?[0-9]+|[0-9]+\.))$"
_TRUTH = r"^(?i:true|false)$"
_LONG = 19  # digits, from which on a whole number may be beyond 64 bits
_LARGE = 2.0**62  # from which on a number may be such a whole one
_FIRST_LOOK = 64  # cells that show what a column may hold


@dataclass(frozen=True)
class RawTable:
    """``cells``: every column of a text file is String ("" for an empty field), those of Parquet and JSON lines have their types."""

    cells: pl.DataFrame
    notes: tuple[ReadingNote, ...] = ()  # of the files
    separator: Separator = ","  # of the first text file
    is_text: bool = True  # the cells are those of text files

    @cached_property
    def numbers(self) -> pl.DataFrame:
        """The texts as Polars casts each to Float64, null for what is no number; a column is called by its place, because names may look like patterns."""
        columns = (cells.alias(str(place)) for place, cells in enumerate(self.cells.get_columns()) if cells.dtype == pl.String)
        # One after the other, and in one piece: others take them as arrays without a copy
        return pl.DataFrame([cells.cast(pl.Float64, strict=False).fill_nan(None).rechunk() for cells in columns])

    @cached_property
    def as_first_read(self) -> pl.DataFrame:
        """The same rows and columns, typed as releases before did: rows are named by it, and models without rules get it."""
        if not self.is_text or any(kind != pl.String for kind in self.cells.dtypes):
            return self.cells
        typed = _typed(self.cells.rename(dict(zip(self.cells.columns, map(str, range(self.cells.width)), strict=True))), self.numbers)
        return typed.rename(dict(zip(typed.columns, self.cells.columns, strict=True)))  # a name may look like a pattern to Polars


def _typed(cells: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """What is there already isn't made again: texts without gaps, and numbers that Polars finds in the same cells."""
    columns = dict(zip(cells.columns, cells.get_columns(), strict=True))  # a table looks each name up among all
    gaps = {name for name in columns if numbers[name].null_count()}  # others have no missing word
    patterns = {name: pattern for name, column in columns.items() if (pattern := _pattern_of_first(column))}
    fitting = _fitting(cells, patterns, gaps)
    fitting |= _fitting(cells, {name: _NUMBER for name, pattern in patterns.items() if pattern == _WHOLE and name not in fitting}, gaps)
    found = {name: _shared(column, numbers[name], fitting.get(name, "")) for name, column in columns.items()}
    made = cells.lazy().select(_parsed(name, fitting.get(name, "")) for name in columns if found[name] is None).collect()
    typed = pl.DataFrame([made[name] if column is None else column for name, column in found.items()])
    larger = [name for name in fitting if _may_be_long(numbers[name])]
    return typed.with_columns(_of_any_size(columns[name], typed[name], fitting[name]) for name in larger)


def _shared(cells: pl.Series, numbers: pl.Series, pattern: str) -> pl.Series | None:
    """The column typed, where that is there already."""
    if pattern not in {"", _NUMBER}:
        return None
    unread = numbers.null_count()
    missing = int(cells.is_in(_MISSING).sum()) if unread else 0
    if pattern == _NUMBER:
        return numbers if unread == missing else None
    return None if missing else cells


def _may_be_long(numbers: pl.Series) -> bool:
    least, most = numbers.min(), numbers.max()
    return isinstance(least, float) and isinstance(most, float) and max(-least, most) >= _LARGE


def _pattern_of_first(column: pl.Series) -> str:
    """What the first cells are; empty: text."""
    first = column.head(_FIRST_LOOK)
    first = first.filter(~first.is_in(_MISSING))
    if not len(first):
        first = column.filter(~column.is_in(_MISSING)).head(_FIRST_LOOK)
    fits = (pattern for pattern in (_WHOLE, _NUMBER, _TRUTH) if first.str.contains(pattern).all())
    return next(fits, "") if len(first) else ""


def _fitting(cells: pl.DataFrame, patterns: Mapping[str, str], gaps: AbstractSet[str]) -> dict[str, str]:
    """Those of the columns of which every cell has its pattern. ``gaps``: columns that may have missing words."""

    def fits(name: str, pattern: str) -> pl.Expr:
        every = pl.col(name).str.contains(pattern)
        return (every | pl.col(name).is_in(_MISSING) if name in gaps else every).all()

    found = cells.lazy().select(fits(name, pattern) for name, pattern in patterns.items()).collect().row(0) if patterns else ()
    return {name: pattern for (name, pattern), fits in zip(patterns.items(), found, strict=True) if fits}


def _parsed(name: str, pattern: str) -> pl.Expr:
    cell = pl.col(name)
    missing = cell.is_in(_MISSING)
    if pattern == _WHOLE:
        return cell.cast(pl.Int64, strict=False)
    if pattern == _NUMBER:
        return pl.when(~missing).then(cell.cast(pl.Float64, strict=False)).alias(name)
    if pattern == _TRUTH:
        return pl.when(~missing).then(cell.str.to_lowercase() == "true").alias(name)
    return pl.when(~missing).then(cell).alias(name)


def _of_any_size(cells: pl.Series, found: pl.Series, pattern: str) -> pl.Series:
    """Whole numbers beyond 64 bits made a column one of 128 bits, or text if there were fractions and smaller whole numbers as well."""
    long = cells.filter(cells.str.len_bytes() >= _LONG).unique()
    long = long.filter(long.str.contains(_WHOLE))
    if pattern == _TRUTH or not long.cast(pl.Int64, strict=False).null_count():
        return found
    texts = pl.select(pl.when(~cells.is_in(_MISSING)).then(cells).alias(cells.name)).to_series()
    if pattern == _NUMBER:
        return texts if cells.cast(pl.Int64, strict=False).null_count() < len(cells) else found
    return texts if long.cast(pl.Int128, strict=False).null_count() else texts.cast(pl.Int128)  # no release read larger ones
