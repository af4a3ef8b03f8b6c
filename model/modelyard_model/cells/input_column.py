"""One raw input of a model: what a request has to bring for it, and how its cells are read."""

from dataclasses import dataclass
from typing import Any

from modelyard_model.cells.reading import CellReading, Cells, read_numbers, read_texts
from modelyard_model.signature import DType, Field


@dataclass(frozen=True)
class InputColumn:
    """One raw input of a model; a required one has to be in every request, though single values may be missing."""

    name: str
    dtype: DType  # of a cell once it is read
    required: bool
    reading: CellReading | None = None  # None: the model was stored before there were rules

    @property
    def field(self) -> Field:
        """As the model's signature has it."""
        return Field(self.name, self.dtype, required=self.required)

    @property
    def json_types(self) -> tuple[str, ...]:
        """What a request in JSON may bring, the column's own type first."""
        if self.reading is not None:
            return self.reading.json_types
        return ("number",) if self.dtype is DType.FP64 else ("string",)

    @property
    def keeps_numbers(self) -> bool:
        """Whether a finite number is read as itself, whichever it is."""
        return self.reading.keeps_numbers if self.reading is not None else self.dtype is DType.FP64

    def read(self, cells: Cells) -> Any:
        """Cells as the model takes them: numbers with NaN, or texts with None, for what is missing. Raises InvalidInput naming column and row."""
        if self.reading is not None:
            return self.reading.read_cells(self.name, cells)
        return read_numbers(self.name, cells, None) if self.dtype is DType.FP64 else read_texts(self.name, cells, None)
