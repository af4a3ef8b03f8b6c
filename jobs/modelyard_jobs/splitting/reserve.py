"""The rows that a monitor compares with: seen by no fitting, and a picture of the whole training period."""

import numpy as np
from numpy.typing import NDArray

from modelyard_jobs.splitting.cuts import Part, Units
from modelyard_jobs.splitting.hashing import Hashes

REFERENCE_ROWS = 10_000
_ENOUGH_ROWS, _ENOUGH_GROUPS = 1000, 30  # of the test part: with these it is reference enough
_LARGEST_SHARE = 0.05  # of the rows


def reserve(divided: Units, part: NDArray[np.int8], free: NDArray[np.bool_], *, counts_test: bool, grouped: bool) -> NDArray[np.bool_]:
    """(units,): which to hold out, of those that are ``free`` (neither in the test part nor ever fitted); few, and only where they are needed.

    ``counts_test``: the test part is compared with as well (by Time it is not: it is the end of the period). ``grouped``: units are groups of rows that
    are alike, of which a handful is no picture.
    """
    kept: NDArray[np.bool_] = part == Part.REFERENCE
    pool = kept | (part == Part.TEST) if counts_test else kept
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
    unseen = part == Part.REFERENCE
    if counts_test or not unseen.any():
        unseen |= part == Part.TEST
    members = np.flatnonzero(unseen)
    return np.sort(members[np.argsort(row[members], kind="stable")[:REFERENCE_ROWS]])
