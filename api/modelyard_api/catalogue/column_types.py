"""The types of columns, in the order in which stored models have their features, and the blocks of features that they become."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from modelyard_api.catalogue.names import Catalogue, Name


class ColumnType(Name):
    """How a column's values are read and what becomes of them."""

    NUMERICAL: ClassVar["ColumnType"]
    CATEGORICAL: ClassVar["ColumnType"]
    DATETIME: ClassVar["ColumnType"]


@dataclass(frozen=True)
class ColumnTypeSpec:
    """What is known of a column type without data. Paths are "package.module:attribute"."""

    name: str
    fitted: str  # a ``modelyard_model.columns.column.FittedColumn``: what a model keeps of such a column
    training: str  # a ``modelyard_jobs.columns.column_training.ColumnTraining``: recognises, reads and fits it
    summary: str


ColumnType.NUMERICAL, ColumnType.CATEGORICAL, ColumnType.DATETIME = map(ColumnType.register, ("Numerical", "Categorical", "Datetime"))
COLUMN_TYPES: Catalogue[ColumnType, ColumnTypeSpec] = Catalogue(
    ColumnType,
    ColumnTypeSpec(
        "Numerical",
        "modelyard_model.columns.numerical:NumericalColumn",
        "modelyard_jobs.columns.numerical:Numerical",
        "numbers, standardised",
    ),
    ColumnTypeSpec(
        "Categorical",
        "modelyard_model.columns.categorical:CategoricalColumn",
        "modelyard_jobs.columns.categorical:Categorical",
        "one of several texts: a feature each, the mean of the target for very many, or codes for architectures that take them",
    ),
    ColumnTypeSpec(
        "Datetime",
        "modelyard_model.columns.datetime:DatetimeColumn",
        "modelyard_jobs.columns.datetime:Datetime",
        "timestamps: hour, day of week, day of year and month, cyclically encoded",
    ),
)


class BlockKind(StrEnum):
    """The form of some features. Every architecture takes VECTOR."""

    VECTOR = "Vector"  # numbers
    SPARSE = "Sparse"  # zeros and ones of which few are ones, kept as the positions of the ones
    CODES = "Codes"  # numbers of categories, without order between them. Who takes codes takes NaN for what is missing, among numbers too
