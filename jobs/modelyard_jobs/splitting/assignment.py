"""Which rows train, validate, test, or are set aside for monitoring.

A row's place depends on a hash of its group (else of its content), salted by the registered model's name: adding rows moves none, so a row once
trained on is never in a later test of the same model. By Time the latest rows are the test, and later data only move the boundary forward.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from modelyard_api.conditions import Reason
from modelyard_api.data import Split, SplitBy
from numpy.typing import NDArray

from modelyard_jobs.data.columns import texts
from modelyard_jobs.failures import InvalidOrder
from modelyard_jobs.splitting.hashing import Hashes, hashes, row_contents, uniform
from modelyard_jobs.splitting.moments import blocks, seconds

if TYPE_CHECKING:
    import polars as pl

REFERENCE_ROWS = 10_000
_RESERVED_SHARE = 0.10
_RESERVED_GROUPS = 30  # fewer groups, such as days, are no picture of the whole period


class Part(IntEnum):
    """Where a row is."""

    TRAIN = 0
    VALIDATION = 1
    TEST = 2
    REFERENCE = 3
    LEFT_OUT = 4  # within the gap of a split by time


@dataclass(frozen=True)
class Assignment:
    """Row for row: its part, its own hash, its group's hash and, where there are groups, the group's name."""

    part: NDArray[np.int8]
    row: Hashes
    group: Hashes  # of the row itself where rows are not grouped
    names: tuple[str, ...] | None
    reference: NDArray[np.intp]  # rows of the sample that a monitor compares with
    content_columns: tuple[str, ...]  # which ``row`` was made from

    def rows(self, part: Part) -> NDArray[np.intp]:
        """Indexes of the rows of ``part``."""
        return np.flatnonzero(self.part == part)

    def sizes(self) -> dict[str, int]:
        """Rows per part."""
        return {part.name.lower(): int((self.part == part).sum()) for part in Part}


def assign(table: "pl.DataFrame", split: Split, model: str, labels: list[str] | None) -> Assignment:
    """``model`` is the registered name (the salt); ``labels`` are the classes of a stratified split. Raises InvalidOrder."""
    content = tuple(sorted(table.columns))
    row = hash_rows(table, content, model)
    names = _group_names(table, split)
    group = row if names is None else hashes((f"{split.column}={name}" for name in names), model)
    if split.by is SplitBy.TIME:
        part = _by_time(seconds(table[split.column or ""]), split)
    else:
        part = _by_hash(group, split, labels if split.by is SplitBy.STRATIFIED else None)
    part[_reserved(row, group, grouped=names is not None)] = Part.REFERENCE
    _require_all_parts(part, split, len(np.unique(group)))
    return Assignment(part, row, group, names, _reference(part, row, split), content)


def hash_rows(table: "pl.DataFrame", columns: tuple[str, ...], model: str) -> Hashes:
    """The rows' own hashes; equal rows have equal ones, and so are never divided."""
    return hashes(row_contents(table, columns), f"{model}|{'|'.join(columns)}")


def _group_names(table: "pl.DataFrame", split: Split) -> tuple[str, ...] | None:
    if split.by is SplitBy.GROUP:
        return tuple(texts(table[split.column or ""]).to_list())
    if split.by is SplitBy.TIME:
        return tuple(f"{start:.6f}".rstrip("0").rstrip(".") for start in blocks(seconds(table[split.column or ""])).tolist())
    return None


def _by_hash(group: Hashes, split: Split, labels: list[str] | None) -> NDArray[np.int8]:
    place = uniform(group, "split")
    if labels is not None:
        classes = np.array(labels)
        for label in np.unique(classes).tolist():
            members = np.flatnonzero(classes == label)
            place[members] = uniform(group[members], f"split|{label}")
    part = np.full(len(group), Part.TRAIN, dtype=np.int8)
    part[place < split.test + split.validation] = Part.VALIDATION
    part[place < split.test] = Part.TEST
    return part


def _by_time(times: NDArray[np.float64], split: Split) -> NDArray[np.int8]:
    """Boundaries are moments, so that rows of one moment stay together; the gap lies before each boundary."""
    start_of_test = np.quantile(times, 1 - split.test, method="higher")
    start_of_validation = np.quantile(times, 1 - split.test - split.validation, method="higher")
    gap = split.gap_seconds or 0
    part = np.full(len(times), Part.TRAIN, dtype=np.int8)
    part[times >= start_of_validation - gap] = Part.LEFT_OUT
    part[times >= start_of_validation] = Part.VALIDATION
    part[(times >= start_of_test - gap) & (times < start_of_test)] = Part.LEFT_OUT
    part[times >= start_of_test] = Part.TEST
    return part


def _reserved(row: Hashes, group: Hashes, *, grouped: bool) -> NDArray[np.bool_]:
    """Groups (or rows) from the whole period. The share only falls as data grow, so no row enters the reserve after it was trained on."""
    groups = len(np.unique(group))
    share = max(REFERENCE_ROWS / len(row), _RESERVED_GROUPS / groups if grouped else 0.0)
    return uniform(group, "reference") < min(share, _RESERVED_SHARE)


def _reference(part: NDArray[np.int8], row: Hashes, split: Split) -> NDArray[np.intp]:
    """Rows that no fitting saw: the reserve and the test split (not by Time: there it is the end of the period, not a picture of it)."""
    unseen = part == Part.REFERENCE
    if split.by is not SplitBy.TIME:
        unseen |= part == Part.TEST
    members = np.flatnonzero(unseen)
    return np.sort(members[np.argsort(row[members], kind="stable")[:REFERENCE_ROWS]])


def _require_all_parts(part: NDArray[np.int8], split: Split, groups: int) -> None:
    for wanted in (Part.TRAIN, Part.VALIDATION, Part.TEST):
        if not (part == wanted).any():
            where = f" by {split.column!r} with {groups} groups" if split.column else ""
            raise InvalidOrder(
                Reason.DATA_INVALID,
                f"the split{where} leaves no row for {wanted.name.lower()}: more rows or groups are needed, or other shares in spec.data.split",
            )
