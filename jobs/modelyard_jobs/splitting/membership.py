"""``membership.parquet``: which rows a model was fitted, tuned and tested on, as salted hashes, never as data."""

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelyard_jobs.splitting.assignment import Assignment, Part, hash_rows
from modelyard_jobs.splitting.hashing import Hashes

if TYPE_CHECKING:
    import polars as pl

FILE = "membership.parquet"
_CONTENT_COLUMNS = b"modelyard.content_columns"


@dataclass(frozen=True)
class Membership:
    """The rows of one trained model."""

    row: Hashes
    group: Hashes
    part: NDArray[np.int8]
    content_columns: tuple[str, ...]

    def can_judge(self, table: "pl.DataFrame") -> bool:
        """Whether rows of ``table`` can be recognised: all columns that the hashes were made from are there."""
        return set(self.content_columns) <= set(table.columns)

    def seen(self, table: "pl.DataFrame", group: Hashes, model: str) -> NDArray[np.bool_]:
        """Which rows of ``table`` the model was fitted or tuned on, or share a group with one that it was. Hashed as the model's own rows were."""
        used = self.part <= Part.VALIDATION
        rows = hash_rows(table, self.content_columns, model)
        return np.isin(rows, self.row[used]) | np.isin(group, self.group[used])

    def tested(self, table: "pl.DataFrame", model: str) -> NDArray[np.bool_]:
        """Which rows of ``table`` belong to the model's test split."""
        return np.isin(hash_rows(table, self.content_columns, model), self.row[self.part == Part.TEST])


def of(assignment: Assignment) -> Membership:
    """What is kept of an assignment."""
    return Membership(assignment.row, assignment.group, assignment.part, assignment.content_columns)


def to_parquet(membership: Membership) -> bytes:
    """The file's bytes."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = pa.table({"row": membership.row, "group": membership.group, "part": membership.part})
    metadata = {_CONTENT_COLUMNS: json.dumps(membership.content_columns).encode()}
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), buffer)
    return buffer.getvalue()


def from_parquet(content: bytes) -> Membership:
    """Reads what ``to_parquet`` wrote."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = pq.read_table(io.BytesIO(content))
    columns = json.loads(table.schema.metadata[_CONTENT_COLUMNS])
    row, group, part = (table[name].to_numpy() for name in ("row", "group", "part"))
    return Membership(row, group, part, tuple(columns))
