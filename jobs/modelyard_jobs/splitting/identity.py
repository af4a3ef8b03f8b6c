"""Which rows are the same record: named by ``data.key``, else by all columns as read but the target, which has no say in where a row goes.

Equal rows are one record in several copies (Together), if chance can't explain them; else each copy, counted in file order, is a row of its own
(Apart): in a table of a few categories most rows are equal, and dividing them by content would divide the categories, not the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from modelyard_api.data import Duplicates
from numpy.typing import NDArray

from modelyard_jobs.splitting.hashing import Hashes, cell_hashes, mix

_BY_CHANCE = 0.01  # of the equal pairs seen: more of them may be chance, and copies count as rows
_LARGEST_SET = 0.01  # of the rows: a larger set of equal rows is a category, not a record repeated
_IMPROBABLE = 1e-3  # pairs by chance: with fewer even one pair that is seen is none of chance, and more columns aren't counted
_NAMED_IN_FULL = 16  # columns; of more, one byte of each cell's hash is enough to tell rows apart


@dataclass(frozen=True)
class Copies:
    """Equal rows, and what was made of them."""

    duplicates: Duplicates
    pairs: int  # of equal rows
    expected_pairs: float  # by chance, if columns were independent; below a thousandth: at most so many
    largest_set: int


@dataclass(frozen=True)
class Identity:
    """Names of the rows of one table."""

    columns: tuple[str, ...]
    row: Hashes  # (rows,): equal for copies that are Together, different for those Apart
    cells: NDArray[np.uint16] | NDArray[np.uint8]  # (rows, columns): a part of each cell's hash, to recognise rows that lost a column
    copies: Copies

    def cells_of(self, rows: NDArray[np.intp]) -> NDArray[np.uint16] | NDArray[np.uint8]:
        """(rows, columns)."""
        return self.cells if len(rows) == len(self.cells) else self.cells[rows]  # ``rows`` rise: as many as there are, are all


def identify(table: pl.DataFrame, columns: Sequence[str], salt: str, duplicates: Duplicates | None) -> Identity:
    """``salt`` is the registered model's name; ``duplicates`` None: decided here."""
    content, cells, chance = _contents(table, columns, salt)
    copies = _copies(content, chance, duplicates)
    row = content if copies.duplicates is Duplicates.TOGETHER else counted(content)
    return Identity(tuple(columns), row, cells, copies)


def counted(content: Hashes) -> Hashes:
    """Each copy under a name of its own: its content and which copy it is, from the first row on."""
    number = occurrence(content).astype(np.uint64)
    return np.where(number == 0, content, mix(content ^ mix(number)))


def occurrence(content: Hashes) -> NDArray[np.int64]:
    """(rows,): how many equal ones come before."""
    order = np.argsort(content, kind="stable")
    ordered = content[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[starts, len(ordered)])
    result = np.empty(len(content), dtype=np.int64)
    result[order] = np.arange(len(content)) - np.repeat(starts, sizes)
    return result


def short_cells(hashes: Hashes, columns: int) -> NDArray[np.uint16] | NDArray[np.uint8]:
    """The part of a cell's hash that is kept."""
    return (hashes >> np.uint64(48)).astype(np.uint16) if columns <= _NAMED_IN_FULL else (hashes >> np.uint64(56)).astype(np.uint8)


def _contents(table: pl.DataFrame, columns: Sequence[str], salt: str) -> tuple[Hashes, NDArray[np.uint16] | NDArray[np.uint8], float]:
    """The rows' hashes, what is kept of their cells', and the chance that two rows agree in every column if columns were independent."""
    total, chance, pairs = np.zeros(table.height, dtype=np.uint64), 1.0, _pairs(table.height)
    kept = np.empty((table.height, len(columns)), dtype=np.uint16 if len(columns) <= _NAMED_IN_FULL else np.uint8, order="F")
    for index, name in enumerate(columns):
        cells = cell_hashes(table[name], salt)
        total += cells  # a sum doesn't depend on the columns' order
        kept[:, index] = short_cells(cells, len(columns))
        if pairs * chance >= _IMPROBABLE:
            chance *= _agreement(cells)
    return mix(total), kept, chance


def _pairs(rows: int) -> float:
    return rows * (rows - 1) / 2


def _agreement(cells: Hashes) -> float:
    """Share of the pairs of rows that agree in one column."""
    sizes, rows = _set_sizes(cells), len(cells)
    return float((sizes * (sizes - 1)).sum() / (rows * (rows - 1))) if rows > 1 else 0.0


def _set_sizes(hashes: Hashes) -> NDArray[np.float64]:
    """How often each different one comes."""
    return np.unique(hashes, return_counts=True)[1].astype(np.float64)


def _copies(content: Hashes, chance: float, wanted: Duplicates | None) -> Copies:
    sizes = _set_sizes(content)
    rows, pairs = len(content), float((sizes * (sizes - 1)).sum() / 2)
    expected, largest = _pairs(rows) * chance, int(sizes.max(initial=0))
    is_record = expected < _BY_CHANCE * pairs and largest <= _LARGEST_SET * rows
    decided = Duplicates.TOGETHER if is_record or not pairs else Duplicates.APART
    return Copies(wanted or decided, round(pairs), expected, largest)
