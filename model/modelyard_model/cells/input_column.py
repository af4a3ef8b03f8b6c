"""One raw input of a model: what a request has to bring for it, and how its cells are read."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from modelyard_model.cells.reading import Cells, NumberReading, TextReading, TimeReading, read_numbers, read_texts, read_times


@dataclass(frozen=True)
class InputColumn:
    """One raw input of a model; a required one has to be in every request, though single values may be missing."""

    name: str
    kind: Literal["number", "text"]
    required: bool
    reading: NumberReading | TextReading | TimeReading | None = None  # None: the model was stored before there were rules

    def read(self, cells: Cells) -> NDArray[np.float64] | list[str | None]:
        """Cells as the model takes them: numbers with NaN, or texts with None, for what is missing. Raises InvalidInput naming column and row."""
        if self.kind == "number":
            return read_numbers(self.name, cells, self.reading if isinstance(self.reading, NumberReading) else None)
        if isinstance(self.reading, TimeReading):
            return read_times(self.name, cells, self.reading)
        return read_texts(self.name, cells, self.reading if isinstance(self.reading, TextReading) else None)
