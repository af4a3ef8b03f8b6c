"""Fits the preparation on the training split, column by column."""

import polars as pl
from modelyard_api.blocks import BlockKind
from modelyard_api.conditions import Reason
from modelyard_model.preparation import Preparation
from modelyard_model.preparation_document import PreparationDocument

from modelyard_jobs.columns.column_training import Wanted
from modelyard_jobs.columns.matrices import Features, features_of, replaced
from modelyard_jobs.columns.registry import training_of
from modelyard_jobs.columns.target_means import KnownTarget
from modelyard_jobs.fitting.column_plan import ColumnPlan
from modelyard_jobs.termination import InvalidRequest

VECTORS = frozenset({BlockKind.VECTOR})


def fit_preparation(
    train: pl.DataFrame, plan: ColumnPlan, takes: frozenset[BlockKind] = VECTORS, target: KnownTarget | None = None
) -> Preparation:
    """``train``: canonical columns of the training split (Float64 for Numerical, String otherwise). ``takes``: the forms that the architecture can be fitted to.

    ``target``: of the same rows, for encodings that learn from it. Raises InvalidRequest when nothing is left to learn from.
    """
    fitted = [training_of(column.kind).fit(_cells(train, column.name), Wanted(column, takes), target) for column in plan.columns]
    columns = tuple(each.column for each in fitted)
    notes = tuple(note for each in fitted for note in each.notes)
    preparation = Preparation(PreparationDocument.of(columns, plan.separator, notes))
    if not preparation.feature_names:
        raise InvalidRequest(Reason.DATA_INVALID, "no column gives a feature: every text differs in every row; " + "; ".join(notes))
    return preparation


def training_features(
    preparation: Preparation, train: pl.DataFrame, target: KnownTarget, takes: frozenset[BlockKind] = VECTORS
) -> Features:
    """(rows, features) of the rows that ``preparation`` was fitted on: as ``transform`` gives them, but no row's features know its own target."""
    features = features_of(preparation, train, takes)
    for column in preparation.document.columns:
        block = training_of(column.kind).encode_training(column, _cells(train, column.name), target)
        if block is not None:
            features = replaced(features, preparation.features_of(column.name), block)
    return features


def _cells(frame: pl.DataFrame, name: str) -> pl.Series:
    """Under a name that Polars doesn't take for a pattern."""
    return frame[name].alias("cells")
