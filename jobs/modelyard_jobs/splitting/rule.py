"""``split.json``: how the rows of a model were divided at its first training, and so are divided ever after."""

from typing import Literal

from modelyard_api.base import ApiModel
from modelyard_api.data import Duplicates, Split, SplitBy

from modelyard_jobs.splitting.cuts import Cut


class StoredCut(ApiModel):
    """``Cut``, or by Time the two boundaries in seconds since 1970."""

    test: float
    validation: float


class SplitRule(ApiModel):
    """Everything that decides a new row's part, but the salt, which is the registered model's name. Cuts are by class; "" is for all rows."""

    version: Literal[2] = 2
    columns: tuple[str, ...]  # that name a row
    keyed: bool  # whether the manifest named them
    duplicates: Duplicates
    by: SplitBy
    column: str | None = None
    validation: float
    test: float
    cuts: dict[str, StoredCut]

    def divides_like(self, split: Split) -> bool:
        """Whether the manifest still asks for the same: else new rows follow new cuts, and known ones stay where they are."""
        return (self.by, self.column, self.validation, self.test) == (split.by, split.column, split.validation, split.test)


def stored(cuts: dict[str, Cut]) -> dict[str, StoredCut]:
    """As the document keeps them."""
    return {name: StoredCut(test=cut.test, validation=cut.validation) for name, cut in cuts.items()}


def restored(rule: SplitRule) -> dict[str, Cut]:
    """As they are applied."""
    return {name: Cut(cut.test, cut.validation) for name, cut in rule.cuts.items()}
