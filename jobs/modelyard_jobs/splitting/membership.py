"""``membership.parquet``: which rows a model was fitted, tuned and tested on, as salted hashes, never as data. Release 0.1.0's files are read as well."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from modelyard_api.data import Duplicates
from numpy.typing import NDArray

from modelyard_jobs.splitting import hashing
from modelyard_jobs.splitting.cuts import SplitName
from modelyard_jobs.splitting.hashing import Hashes, cell_hashes, mix
from modelyard_jobs.splitting.identity import Identity, counted, identify, occurrence, short_cells

UNKNOWN = np.int8(-1)  # the part of a row that a model doesn't know
_RULE, _FIRST_RELEASE_COLUMNS = b"modelyard.membership", b"modelyard.content_columns"


@dataclass(frozen=True)
class Membership:
    """The rows of one trained model, in the order of its files."""

    row: Hashes
    group: Hashes
    part: NDArray[np.int8]
    columns: tuple[str, ...]  # that the names were made from
    duplicates: Duplicates | None  # None: made by release 0.1.0, which hashed the target as well and didn't count copies
    cells: NDArray[np.uint16] | NDArray[np.uint8] | None = None  # (rows, columns)

    def can_recognise(self, table: pl.DataFrame) -> bool:
        """Whether rows of ``table`` can be recognised: all columns that the names were made from are there, or enough is kept to do with the others."""
        present = set(self.columns) & set(table.columns)
        return len(present) == len(self.columns) or (self.cells is not None and bool(present))

    def is_named_like(self, identity: Identity) -> bool:
        """Whether rows that have these names can be recognised by them."""
        return (identity.columns, identity.copies.duplicates) == (self.columns, self.duplicates)

    def recognise(self, read: pl.DataFrame, used: NDArray[np.intp], model: str, identity: Identity | None = None) -> NDArray[np.int8]:
        """(used,): in which part the model had each row, UNKNOWN for rows that it didn't have. ``read`` holds all rows, ``used`` the positions of those that are used.

        ``identity``: names of all rows that were made already, and are used where they are made like this model's.
        """
        if not self.can_recognise(read):
            return np.full(len(used), UNKNOWN)
        present = [index for index, name in enumerate(self.columns) if name in read.columns]
        if self.duplicates is None:
            return _looked_up(
                _numbered(hashing.hash_rows_of_0_1_0(read[used], self.columns, model)), _numbered(self.row, self.part), self.part
            )
        if len(present) == len(self.columns):
            if identity is None or not self.is_named_like(identity):
                identity = identify(read, self.columns, model, self.duplicates)
            return _looked_up(identity.row[used], self.row, self.part)
        return self._without_columns(read[used], present, model)

    def recognise_groups(self, groups: Hashes) -> NDArray[np.int8]:
        """(groups,): the part that each was in, UNKNOWN for a new one, or where rows were not grouped like this."""
        known = self.part != SplitName.LEFT_OUT
        return _looked_up(groups, self.group[known], self.part[known])

    def seen(self, parts: NDArray[np.int8], group: Hashes) -> NDArray[np.bool_]:
        """Which rows the model was fitted or tuned on (``parts`` as from ``recognise``), or share a group with one that it was."""
        fitted: NDArray[np.bool_] = (parts == SplitName.TRAIN) | (parts == SplitName.VALIDATION)
        return fitted | np.isin(group, self.group[self.part <= SplitName.VALIDATION])

    def _without_columns(self, table: pl.DataFrame, present: list[int], model: str) -> NDArray[np.int8]:
        """By the columns that are left; rows that have become equal are distinguished by their order."""
        assert self.cells is not None
        wanted = [short_cells(cell_hashes(table[self.columns[index]], model), len(self.columns)) for index in present]
        kept = [self.cells[:, index] for index in present]
        return _looked_up(counted(_folded(wanted)), counted(_folded(kept)), self.part)


def _folded(columns: Sequence[NDArray[np.uint16] | NDArray[np.uint8]]) -> Hashes:
    """One name per row of all columns together."""
    names = np.zeros(len(columns[0]), dtype=np.uint64)
    for cells in columns:
        names = mix(names ^ cells.astype(np.uint64))
    return names


def _numbered(content: Hashes, part: NDArray[np.int8] | None = None) -> Hashes:
    """Copies are counted, those that were fitted first: of three equal rows that a model was fitted to, a fourth is new to it."""
    order = np.arange(len(content)) if part is None else np.argsort(part, kind="stable")
    names = np.empty_like(content)
    names[order] = mix(content[order] ^ mix(occurrence(content[order]).astype(np.uint64)))
    return names


def _looked_up(wanted: Hashes, names: Hashes, part: NDArray[np.int8]) -> NDArray[np.int8]:
    """The part of each wanted name, the most fitted one where a name comes several times."""
    if not len(names):
        return np.full(len(wanted), UNKNOWN)
    order = np.lexsort((part, names))
    ordered = names[order]
    found = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return np.where(ordered[found] == wanted, part[order][found], UNKNOWN).astype(np.int8)


def to_parquet(membership: Membership) -> bytes:
    """The file's bytes."""
    columns = {"row": membership.row, "group": membership.group, "part": membership.part}
    if membership.cells is not None:
        columns |= {f"cell.{index}": np.ascontiguousarray(membership.cells[:, index]) for index in range(membership.cells.shape[1])}
    rule = {"version": 2, "columns": membership.columns, "duplicates": membership.duplicates}
    table, buffer = pa.table(columns).replace_schema_metadata({_RULE: json.dumps(rule).encode()}), io.BytesIO()
    repeated = [name for name in columns if name != "row" and (name != "group" or membership.group is not membership.row)]
    pq.write_table(table, buffer, use_dictionary=repeated)  # names of rows are all different: a dictionary of them takes time and room
    return buffer.getvalue()


def from_parquet(content: bytes) -> Membership:
    """Reads what ``to_parquet`` wrote, here or in release 0.1.0."""
    table = pq.read_table(io.BytesIO(content))
    row, group, part = (table[name].to_numpy() for name in ("row", "group", "part"))
    if _RULE not in table.schema.metadata:
        return Membership(row, group, part, tuple(json.loads(table.schema.metadata[_FIRST_RELEASE_COLUMNS])), None)
    rule = json.loads(table.schema.metadata[_RULE])
    kept = [table[name].to_numpy() for name in table.column_names if name.startswith("cell.")]
    cells = np.column_stack(kept) if kept else None
    return Membership(row, group, part, tuple(rule["columns"]), Duplicates(rule["duplicates"]), cells)
