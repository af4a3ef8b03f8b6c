"""Where the cuts between parts lie: by rank of the hash, so that shares and classes come out as asked, not as chance has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

_FEWEST_OF_CLASS = 2  # rows of a class in every part, where the class has enough of them
_ENOUGH_OF_CLASS = 10
EVERYTHING = ""  # the one stratum of rows that have no class


class Part(IntEnum):
    """Where a row is. The numbers are stored."""

    TRAIN = 0
    VALIDATION = 1
    TEST = 2
    REFERENCE = 3
    LEFT_OUT = 4  # within the gap of a split by time


@dataclass(frozen=True)
class Cut:
    """In one stratum: places below ``test`` are the test part, those from there below ``validation`` the validation part, the others train."""

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
    """The cuts that give the parts of one stratum the shares asked for, to the nearest unit."""
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
    part = np.full(len(divided.place), Part.TRAIN, dtype=np.int8)
    part[divided.place < validation[divided.stratum]] = Part.VALIDATION
    part[divided.place < test[divided.stratum]] = Part.TEST
    return part
