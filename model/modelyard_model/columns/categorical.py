"""Categories: filled, then one feature per category, or what another encoding makes of them."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from modelyard_api.catalogue.column_types import BlockKind
from modelyard_api.data import MissingMethod
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat, SerializerFunctionWrapHandler, model_serializer

from modelyard_model.cells.input_column import InputColumn
from modelyard_model.cells.reading import Cells, TextReading, read_texts
from modelyard_model.columns.column import Block, Columns, Document, Feature, FittedColumn, vector
from modelyard_model.signature import DType

MOST_CODES = 255  # scikit-learn's histogram gradient boosting has that many bins
Encoder = Callable[[Sequence[str | None]], Block]


class Codes(Document):
    """The position of the category in the list, for trees that split sets of categories."""

    kind: Literal["Codes"] = "Codes"
    other: bool  # the training split had categories that are not listed: they share the code after the last, as unseen ones do; else these are missing
    keeps_missing: bool  # missing is NaN; else it takes the fill

    def features(self, column: str) -> tuple[Feature, ...]:
        """One."""
        return (Feature(column, column, is_code=True),)

    def encoder(self, categories: Sequence[str], fill: str) -> Encoder:
        """Texts to CODES (rows, 1)."""
        known: dict[str | None, float] = {category: float(code) for code, category in enumerate(categories)}
        other = float(len(categories)) if self.other else np.nan
        known[None] = np.nan if self.keeps_missing else known.get(fill, other)
        return lambda texts: Block(BlockKind.CODES, 1, np.array([known.get(text, other) for text in texts], dtype=np.float64)[:, None])


class Target(Document):
    """The mean of the target over the training rows of the category, less that of all rows, in units of ``scale``; unseen: 0, the mean of all rows."""

    kind: Literal["Target"] = "Target"
    outputs: tuple[str, ...]  # the classes, where there are more than two
    means: tuple[tuple[FiniteFloat, ...], ...]  # of every category, of every output, shrunken towards the prior
    prior: tuple[FiniteFloat, ...]
    scale: tuple[Annotated[FiniteFloat, Field(gt=0)], ...]

    def features(self, column: str) -> tuple[Feature, ...]:
        """One per output."""
        if not self.outputs:
            return (Feature(f"{column} mean of target", column),)
        return tuple(Feature(f"{column} mean of target = {output}", column) for output in self.outputs)

    def encoder(self, categories: Sequence[str], fill: str) -> Encoder:
        """Texts to VECTOR (rows, outputs)."""
        deviations = (np.array(self.means).reshape(len(categories), len(self.prior)) - self.prior) / self.scale
        table = np.vstack([deviations, np.zeros(len(self.prior))])
        known: dict[str | None, int] = {category: code for code, category in enumerate(categories)}
        known[None] = known.get(fill, -1)
        return lambda texts: vector(table[[known.get(text, -1) for text in texts]])


Encoding = Annotated[Codes | Target, Field(discriminator="kind")]


class FilledText(Document):
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
