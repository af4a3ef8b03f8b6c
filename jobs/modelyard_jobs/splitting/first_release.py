"""How release 0.1.0 named rows: by their whole content, the target included, as polars prints it. Only to recognise the rows of its models."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelyard_jobs.splitting.hashing import Hashes, hashes

if TYPE_CHECKING:
    import polars as pl

_SEPARATOR, _MISSING = "\x1f", "\x00"


def hash_rows(table: "pl.DataFrame", columns: Sequence[str], model: str) -> Hashes:
    """(rows,) uint64: equal rows have equal ones. ``columns`` in the order that was stored."""
    return hashes(_contents(table, columns), f"{model}|{'|'.join(columns)}")


def _contents(table: "pl.DataFrame", columns: Sequence[str]) -> list[str]:
    import polars as pl  # noqa: PLC0415

    parts = []
    for name in columns:
        column = pl.col(name).cast(pl.Float64) if table.schema[name].is_numeric() else pl.col(name)
        if table.schema[name].is_nested():
            column = pl.col(name).map_elements(lambda value: repr(value.to_list() if isinstance(value, pl.Series) else value), pl.String)
        parts.append(column.cast(pl.String).fill_null(_MISSING))
    return table.select(pl.concat_str(parts, separator=_SEPARATOR)).to_series().to_list()
