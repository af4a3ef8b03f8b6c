"""Resolves per column what the manifest says about features and missing values, and fits the preparation on the training split."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl
from modelyard_api.catalogue.column_types import BlockKind, ColumnType
from modelyard_api.conditions import Reason
from modelyard_api.data import Missing, MissingColumn, MissingMethod
from modelyard_model.cells.reading import CellReading
from modelyard_model.preparation import Preparation, PreparationDocument
from modelyard_model.text_files import Separator

from modelyard_jobs.columns.column_training import PlannedColumn, Wanted, training_of
from modelyard_jobs.columns.matrices import Features, features_of, replaced
from modelyard_jobs.columns.target_means import KnownTarget
from modelyard_jobs.termination import InvalidRequest

VECTORS = frozenset({BlockKind.VECTOR})


@dataclass(frozen=True)
class ColumnPlan:
    """All features, in order."""

    columns: tuple[PlannedColumn, ...]
    separator: Separator = ","  # of the file that they come from


def plan_columns(
    kinds: Mapping[str, ColumnType], missing: Missing, readings: Mapping[str, CellReading] | None = None, separator: Separator = ","
) -> ColumnPlan:
    """``kinds``: the features and their types in order; ``readings``: the rules by which they were read. Raises InvalidRequest where a method doesn't fit its column's type."""
    special = {column.name: column for column in missing.columns or []}
    default = MissingMethod(missing.default.value)
    planned = (_plan(name, kind, special.get(name), default) for name, kind in kinds.items())
    return ColumnPlan(tuple(replace(column, reading=(readings or {}).get(column.name)) for column in planned), separator)


def _plan(name: str, kind: ColumnType, special: MissingColumn | None, default: MissingMethod) -> PlannedColumn:
    training = training_of(kind)
    if special is None:
        return PlannedColumn(name, kind, training.usual_missing(default))
    if problem := training.missing_problem(special):
        raise InvalidRequest(Reason.INVALID_SPEC, f"spec.data.prepare.missing.columns[{name}]: {problem}")
    return PlannedColumn(name, kind, special.method, special.value)


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
