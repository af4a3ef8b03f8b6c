"""What every fitted column is: a JSON document that reads cells and makes features of them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
from modelyard_api.catalogue.column_types import BlockKind
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from modelyard_model.cells.input_column import InputColumn
from modelyard_model.cells.reading import Cells
from modelyard_model.signature import Field

Matrix = NDArray[np.float64]
Columns = Mapping[str, Cells]


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


class Document(BaseModel):
    """A piece of ``preparation.json``."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Feature(NamedTuple):
    """One column of the matrix that an architecture takes."""

    name: str
    column: str  # the input that it comes from
    is_code: bool = False  # of a category: an architecture that doesn't know codes can't take it


class ColumnGroup(Protocol):
    """All columns of one type, encoded at once: that is what keeps a single row fast."""

    features: tuple[Feature, ...]

    def encode(self, columns: Columns) -> Sequence[Block]:
        """The blocks of ``features``, in order. Raises InvalidInput naming the column."""


class FittedColumn(Document):
    """Fitted on the training split. Subclasses add what was fitted, and say how ``read`` cells become features."""

    kind: str
    name: str
    required: bool  # no value was missing in the training split

    @property
    def input(self) -> InputColumn:
        """What a request brings for it."""
        raise NotImplementedError

    @property
    def features(self) -> tuple[Feature, ...]:
        """What ``encode`` makes, in order."""
        raise NotImplementedError

    @property
    def least_format(self) -> int:
        """The first format of ``preparation.json`` that can hold it."""
        return 3

    def read(self, cells: Cells) -> Any:
        """Cells as ``encode`` takes them. Raises InvalidInput naming column and row."""
        return self.input.read(cells)

    def encode(self, cells: Cells) -> Block:
        """Features of raw cells. Raises InvalidInput naming column and row."""
        raise NotImplementedError

    @classmethod
    def together(cls, columns: Sequence[Self]) -> ColumnGroup:
        """Some columns of this type. Types that can encode several at once override it; features of one column stay in their order."""
        return _EachAlone(columns)


class SummarisedColumn(FittedColumn):
    """Of cells that are no scalars, as pictures are none, or that nobody compares one by one, as texts: scalars stand for them in the request log and for drift."""

    @property
    def summary_fields(self) -> tuple[Field, ...]:
        """What ``summary`` gives. Names begin with the column's own."""
        raise NotImplementedError

    def summary(self, cells: Cells) -> Columns:
        """A column per field, as long as ``cells``; None where a cell is missing."""
        raise NotImplementedError


class _EachAlone:
    def __init__(self, columns: Sequence[FittedColumn]) -> None:
        self._columns = columns
        self.features = tuple(feature for column in columns for feature in column.features)

    def encode(self, columns: Columns) -> Sequence[Block]:
        return [column.encode(columns[column.name]) for column in self._columns]
