"""Categories: filled, then one feature per category, or what another encoding makes of them."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from modelyard_api.blocks import BlockKind
from modelyard_api.data import MissingMethod
from numpy.typing import NDArray
from pydantic import SerializerFunctionWrapHandler, model_serializer

from modelyard_model.cells.input_column import InputColumn
from modelyard_model.cells.reading import Cells, TextReading, read_texts
from modelyard_model.columns.block import Block, vector
from modelyard_model.columns.column import Columns, Feature, FittedColumn, Part
from modelyard_model.columns.encodings import Encoding
from modelyard_model.signature import DType


class FilledText(Part):
    """What stands in for a missing category."""

    method: MissingMethod
    fill: str
    indicator: bool = False


class CategoricalColumn(FittedColumn):
    """A category: filled, then one feature per category; one that is not listed has zero in all of them. Or encoded otherwise."""

    kind: Literal["Categorical"] = "Categorical"
    missing: FilledText
    categories: tuple[str, ...]
    reading: TextReading | None = None
    encoding: Encoding | None = None  # None: one feature per category

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the encoding where it is that of earlier formats, which don't know the field."""
        written: dict[str, Any] = write(self)
        if self.encoding is None:
            del written["encoding"]
        return written

    @property
    def input(self) -> InputColumn:
        """Texts."""
        return InputColumn(self.name, DType.STRING, self.required, self.reading)

    @property
    def features(self) -> tuple[Feature, ...]:
        """Whether it is missing, then the categories or what stands for them."""
        return (*self.flags, *self.encoded)

    @property
    def encoded(self) -> tuple[Feature, ...]:
        """Without the indicator."""
        if self.encoding is not None:
            return self.encoding.features(self.name)
        return tuple(Feature(f"{self.name} = {category}", self.name) for category in self.categories)

    @property
    def flags(self) -> tuple[Feature, ...]:
        """The indicator, if it has one."""
        return (Feature(f"{self.name} is missing", self.name),) if self.missing.indicator else ()

    @property
    def least_format(self) -> int:
        """Rules of reading came with the second, encodings with the third."""
        return 3 if self.encoding else 2 if self.reading else 1

    def read(self, cells: Cells) -> list[str | None]:
        """None where missing."""
        return read_texts(self.name, cells, self.reading)

    def encode(self, cells: Cells) -> Block:
        """SPARSE: the indicator, then the categories. Of another encoding: its kind, or VECTOR with the indicator before."""
        blocks = _Categories([self]).encode({self.name: cells})
        return blocks[0] if len(blocks) == 1 else vector(np.hstack([block.dense() for block in blocks]))

    @classmethod
    def together(cls, columns: "Sequence[CategoricalColumn]") -> "_Categories":
        """All indicators first, then the categories, then what other encodings make."""
        return _Categories(columns)


class _Categories:
    """All indicators and categories in one block: of a row, each of them has one position at most."""

    def __init__(self, columns: Sequence[CategoricalColumn]) -> None:
        self._columns = columns
        self._flagged = [index for index, column in enumerate(columns) if column.missing.indicator]
        self._spread = [index for index, column in enumerate(columns) if column.encoding is None]
        ones = [columns[index].flags[0] for index in self._flagged]
        self._positions: list[dict[str | None, int]] = []
        for column in (columns[index] for index in self._spread):
            known: dict[str | None, int] = {category: len(ones) + code for code, category in enumerate(column.categories)}
            self._positions.append(known | {None: known.get(column.missing.fill, -1)})
            ones += column.encoded
        self._encoders = [
            (index, column.encoding.encoder(column.categories, column.missing.fill))
            for index, column in enumerate(columns)
            if column.encoding is not None
        ]
        self._ones = len(ones)
        self.features = (*ones, *(feature for index, _ in self._encoders for feature in columns[index].encoded))

    def encode(self, columns: Columns) -> list[Block]:
        texts = [column.read(columns[column.name]) for column in self._columns]
        blocks = [encoder(texts[index]) for index, encoder in self._encoders]
        if self._ones:
            blocks.insert(0, Block(BlockKind.SPARSE, self._ones, self._ones_in(texts)))
        return blocks

    def _ones_in(self, texts: Sequence[list[str | None]]) -> NDArray[np.intp]:
        flags = [[place if text is None else -1 for text in texts[index]] for place, index in enumerate(self._flagged)]
        found = [[known.get(text, -1) for text in texts[index]] for index, known in zip(self._spread, self._positions, strict=True)]
        return np.array([*flags, *found], dtype=np.intp).T
