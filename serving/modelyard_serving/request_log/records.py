"""Records of the request log and of feedback, and their Parquet files (columns: ``modelyard_api.request_log``)."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from modelyard_api import request_log as names
from modelyard_model.signature import DType, Field

from modelyard_serving.protocols.feedback import Outcome
from modelyard_serving.served_model import PlainColumns, ServedModel


class Record(Protocol):
    """Something that waits to be written."""

    @property
    def rows(self) -> int:
        """Rows of the Parquet file it becomes."""

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes."""


@dataclass(frozen=True)
class AnsweredRequest:
    """One request and its answer."""

    request_id: str
    time: datetime
    inputs: PlainColumns
    outputs: PlainColumns
    rows: int
    size: int  # of the request's body; a good measure, since columns hold the same values


@dataclass(frozen=True)
class Outcomes:
    """The outcomes of one feedback request."""

    time: datetime
    outcomes: Sequence[Outcome]
    size: int

    @property
    def rows(self) -> int:
        """One per outcome."""
        return len(self.outcomes)


class RequestTable:
    """Parquet of answered requests: the same columns and types in every file of a version."""

    def __init__(self, model: ServedModel, version: str) -> None:
        self._version = version
        self._inputs = {field.name: _arrow_type(field) for field in model.logged}
        self._outputs = {field.name: _arrow_type(field) for field in model.signature.outputs}

    def encode(self, requests: Sequence[AnsweredRequest]) -> bytes:
        """The bytes of one file."""
        rows = sum(request.rows for request in requests)
        columns = {
            names.REQUEST_ID: pa.array([r.request_id for r in requests for _ in range(r.rows)], pa.string()),
            names.ROW: pa.array([row for r in requests for row in range(r.rows)], pa.int64()),
            names.TIME: pa.array([r.time for r in requests for _ in range(r.rows)], pa.timestamp("us", tz="UTC")),
            names.MODEL_VERSION: pa.array([self._version] * rows, pa.string()),
        }
        for name, kind in self._inputs.items():
            columns[names.INPUT_PREFIX + name] = pa.array([value for r in requests for value in r.inputs[name]], kind)
        for name, kind in self._outputs.items():
            columns[names.OUTPUT_PREFIX + name] = pa.array([value for r in requests for value in r.outputs[name]], kind)
        return _parquet(columns)


def encode_outcomes(batches: Sequence[Outcomes]) -> bytes:
    """Parquet of true outcomes: request id, row, when the server got to know it, and the outcome as text."""
    outcomes = [outcome for batch in batches for outcome in batch.outcomes]
    return _parquet(
        {
            names.REQUEST_ID: pa.array([o.request_id for o in outcomes], pa.string()),
            names.ROW: pa.array([o.row for o in outcomes], pa.int64()),
            names.TIME: pa.array([batch.time for batch in batches for _ in batch.outcomes], pa.timestamp("us", tz="UTC")),
            names.OUTCOME: pa.array([o.outcome for o in outcomes], pa.string()),
        }
    )


_ARROW = {
    **{each: pa.type_for_alias(each.lower()) for each in DType if each.startswith(("BOOL", "INT", "UINT"))},
    DType.FP16: pa.float16(),
    DType.FP32: pa.float32(),
    DType.FP64: pa.float64(),
    DType.STRING: pa.string(),
    DType.BYTES: pa.binary(),
    DType.TIMESTAMP: pa.timestamp("us"),
}


def _arrow_type(field: Field) -> pa.DataType:
    """Raises ValueError for what may be anything: no file has a type for it."""
    if field.dtype is DType.LIST:
        return pa.list_(_arrow_type(field.items[0]))
    if field.dtype is DType.MAP:
        return pa.map_(pa.string(), _arrow_type(field.items[0]))
    if field.dtype is DType.STRUCT:
        return pa.struct([(each.name, _arrow_type(each)) for each in field.items])
    if field.dtype is DType.ANY:
        raise ValueError(f"{field.name!r} may be anything, which a request log has no type for")
    return _ARROW[field.dtype]


def _parquet(columns: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, compression="zstd")
    return buffer.getvalue()
