"""Numbers: filled, then ``(value - center) / scale``."""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from modelyard_api.data import MissingMethod
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat

from modelyard_model.cells.input_column import InputColumn
from modelyard_model.cells.reading import Cells, NumberReading, read_numbers
from modelyard_model.columns.column import Block, Columns, Document, Feature, FittedColumn, vector
from modelyard_model.signature import DType

LARGEST = 1e30  # keeps absurd inputs finite in float32, where forests compare


class FilledNumber(Document):
    """What stands in for a missing number."""

    method: MissingMethod
    fill: FiniteFloat
    indicator: bool = False  # an extra 0/1 feature says that the value was missing


class NumericalColumn(FittedColumn):
    """A number: filled, then ``(value - center) / scale``."""

    kind: Literal["Numerical"] = "Numerical"
    missing: FilledNumber | None  # None: stays NaN, for architectures that know what is missing
    center: FiniteFloat
    scale: Annotated[FiniteFloat, Field(gt=0)]
    reading: NumberReading | None = None  # None: stored before models had rules

    @property
    def input(self) -> InputColumn:
        """Numbers."""
        return InputColumn(self.name, DType.FP64, self.required, self.reading)

    @property
    def features(self) -> tuple[Feature, ...]:
        """The number, and whether it is missing."""
        flag = (Feature(f"{self.name} is missing", self.name),) if self.missing and self.missing.indicator else ()
        return (Feature(self.name, self.name), *flag)

    @property
    def least_format(self) -> int:
        """Rules of reading came with the second, numbers that stay missing with the third."""
        return 3 if self.missing is None else 2 if self.reading else 1

    def read(self, cells: Cells) -> NDArray[np.float64]:
        """(rows,), NaN where missing."""
        return read_numbers(self.name, cells, self.reading)

    def encode(self, cells: Cells) -> Block:
        """(rows, 1), or 2 with the indicator."""
        (block,) = _Numbers([self]).encode({self.name: cells})
        return block

    @classmethod
    def together(cls, columns: "Sequence[NumericalColumn]") -> "_Numbers":
        """All numbers first, then their indicators."""
        return _Numbers(columns)


class _Numbers:
    def __init__(self, columns: Sequence[NumericalColumn]) -> None:
        self._columns = columns
        self._fill = np.array([column.missing.fill if column.missing else np.nan for column in columns])
        self._center = np.array([column.center for column in columns])
        self._scale = np.array([column.scale for column in columns])
        self._flagged = [index for index, column in enumerate(columns) if len(column.features) > 1]
        flags = (columns[index].features[1] for index in self._flagged)
        self.features = (*(column.features[0] for column in columns), *flags)

    def encode(self, columns: Columns) -> tuple[Block]:
        width = len(self._columns)
        first = self._columns[0]
        numbers = np.empty((len(columns[first.name]), width))
        for index, column in enumerate(self._columns):
            numbers[:, index] = read_numbers(column.name, columns[column.name], column.reading)
        missing = np.isnan(numbers)
        scaled = (np.where(missing, self._fill, numbers) - self._center) / self._scale
        out = np.empty((len(numbers), len(self.features)))
        np.clip(scaled, -LARGEST, LARGEST, out=out[:, :width])
        out[:, width:] = missing[:, self._flagged]
        return (vector(out),)
