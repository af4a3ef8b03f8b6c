"""Stable 64-bit names for rows and groups, the same on every machine and in every version: BLAKE2b keyed with a salt."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

Hashes = NDArray[np.uint64]
_SEPARATOR, _MISSING = "\x1f", "\x00"


def hashes(values: Iterable[str], salt: str) -> Hashes:
    """(values,) uint64. Equal texts get equal hashes; another salt gives unrelated ones."""
    key = hashlib.sha256(salt.encode()).digest()
    known: dict[str, int] = {}
    out: list[int] = []
    for value in values:
        if value not in known:
            known[value] = int.from_bytes(hashlib.blake2b(value.encode(), digest_size=8, key=key).digest(), "big")
        out.append(known[value])
    return np.array(out, dtype=np.uint64)


def uniform(names: Hashes, salt: str) -> NDArray[np.float64]:
    """Numbers in [0, 1) that depend on the hash and ``salt`` alone."""
    mixed = hashes((str(name) for name in names.tolist()), salt)
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def row_contents(table: "pl.DataFrame", columns: Sequence[str]) -> list[str]:
    """Each row's content as one text: ``columns`` in the order given, numbers as float64 whatever width a file gives them."""
    import polars as pl  # noqa: PLC0415

    parts = []
    for name in columns:
        column = pl.col(name).cast(pl.Float64) if table.schema[name].is_numeric() else pl.col(name)
        if table.schema[name].is_nested():
            column = pl.col(name).map_elements(lambda value: repr(value.to_list() if isinstance(value, pl.Series) else value), pl.String)
        parts.append(column.cast(pl.String).fill_null(_MISSING))
    return table.select(pl.concat_str(parts, separator=_SEPARATOR)).to_series().to_list()
