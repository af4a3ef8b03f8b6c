"""Sets of indexes as a Job's status writes them: ``0,2-4``."""

from collections.abc import Iterable


def to_ranges(indexes: Iterable[int]) -> str:
    """Two in a row are written ``1,2``, more ``1-3``."""
    runs: list[list[int]] = []
    for index in sorted(indexes):
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def from_ranges(text: str) -> frozenset[int]:
    """What ``to_ranges`` wrote."""
    bounds = [[int(bound) for bound in part.split("-")] for part in text.split(",") if part]
    return frozenset(index for each in bounds for index in range(each[0], each[-1] + 1))
