"""How categories become features where it isn't one feature per category."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from modelyard_api.blocks import BlockKind

from modelyard_model.columns.block import Block
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
