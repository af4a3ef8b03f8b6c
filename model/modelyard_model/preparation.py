"""Applies a fitted preparation: raw columns in, a matrix of features out. NumPy alone, fast for a single row."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from modelyard_model import timestamps
from modelyard_model.cells.reading import Cells, NumberReading, TextReading, TimeReading, read_numbers, read_texts, read_times
from modelyard_model.errors import InvalidInput, ModelFilesInvalid
from modelyard_model.preparation_document import (
    CategoricalColumn,
    DatetimeColumn,
    NumericalColumn,
    PreparationDocument,
)

FILE = "preparation.json"
Columns = Mapping[str, Cells]
Matrix = NDArray[np.float64]
_LARGEST = 1e30  # keeps absurd inputs finite in float32, where forests compare


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


class Preparation:
    """A fitted preparation. Features come in this order: numbers, their and the categories' missing indicators, categories, timestamps."""

    def __init__(self, document: PreparationDocument) -> None:
        self.document = document
        self._numbers = [c for c in document.columns if isinstance(c, NumericalColumn)]
        self._categories = [c for c in document.columns if isinstance(c, CategoricalColumn)]
        self._timestamps = [c for c in document.columns if isinstance(c, DatetimeColumn)]
        self._fill = np.array([c.missing.fill for c in self._numbers])
        self._center = np.array([c.center for c in self._numbers])
        self._scale = np.array([c.scale for c in self._numbers])
        self._flagged = [i for i, c in enumerate(self._numbers) if c.missing.indicator]
        self._codes = [{category: code for code, category in enumerate(c.categories)} for c in self._categories]
        self.inputs = tuple(
            InputColumn(c.name, "number" if isinstance(c, NumericalColumn) else "text", c.required, c.reading) for c in document.columns
        )
        self.feature_names = self._names()

    def transform(self, columns: Columns) -> Matrix:
        """(rows, features), float64. Columns that the model doesn't know are ignored; raises InvalidInput naming the column."""
        rows = self._rows(columns)
        cells = {item.name: columns.get(item.name, (None,) * rows) for item in self.inputs}
        out = np.zeros((rows, len(self.feature_names)))
        at = self._write_numbers(cells, out)
        texts = [read_texts(column.name, cells[column.name], column.reading) for column in self._categories]
        at = self._write_text_indicators(texts, out, at)
        at = self._write_categories(texts, out, at)
        for column in self._timestamps:
            out[:, at : at + timestamps.WIDTH] = timestamps.cyclical(read_times(column.name, cells[column.name], column.reading))
            at += timestamps.WIDTH
        return out

    def _rows(self, columns: Columns) -> int:
        rows: int | None = None
        for item in self.inputs:
            values = columns.get(item.name)
            if values is None:
                if item.required:
                    raise InvalidInput(item.name, "is required and is not in the request")
                continue
            if rows is not None and len(values) != rows:
                raise InvalidInput(item.name, f"has {len(values)} values, the columns before it have {rows}")
            rows = len(values)
        if rows is None:
            raise InvalidInput("", "none of the model's input columns is in the request")
        return rows

    def _write_numbers(self, cells: Columns, out: Matrix) -> int:
        width = len(self._numbers)
        if not width:
            return 0
        block = np.empty((len(out), width))
        for index, column in enumerate(self._numbers):
            block[:, index] = read_numbers(column.name, cells[column.name], column.reading)
        missing = np.isnan(block)
        scaled = (np.where(missing, self._fill, block) - self._center) / self._scale
        np.clip(scaled, -_LARGEST, _LARGEST, out=out[:, :width])
        out[:, width : width + len(self._flagged)] = missing[:, self._flagged]
        return width + len(self._flagged)

    def _write_text_indicators(self, texts: list[list[str | None]], out: Matrix, at: int) -> int:
        for column, values in zip(self._categories, texts, strict=True):
            if column.missing.indicator:
                out[:, at] = [value is None for value in values]
                at += 1
        return at

    def _write_categories(self, texts: list[list[str | None]], out: Matrix, at: int) -> int:
        for column, codes, values in zip(self._categories, self._codes, texts, strict=True):
            fill = column.missing.fill
            found = np.array([codes.get(fill if value is None else value, -1) for value in values], dtype=np.intp)
            (known,) = np.nonzero(found >= 0)
            out[known, at + found[known]] = 1.0
            at += len(column.categories)
        return at

    def _names(self) -> tuple[str, ...]:
        columns: list[NumericalColumn | CategoricalColumn] = [*self._numbers, *self._categories]
        flagged = [f"{c.name} is missing" for c in columns if c.missing.indicator]
        categories = [f"{c.name} = {category}" for c in self._categories for category in c.categories]
        moments = [name for c in self._timestamps for name in timestamps.feature_names(c.name)]
        return (*(c.name for c in self._numbers), *flagged, *categories, *moments)

    def save(self, folder: Path) -> None:
        """Writes ``preparation.json``."""
        (folder / FILE).write_text(self.document.model_dump_json(indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Preparation":
        """Reads ``preparation.json``; raises ModelFilesInvalid."""
        try:
            return cls(PreparationDocument.model_validate_json((folder / FILE).read_bytes()))
        except FileNotFoundError:
            raise ModelFilesInvalid(f"{FILE} is not among the model's files") from None
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise ModelFilesInvalid(f"{FILE} can't be read: {where}: {first['msg']}") from None
