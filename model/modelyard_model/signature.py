"""What goes into a model and what comes out: all that protocols, checks, OpenAPI, the request log and MLflow's signature are derived from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from numpy.typing import NDArray

Batch = Mapping[str, Sequence[Any] | NDArray[Any]]  # columns by name, equally long; None is a missing value
PlainColumns = dict[str, list[Any]]  # the same in plain Python values


class DType(StrEnum):
    """Of one value. Scalars are called as the Open Inference Protocol calls them, but for its BYTES, which are texts and bytes."""

    BOOL = "BOOL"
    INT8 = "INT8"
    INT16 = "INT16"
    INT32 = "INT32"
    INT64 = "INT64"
    UINT8 = "UINT8"
    UINT16 = "UINT16"
    UINT32 = "UINT32"
    UINT64 = "UINT64"
    FP16 = "FP16"
    FP32 = "FP32"
    FP64 = "FP64"
    STRING = "STRING"
    BYTES = "BYTES"
    TIMESTAMP = "TIMESTAMP"
    LIST = "LIST"  # of values of ``Field.items[0]``
    STRUCT = "STRUCT"  # of the values that ``Field.items`` name
    MAP = "MAP"  # from texts to values of ``Field.items[0]``
    ANY = "ANY"


@dataclass(frozen=True)
class Field:
    """One input, output, parameter, or a part of one. ``name`` is empty where there is one only and nobody named it, and in a LIST or a MAP."""

    name: str
    dtype: DType
    shape: tuple[int, ...] = ()  # of one value of a tensor, its first dimension being the rows; -1: of any size
    required: bool = True
    sensitive: bool = False  # never logged
    items: "tuple[Field, ...]" = ()


@dataclass(frozen=True)
class Parameter:
    """What a request may say beside its rows. A ``field`` of shape (-1,) takes a list."""

    field: Field
    default: Any


class Layout(StrEnum):
    """How values lie in a request."""

    COLUMNS = "COLUMNS"  # by name, a value per row
    TENSORS = "TENSORS"
    OPEN = "OPEN"  # nothing is said about them


@dataclass(frozen=True)
class Signature:
    """Of one model."""

    inputs: tuple[Field, ...] = ()
    outputs: tuple[Field, ...] = ()
    params: tuple[Parameter, ...] = field(default=())
    layout: Layout = Layout.COLUMNS
    output_layout: Layout = Layout.COLUMNS


class ModelOutput(Protocol):
    """To some rows."""

    def as_columns(self) -> PlainColumns:
        """A column per output."""


class Model(Protocol):
    """Anything that predicts. ``predict`` may be called from several threads at once."""

    @property
    def signature(self) -> Signature:
        """What it takes and gives."""

    def predict(self, columns: Batch) -> ModelOutput:
        """ModelOutput raw rows; raises InvalidInput naming the column."""
