"""How categories become features where it isn't one feature per category."""

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import numpy as np
from modelyard_api.blocks import BlockKind
from pydantic import Field, FiniteFloat

from modelyard_model.columns.block import Block, vector
from modelyard_model.columns.column import Feature, Part

MOST_CODES = 255  # scikit-learn's histogram gradient boosting has that many bins
Encoder = Callable[[Sequence[str | None]], Block]


class Codes(Part):
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


class Target(Part):
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
