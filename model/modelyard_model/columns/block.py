"""Features of one or more columns, in the form in which an architecture may take them."""

from typing import Any, NamedTuple

import numpy as np
from modelyard_api.blocks import BlockKind
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


class Block(NamedTuple):
    """Some neighbouring features of all rows.

    ``values`` of VECTOR and CODES: (rows, width) float64. Of SPARSE: (rows, ones) integers, for every row the positions of the features that are one, below
    ``width``; -1 stands for none, and all others are zero.
    """

    kind: BlockKind
    width: int
    values: NDArray[Any]

    def write(self, out: Matrix) -> None:
        """Into ``out`` (rows, width), which is zero everywhere."""
        if self.kind is not BlockKind.SPARSE:
            out[...] = self.values
            return
        if len(out) == 1:
            (positions,) = self.values
            out[0, positions[positions >= 0]] = 1.0
            return
        rows, ones = np.nonzero(self.values >= 0)
        out[rows, self.values[rows, ones]] = 1.0

    def dense(self) -> Matrix:
        """(rows, width), float64."""
        out = np.zeros((len(self.values), self.width))
        self.write(out)
        return out


def vector(values: Matrix) -> Block:
    """Numbers (rows, width)."""
    return Block(BlockKind.VECTOR, values.shape[1], values)
