"""Fits the preparation on the training split, column by column."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import polars as pl
from modelyard_api.blocks import BlockKind
from modelyard_api.conditions import Reason
from modelyard_model.preparation import Preparation
from modelyard_model.preparation_document import PreparationDocument
from numpy.typing import NDArray

from modelyard_jobs.columns.fitter import Wanted
from modelyard_jobs.columns.registry import fitter_of
from modelyard_jobs.failures import InvalidOrder
from modelyard_jobs.fitting.column_plan import ColumnPlan

VECTORS = frozenset({BlockKind.VECTOR})


def fit_preparation(train: pl.DataFrame, plan: ColumnPlan, takes: frozenset[BlockKind] = VECTORS) -> Preparation:
    """``train``: canonical columns of the training split (Float64 for Numerical, String otherwise). ``takes``: the forms that the architecture can be fitted to.

    Raises InvalidOrder when nothing is left to learn from.
    """
    alike = Counter(column.kind for column in plan.columns)
    fitted = [
        fitter_of(column.kind).fit(
            train[column.name].alias("cells"), Wanted(column, alike[column.kind], takes)
        )  # Polars takes some names for patterns
        for column in plan.columns
    ]
    columns = tuple(each.column for each in fitted)
    notes = tuple(note for each in fitted for note in each.notes)
    preparation = Preparation(PreparationDocument.of(columns, plan.separator, notes))
    if not preparation.feature_names:
        raise InvalidOrder(Reason.DATA_INVALID, "no column gives a feature: every text differs in every row; " + "; ".join(notes))
    return preparation


def raw_columns(frame: pl.DataFrame, names: Sequence[str]) -> dict[str, Sequence[object] | NDArray[np.float64]]:
    """Canonical columns as a request brings them: numbers with NaN, texts with None for missing."""
    return {name: frame[name].to_list() if frame[name].dtype == pl.String else frame[name].to_numpy() for name in names}
