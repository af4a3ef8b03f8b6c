"""Where the cuts between splits lie, what is kept of them, and which rows a monitor gets: by rank of the hash, so that shares and classes come out as requested, not as chance has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
from modelyard_api.base import ApiModel
from modelyard_api.data import Duplicates, Split, SplitBy
from numpy.typing import NDArray

from modelyard_jobs.splitting.hashing import Hashes

_FEWEST_OF_CLASS = 2  # rows of a class in every part, where the class has enough of them
_ENOUGH_OF_CLASS = 10
EVERYTHING = ""  # the one stratum of rows that have no class
REFERENCE_ROWS = 10_000
_ENOUGH_ROWS, _ENOUGH_GROUPS = 1000, 30  # of the test split: with these it is reference enough
_LARGEST_SHARE = 0.05  # of the rows


class SplitName(IntEnum):
    """Which split a row is in. The numbers are stored."""

    TRAIN = 0
    VALIDATION = 1
    TEST = 2
    REFERENCE = 3
    LEFT_OUT = 4  # within the gap of a split by time


@dataclass(frozen=True)
class Cut:
    """In one stratum: places below ``test`` are the test split, those from there below ``validation`` the validation split, the others train."""

    test: float
    validation: float


@dataclass(frozen=True)
class Units:
    """What is never divided: groups, or rows with the same name. ``member`` (rows,) says which unit a row is of."""

    member: NDArray[np.intp]
    place: NDArray[np.float64]  # (units,): in [0, 1), by hash
    rows: NDArray[np.int64]  # (units,)
    stratum: NDArray[np.intp]  # (units,): index into ``strata``
    strata: tuple[str, ...]

    def of(self, stratum: int) -> NDArray[np.intp]:
        """The units of one stratum by rising place."""
        found = np.flatnonzero(self.stratum == stratum)
        return found[np.argsort(self.place[found], kind="stable")]


@dataclass(frozen=True)
class Classes:
    """The class of each row: ``names`` in sorted order, of which each comes at least once, and ``codes`` (rows,) into them."""

    names: tuple[str, ...]
    codes: NDArray[np.intp]

    @classmethod
    def of(cls, names: Sequence[str], codes: NDArray[np.int64]) -> "Classes":
        """``names`` in any order, maybe without a row."""
        counts = np.bincount(codes, minlength=len(names))
        known = sorted((name, code) for code, name in enumerate(names) if counts[code])
        place = np.zeros(len(names), dtype=np.intp)
        place[[code for _, code in known]] = np.arange(len(known))
        return cls(tuple(name for name, _ in known), place[codes])


def units(member: NDArray[np.intp], place: NDArray[np.float64], classes: Classes | None) -> Units:
    """A unit counts to the rarest class among its rows, which has the fewest units to be divided into."""
    rows = np.bincount(member, minlength=len(place)).astype(np.int64)
    if classes is None:
        return Units(member, place, rows, np.zeros(len(place), dtype=np.intp), (EVERYTHING,))
    names, codes = classes.names, classes.codes
    rarity = np.argsort(np.argsort(np.bincount(codes), kind="stable"), kind="stable")  # 0: the rarest
    stratum = np.full(len(place), len(names), dtype=np.intp)
    np.minimum.at(stratum, member, rarity[codes])
    by_rarity = np.argsort(rarity)
    return Units(member, place, rows, by_rarity[stratum], names)


def cut_by_rank(divided: Units, stratum: int, test: float, validation: float) -> Cut:
    """The cuts that give the parts of one stratum the requested shares, to the nearest unit."""
    ranked = divided.of(stratum)
    places = divided.place[ranked]
    ends = np.r_[0, np.cumsum(divided.rows[ranked])]  # rows in the first so many units
    rows = int(ends[-1])
    fewest = _FEWEST_OF_CLASS if rows >= _ENOUGH_OF_CLASS else 1
    in_test = max(_nearest(ends, test * rows), _first_with(ends, fewest))
    in_both = max(_nearest(ends, (test + validation) * rows), _first_with(ends, int(ends[in_test]) + fewest))
    in_both = min(in_both, int(np.searchsorted(ends, max(rows - fewest, 0), side="right")) - 1)  # some have to train
    if in_test >= in_both:
        in_test = in_both - 1 if in_both > 1 else in_both  # of two units one trains and one tests
    return Cut(_between(places, in_test), _between(places, in_both))


def _nearest(ends: NDArray[np.int64], wanted: float) -> int:
    """How many units hold about ``wanted`` rows."""
    return int(np.abs(ends - wanted).argmin())


def _first_with(ends: NDArray[np.int64], rows: int) -> int:
    """How many units hold at least ``rows``; all of them where there aren't so many."""
    return min(int(np.searchsorted(ends, rows)), len(ends) - 1)


def _between(places: NDArray[np.float64], count: int) -> float:
    """A cut behind the first ``count`` places; later units fall on either side of it by their own place."""
    if count == 0:
        return 0.0
    return 1.0 if count >= len(places) else float((places[count - 1] + places[count]) / 2)


def parts_of(divided: Units, cuts: Mapping[str, Cut]) -> NDArray[np.int8]:
    """(units,): every unit's part. A stratum without cuts trains."""
    test = np.array([cuts[name].test if name in cuts else 0.0 for name in divided.strata])
    validation = np.array([cuts[name].validation if name in cuts else 0.0 for name in divided.strata])
    part = np.full(len(divided.place), SplitName.TRAIN, dtype=np.int8)
    part[divided.place < validation[divided.stratum]] = SplitName.VALIDATION
    part[divided.place < test[divided.stratum]] = SplitName.TEST
    return part


class StoredCut(ApiModel):
    """``Cut``, or by Time the two boundaries in seconds since 1970."""

    test: float
    validation: float


class SplitRule(ApiModel):
    """Everything that decides a new row's part, but the salt, which is the registered model's name. Cuts are by class; "" is for all rows."""

    version: Literal[2] = 2
    columns: tuple[str, ...]  # that name a row
    keyed: bool  # whether the manifest named them
    duplicates: Duplicates
    by: SplitBy
    column: str | None = None
    validation: float
    test: float
    cuts: dict[str, StoredCut]

    def divides_like(self, split: Split) -> bool:
        """Whether the manifest still asks for the same: else new rows follow new cuts, and known ones stay where they are."""
        return (self.by, self.column, self.validation, self.test) == (split.by, split.column, split.validation, split.test)


def stored(cuts: dict[str, Cut]) -> dict[str, StoredCut]:
    """As the document keeps them."""
    return {name: StoredCut(test=cut.test, validation=cut.validation) for name, cut in cuts.items()}


def restored(rule: SplitRule) -> dict[str, Cut]:
    """As they are applied."""
    return {name: Cut(cut.test, cut.validation) for name, cut in rule.cuts.items()}


def reserve(divided: Units, part: NDArray[np.int8], free: NDArray[np.bool_], *, counts_test: bool, grouped: bool) -> NDArray[np.bool_]:
    """(units,): which to hold out, of those that are ``free`` (neither in the test split nor ever fitted); few, and only where they are needed.

    ``counts_test``: the test split is compared with as well (by Time it is not: it is the end of the period). ``grouped``: units are groups of rows that
    are alike, of which a handful is no picture.
    """
    kept: NDArray[np.bool_] = part == SplitName.REFERENCE
    pool = kept | (part == SplitName.TEST) if counts_test else kept
    rows, groups = int(divided.rows[pool].sum()), int(pool.sum())
    left = int(_LARGEST_SHARE * divided.rows.sum()) - int(divided.rows[kept].sum())
    chosen = np.zeros(len(part), dtype=np.bool_)
    if rows >= _ENOUGH_ROWS and (groups >= _ENOUGH_GROUPS or not grouped):
        return kept
    for unit in _in_turn(divided, free & ~kept):
        if rows >= _ENOUGH_ROWS and (groups >= _ENOUGH_GROUPS or not grouped):
            break
        if divided.rows[unit] <= left:
            chosen[unit] = True
            rows, groups, left = rows + int(divided.rows[unit]), groups + 1, left - int(divided.rows[unit])
    return kept | chosen


def _in_turn(divided: Units, free: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Free units of every stratum, at most their twentieth part each, so that a rare class isn't used up; by the far end of their places."""
    quota = []
    for stratum in range(len(divided.strata)):
        ranked = divided.of(stratum)[::-1]
        most = int(_LARGEST_SHARE * len(ranked))
        quota.append(ranked[free[ranked]][:most])
    taken = np.concatenate(quota) if quota else np.array([], dtype=np.intp)
    return taken[np.argsort(-divided.place[taken], kind="stable")]


def sample(part: NDArray[np.int8], row: Hashes, *, counts_test: bool) -> NDArray[np.intp]:
    """Positions of the rows to compare with, in the order of the file: a sample by hash of what no fitting saw."""
    unseen = part == SplitName.REFERENCE
    if counts_test or not unseen.any():
        unseen |= part == SplitName.TEST
    members = np.flatnonzero(unseen)
    return np.sort(members[np.argsort(row[members], kind="stable")[:REFERENCE_ROWS]])
