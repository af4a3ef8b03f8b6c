"""Categories: filled, then one feature per category."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from modelyard_api.blocks import BlockKind
from modelyard_api.data import MissingMethod

from modelyard_model.cells.input_column import InputColumn
from modelyard_model.cells.reading import Cells, TextReading, read_texts
from modelyard_model.columns.block import Block
from modelyard_model.columns.column import Columns, Feature, FittedColumn, Part


class FilledText(Part):
    """What stands in for a missing category."""

    method: MissingMethod
    fill: str
    indicator: bool = False


class CategoricalColumn(FittedColumn):
    """A category: filled, then one feature per category; one that is not listed has zero in all of them."""

    kind: Literal["Categorical"] = "Categorical"
    missing: FilledText
    categories: tuple[str, ...]
    reading: TextReading | None = None

    @property
    def input(self) -> InputColumn:
        """Texts."""
        return InputColumn(self.name, "text", self.required, self.reading)

    @property
    def features(self) -> tuple[Feature, ...]:
        """Whether it is missing, then the categories."""
        return (*self.flags, *(Feature(f"{self.name} = {category}", self.name) for category in self.categories))

    @property
    def flags(self) -> tuple[Feature, ...]:
        """The indicator, if it has one."""
        return (Feature(f"{self.name} is missing", self.name),) if self.missing.indicator else ()

    @property
    def least_format(self) -> int:
        """Rules of reading came with the second."""
        return 2 if self.reading else 1

    def read(self, cells: Cells) -> list[str | None]:
        """None where missing."""
        return read_texts(self.name, cells, self.reading)

    def encode(self, cells: Cells) -> Block:
        """SPARSE: the indicator, then the categories."""
        (block,) = _Categories([self]).encode({self.name: cells})
        return block

    @classmethod
    def together(cls, columns: "Sequence[CategoricalColumn]") -> "_Categories":
        """All indicators first, then the categories."""
        return _Categories(columns)


class _Categories:
    """All in one block: of a row, every indicator and every column of categories has one position at most."""

    def __init__(self, columns: Sequence[CategoricalColumn]) -> None:
        self._columns = columns
        flags = [flag for column in columns for flag in column.flags]
        categories = [feature for column in columns for feature in column.features[len(column.flags) :]]
        self.features = (*flags, *categories)
        self._flagged = [index for index, column in enumerate(columns) if column.missing.indicator]
        self._positions: list[dict[str | None, int]] = []
        at = len(flags)
        for column in columns:
            known: dict[str | None, int] = {category: at + code for code, category in enumerate(column.categories)}
            self._positions.append(known | {None: known.get(column.missing.fill, -1)})
            at += len(column.categories)

    def encode(self, columns: Columns) -> tuple[Block]:
        texts = [column.read(columns[column.name]) for column in self._columns]
        found = [[known.get(text, -1) for text in cells] for known, cells in zip(self._positions, texts, strict=True)]
        flags = [[place if text is None else -1 for text in texts[index]] for place, index in enumerate(self._flagged)]
        return (Block(BlockKind.SPARSE, len(self.features), np.array([*flags, *found], dtype=np.intp).T),)
