"""Numbers: which columns are some, how their cells are read, and what is fitted to them: fill, center and scale."""

import math

import numpy as np
import polars as pl
from modelyard_api.catalogue.column_types import BlockKind, ColumnType
from modelyard_api.conditions import Reason
from modelyard_api.data import MissingColumn, MissingMethod
from modelyard_api.reading_notes import ReadingNote, ReadingRule
from modelyard_model.cells.numbers import PLAIN
from modelyard_model.cells.reading import NumberReading
from modelyard_model.columns.numerical import LARGEST, FilledNumber, NumericalColumn
from numpy.typing import NDArray

from modelyard_jobs.columns.column_training import ColumnTraining, Fitted, PlannedColumn, Present, Wanted
from modelyard_jobs.columns.target_means import KnownTarget
from modelyard_jobs.data import number_rules, parquet_table
from modelyard_jobs.data.number_rules import FileMarks, NumberMarks, Numbers
from modelyard_jobs.data.one_column import OneColumn, ReadColumn
from modelyard_jobs.data.text_rules import holds_truth
from modelyard_jobs.termination import InvalidRequest

_IDENTIFIER_WORDS = frozenset({"id", "rowid", "index", "key"})
_LEFT_MISSING = frozenset(
    {MissingMethod.MEDIAN, MissingMethod.DROP_ROW}
)  # by architectures that know what is missing: the default, and what no row has


class Numerical(ColumnTraining):
    """Numbers."""

    def confidence(self, column: OneColumn) -> float:
        """Texts are numbers in text files alone, and not where they look like names or truth values."""
        texts, dtype = column.texts, column.dtype
        if texts is None:
            return 1.0 if dtype.is_numeric() or dtype == pl.Boolean else 0.0
        found = column.numbers if column.is_written else None
        return 1.0 if found and found.are_numbers and not holds_truth(texts, also_numbers=False) else 0.0

    def read(self, column: OneColumn) -> ReadColumn:
        """What is no number is missing; where it is too much the column can't be meant."""
        column.require_scalars("as Numerical")
        if column.texts is None:
            return _typed(column)
        found = column.numbers or number_rules.numbers(column.texts, NumberMarks(PLAIN), FileMarks())
        if found.is_foreign:
            raise _not_numbers(found)
        return _written(found)

    def usual_missing(self, default: MissingMethod) -> MissingMethod:
        """The manifest's own: it is meant for numbers."""
        return default

    def missing_problem(self, special: MissingColumn) -> str | None:
        """A constant has to be a number."""
        if special.method is MissingMethod.CONSTANT and not _is_finite_number(special.value):
            return f"value {special.value!r} is not a number, but the column is Numerical"
        return None

    def fit(self, values: pl.Series, wanted: Wanted, target: KnownTarget | None = None) -> Fitted:  # noqa: ARG002
        """Standardises what is filled."""
        present, column = Present.among(values), wanted.column
        numbers = np.clip(present.values.to_numpy(), -LARGEST, LARGEST)  # keeps sums finite
        fill = _fill(numbers, column)
        stays = BlockKind.CODES in wanted.takes and column.missing in _LEFT_MISSING
        filled = np.concatenate([numbers, np.full(present.missing, fill)])
        center, spread = float(filled.mean()), float(filled.std())
        constant = spread <= 1e-12 * float(np.abs(filled).max())  # differences in the last digits are rounding
        fitted = NumericalColumn(
            name=column.name,
            required=present.missing == 0,
            missing=None if stays else FilledNumber(method=column.missing, fill=fill, indicator=present.wants_indicator),
            center=center,
            scale=1.0 if constant or not math.isfinite(spread) else spread,
            reading=column.reading if isinstance(column.reading, NumberReading) else None,
        )
        return Fitted(fitted, present.notes(column.name))


def numbers_of(column: OneColumn, *, wanted: bool) -> ReadColumn | None:
    """As numbers, where the cells can be read so. ``wanted``: also where they look like names, truth values or text with a type."""
    texts = column.texts
    if texts is None:
        return _typed(column) if column.dtype.is_numeric() else None
    found = column.numbers if wanted or column.is_written else None
    if found is None or not found.is_enough:
        return None
    return _written(found) if wanted or (found.are_numbers and not holds_truth(texts)) else None


def _written(found: Numbers) -> ReadColumn:
    name = found.column.name
    reading, values, notes = number_rules.fitted(found)
    return ReadColumn(name, ColumnType.NUMERICAL, reading, lambda: values, notes, _looks_like_identifier(name, values, found.is_whole))


def _typed(column: OneColumn) -> ReadColumn:
    name, cells = column.name, column.cells
    if cells.dtype in (pl.Date, pl.Datetime):
        raise InvalidRequest(Reason.DATA_INVALID, f"column {name!r} is declared Numerical, but its {len(cells)} values are not numbers")
    reading = NumberReading(missing=tuple(column.missing or ()))
    values = parquet_table.as_numbers(cells)
    known = values.set(values.is_in(reading.missing_numbers), None) if reading.missing else values
    counts = {
        (ReadingRule.INFINITE, ""): values.null_count() - cells.null_count() - _nans(cells),
        (ReadingRule.MISSING_WORD, ", ".join(reading.missing)): known.null_count() - values.null_count(),
        (ReadingRule.ROUNDED, ""): int((values.abs() >= 2**53).sum()) if cells.dtype.is_integer() else 0,
    }
    notes = tuple(ReadingNote(rule=rule, column=name, count=count, detail=detail) for (rule, detail), count in counts.items() if count)
    warning = _looks_like_identifier(name, known, cells.dtype.is_integer())
    return ReadColumn(name, ColumnType.NUMERICAL, reading, lambda: known, notes, warning)


def _nans(cells: pl.Series) -> int:
    return int(cells.is_nan().sum()) if cells.dtype.is_float() else 0


def _looks_like_identifier(name: str, values: pl.Series, is_whole: bool) -> str:
    words = name.lower().replace("-", "_").split("_")
    if is_whole and {words[-1], words[0]} & _IDENTIFIER_WORDS and values.n_unique() == len(values):
        return f"column {name!r} looks like an identifier; if it is, set its role to Ignored in spec.data.columns"
    return ""


def _not_numbers(found: Numbers) -> InvalidRequest:
    return InvalidRequest(
        Reason.DATA_INVALID,
        f"column {found.column.name!r} is declared Numerical, but {found.foreign} of its {len(found.values)} values are not numbers"
        f" (the first in row {found.first_foreign}); correct the data or its type in spec.data.columns",
    )


def _fill(known: NDArray[np.float64], column: PlannedColumn) -> float:
    if column.missing is MissingMethod.CONSTANT:
        assert column.constant is not None
        return float(column.constant)
    if not len(known):
        return 0.0
    if column.missing is MissingMethod.MEAN:
        return float(known.mean())
    if column.missing is MissingMethod.MOST_FREQUENT:
        values, counts = np.unique(known, return_counts=True)
        return float(values[counts.argmax()])
    return float(np.median(known))  # also for DropRow: a request without the value is still answered


def _is_finite_number(text: str | None) -> bool:
    try:
        return text is not None and abs(float(text)) < float("inf")
    except ValueError:
        return False
