"""Which rows train, validate, test, or are held out for monitoring.

At a model's first training the hash of each group (else of each row) is cut by rank. The cuts are kept (``SplitRule``): later, rows that the champion
knows stay where they were, also when labels were corrected, and new rows follow the cuts, so a row once fitted is never in a later test of the same
model. By Time the latest rows are the test, and later data only move the boundary forward.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from modelyard_api.conditions import Reason
from modelyard_api.data import Duplicates, Split, SplitBy
from numpy.typing import NDArray

from modelyard_jobs.data.first_reading import texts
from modelyard_jobs.splitting.cuts import (
    EVERYTHING,
    Classes,
    Cut,
    SplitName,
    SplitRule,
    Units,
    cut_by_rank,
    parts_of,
    reserve,
    restored,
    sample,
    stored,
    units,
)
from modelyard_jobs.splitting.hashing import Hashes, hashes, uniform
from modelyard_jobs.splitting.identity import Copies, Identity, identify
from modelyard_jobs.splitting.membership import UNKNOWN, Membership
from modelyard_jobs.splitting.timestamps import blocks, seconds
from modelyard_jobs.termination import InvalidRequest

_RESERVE_BLOCKS = 600  # of these a twentieth is a sample of a period; of 120 days it would be a handful of dates


@dataclass(frozen=True)
class Earlier:
    """What the champion's run kept. ``rule`` is None where release 0.1.0 made it."""

    membership: Membership
    rule: SplitRule | None


@dataclass(frozen=True)
class Rows:
    """The rows to divide. ``read`` holds all rows of the files, because copies are counted among them; ``used`` are the positions of those with a target."""

    read: pl.DataFrame
    used: NDArray[np.intp]
    classes: Classes | None  # of the used rows; None where there are none
    not_identity: frozenset[str]  # the target, and what it is derived from
    key: tuple[str, ...] = ()
    times: pl.Series | None = None  # (used rows,): when each happened; None: the split's column says it
    index: frozenset[str] = frozenset()  # columns that number the rows: a model's first split doesn't name rows by them

    def column(self, name: str | None) -> pl.Series:
        """A column of the used rows."""
        return self.read[name or ""][self.used]


@dataclass(frozen=True)
class GroupNames:
    """What the groups are called: ``distinct`` names, and which of them each row has."""

    distinct: tuple[str, ...]
    code: NDArray[np.intp]  # (rows,)

    def of(self, rows: NDArray[np.intp]) -> list[str]:
        """The names of some rows' groups."""
        return [self.distinct[code] for code in self.code[rows].tolist()]


@dataclass(frozen=True)
class Assignment:
    """Row for row: its part, its own hash, its group's hash and, where there are groups, the group's name."""

    part: NDArray[np.int8]
    row: Hashes
    group: Hashes  # of the row itself where rows are not grouped
    names: GroupNames | None
    reference: NDArray[np.intp]  # rows of the sample that a monitor compares with
    rule: SplitRule
    identity: Identity  # of all rows of the files, of which ``used`` are these
    used: NDArray[np.intp]

    @property
    def copies(self) -> Copies:
        """Equal rows, and what was made of them."""
        return self.identity.copies

    def rows(self, part: SplitName) -> NDArray[np.intp]:
        """Indexes of the rows of ``part``."""
        return np.flatnonzero(self.part == part)

    def sizes(self) -> dict[str, int]:
        """Rows per part."""
        return {part.name.lower(): int((self.part == part).sum()) for part in SplitName}

    @property
    def membership(self) -> Membership:
        """What is kept of it."""
        cells = None if self.rule.keyed else self.identity.cells_of(self.used)  # a part of a key names nothing
        return Membership(self.row, self.group, self.part, self.rule.columns, self.rule.duplicates, cells)


def assign(rows: Rows, split: Split, model: str, earlier: Earlier | None = None) -> Assignment:
    """``model`` is the registered name (the salt). Raises InvalidRequest."""
    naming = _naming(rows, split, earlier.rule if earlier else None)
    identity = identify(rows.read, naming.columns, model, naming.duplicates)
    row = identity.row[rows.used]
    times = _times(rows, split)
    names = _group_names(rows, split, times)
    group = row if names is None else hashes((f"{split.column}={name}" for name in names.distinct), model)[names.code]
    known = np.full(len(row), UNKNOWN) if earlier is None else earlier.membership.recognise(rows.read, rows.used, model, identity)
    if times is not None:
        part, cuts = _by_time(times, split, known, earlier)
        part = _with_reserve_by_time(part, times, row, known)
    else:
        part, cuts = _by_hash(rows, split, group, known, earlier)
    _require_all_parts(part, split, group)
    rule = SplitRule(
        columns=identity.columns,
        keyed=naming.keyed,
        duplicates=identity.copies.duplicates,
        by=split.by,
        column=split.column,
        validation=split.validation,
        test=split.test,
        cuts=stored(cuts),
    )
    reference = sample(part, row, counts_test=times is None)
    return Assignment(part, row, group, names, reference, rule, identity, rows.used)


def _times(rows: Rows, split: Split) -> NDArray[np.float64] | None:
    if split.by is not SplitBy.TIME:
        return None
    return seconds(rows.column(split.column) if rows.times is None else rows.times)


@dataclass(frozen=True)
class _Naming:
    """By what rows are named."""

    columns: tuple[str, ...]
    keyed: bool
    duplicates: Duplicates | None  # None: decided by the rows


def _naming(rows: Rows, split: Split, rule: SplitRule | None) -> _Naming:
    """The manifest's key, else as at the first training as long as those columns are there, whatever columns came since."""
    if rows.key:
        return _Naming(rows.key, keyed=True, duplicates=split.duplicates or Duplicates.TOGETHER)
    usable = set(rows.read.columns) - rows.not_identity
    kept = tuple(name for name in rule.columns if name in usable) if rule else ()
    if rule and kept and (len(kept) == len(rule.columns) or not rule.keyed):
        return _Naming(kept, rule.keyed, split.duplicates or rule.duplicates)
    return _Naming(tuple(sorted((usable - rows.index) or usable)), keyed=False, duplicates=split.duplicates)


def _group_names(rows: Rows, split: Split, times: NDArray[np.float64] | None) -> GroupNames | None:
    if split.by is SplitBy.GROUP:
        names = texts(rows.column(split.column))
        distinct = names.unique()
        return GroupNames(tuple(distinct.to_list()), names.replace_strict(distinct, list(range(len(distinct)))).to_numpy().astype(np.intp))
    if times is None:
        return None
    starts, code = np.unique(blocks(times), return_inverse=True)
    return GroupNames(tuple(f"{start:.6f}".rstrip("0").rstrip(".") for start in starts.tolist()), code)


def _by_hash(
    rows: Rows, split: Split, group: Hashes, known: NDArray[np.int8], earlier: Earlier | None
) -> tuple[NDArray[np.int8], dict[str, Cut]]:
    names, member = np.unique(group, return_inverse=True)
    divided = units(member, uniform(names, "split"), None if split.by is SplitBy.RANDOM else rows.classes)
    rule = earlier.rule if earlier else None
    cuts = restored(rule) if rule and rule.divides_like(split) else {}
    for stratum, name in enumerate(divided.strata):
        if name not in cuts:
            cuts[name] = cut_by_rank(divided, stratum, split.test, split.validation)
    part = parts_of(divided, cuts)
    kept = _kept(divided, known)
    if earlier is not None:  # of a known group all rows may be new
        kept = _more_fitted(kept, earlier.membership.recognise_groups(names))
    part[kept != UNKNOWN] = kept[kept != UNKNOWN]
    free = (part <= SplitName.VALIDATION) & (kept == UNKNOWN)
    grouped = split.by is SplitBy.GROUP
    part[reserve(divided, part, free, counts_test=True, grouped=grouped)] = SplitName.REFERENCE
    return part[divided.member], cuts


def _kept(divided: Units, known: NDArray[np.int8]) -> NDArray[np.int8]:
    """(units,): where a unit was, UNKNOWN for a new one; where its rows were in several parts, the one that was fitted most."""
    kept = np.full(len(divided.place), SplitName.LEFT_OUT, dtype=np.int8)
    placed = (known != UNKNOWN) & (known != SplitName.LEFT_OUT)
    np.minimum.at(kept, divided.member[placed], known[placed])
    return np.where(kept == SplitName.LEFT_OUT, UNKNOWN, kept).astype(np.int8)


def _more_fitted(one: NDArray[np.int8], other: NDArray[np.int8]) -> NDArray[np.int8]:
    """Of two parts the one that was fitted more; of one and UNKNOWN the one."""
    return np.where(one == UNKNOWN, other, np.where(other == UNKNOWN, one, np.minimum(one, other))).astype(np.int8)


def _by_time(
    times: NDArray[np.float64], split: Split, known: NDArray[np.int8], earlier: Earlier | None
) -> tuple[NDArray[np.int8], dict[str, Cut]]:
    """Boundaries are points in time, so that rows of one time stay together; the gap lies before each boundary."""
    start_of_test = float(np.quantile(times, 1 - split.test, method="higher"))
    start_of_validation = float(np.quantile(times, 1 - split.test - split.validation, method="higher"))
    if earlier and earlier.rule and (earlier.rule.by, earlier.rule.column) == (split.by, split.column):
        before = restored(earlier.rule)[EVERYTHING]
        start_of_test, start_of_validation = max(start_of_test, before.test), max(start_of_validation, before.validation)
    gap = split.gap_seconds or 0
    part = np.full(len(times), SplitName.TRAIN, dtype=np.int8)
    part[times >= start_of_validation - gap] = SplitName.LEFT_OUT
    part[times >= start_of_validation] = SplitName.VALIDATION
    part[(times >= start_of_test - gap) & (times < start_of_test)] = SplitName.LEFT_OUT
    part[times >= start_of_test] = SplitName.TEST
    fitted = (known == SplitName.TRAIN) | (known == SplitName.VALIDATION)
    part[fitted & (part == SplitName.TEST)] = SplitName.LEFT_OUT  # by another rule than time they were fitted before
    return part, {EVERYTHING: Cut(start_of_test, start_of_validation)}


def _with_reserve_by_time(part: NDArray[np.int8], times: NDArray[np.float64], row: Hashes, known: NDArray[np.int8]) -> NDArray[np.int8]:
    """The test split is the end of the period and no picture of it, so blocks of time from all over the training period are held out, or single rows."""
    training = np.flatnonzero(part <= SplitName.VALIDATION)
    names, member = np.unique(blocks(times[training], _RESERVE_BLOCKS).view(np.uint64), return_inverse=True)
    if len(names) < _RESERVE_BLOCKS:
        names, member = np.unique(row[training], return_inverse=True)
    divided = units(member, uniform(names, "reference"), None)
    kept = _kept(divided, known[training])
    chosen = np.where(kept == SplitName.REFERENCE, SplitName.REFERENCE, SplitName.TRAIN).astype(np.int8)
    free = (kept != SplitName.TRAIN) & (kept != SplitName.VALIDATION)
    part = part.copy()
    part[training[reserve(divided, chosen, free, counts_test=False, grouped=True)[member]]] = SplitName.REFERENCE
    return part


def _require_all_parts(part: NDArray[np.int8], split: Split, group: Hashes) -> None:
    for wanted in (SplitName.TRAIN, SplitName.VALIDATION, SplitName.TEST):
        if not (part == wanted).any():
            where = f" by {split.column!r} with {len(np.unique(group))} groups" if split.column else ""
            raise InvalidRequest(
                Reason.DATA_INVALID,
                f"the split{where} leaves no row for {wanted.name.lower()}: more rows or groups are needed, or other shares in spec.data.split",
            )
