"""Timestamps: hour, day of week, day of year and month as sine and cosine."""

from typing import Literal

from modelyard_model import timestamps
from modelyard_model.cells.input_column import InputColumn
from modelyard_model.cells.reading import Cells, TimeReading, read_times
from modelyard_model.columns.block import Block, vector
from modelyard_model.columns.column import Feature, FittedColumn
from modelyard_model.signature import DType


class DatetimeColumn(FittedColumn):
    """A timestamp as text: hour, day of week, day of year and month as sine and cosine; missing gives zeros."""

    kind: Literal["Datetime"] = "Datetime"
    reading: TimeReading | None = None

    @property
    def input(self) -> InputColumn:
        """ISO 8601, or what the rules name."""
        return InputColumn(self.name, DType.STRING, self.required, self.reading)

    @property
    def features(self) -> tuple[Feature, ...]:
        """Positions on four circles."""
        return tuple(Feature(name, self.name) for name in timestamps.feature_names(self.name))

    @property
    def least_format(self) -> int:
        """Rules of reading came with the second."""
        return 2 if self.reading else 1

    def read(self, cells: Cells) -> list[str | None]:
        """ISO 8601, None where missing."""
        return read_times(self.name, cells, self.reading)

    def encode(self, cells: Cells) -> Block:
        """(rows, 8)."""
        return vector(timestamps.cyclical(self.read(cells)))
