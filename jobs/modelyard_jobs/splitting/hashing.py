"""Stable 64-bit names for cells, rows and groups, the same on every machine and in every version of every library: texts by BLAKE2b, numbers by
their float64 bits, mixed by SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").

A cell's hash depends on its value, not on how a file stores it: -0.0 is 0.0, a Float32 is the Float64 of the same value, an integer the equal float, and
a number stays the same when its column is read as text. Whatever is missing (null, NaN, empty text) is one value.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

Hashes = NDArray[np.uint64]
_INTEGER = re.compile(r"[+-]?[0-9]{1,400}")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_NUMBERS, _TEXTS, _TIMES = np.uint64(0x6E756D62), np.uint64(0x74657874), np.uint64(0x74696D65)  # what kind of value the bits are
_MISSING = np.uint64(0x9AE16A3B2F90404F)
_LARGEST_EXACT = 2**53
_LARGEST_INTEGER = 2**64


def mix(values: Hashes) -> Hashes:
    """SplitMix64's finaliser: every bit of the input changes half of the output's."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def text_hash(text: str, salt: str) -> int:
    """BLAKE2b keyed with ``salt``."""
    key = hashlib.sha256(salt.encode()).digest()
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, key=key).digest(), "big")


def hashes(values: Iterable[str], salt: str) -> Hashes:
    """(values,) uint64. Equal texts get equal hashes; another salt gives unrelated ones."""
    known: dict[str, int] = {}
    out: list[int] = []
    for value in values:
        if value not in known:
            known[value] = text_hash(value, salt)
        out.append(known[value])
    return np.array(out, dtype=np.uint64)


def uniform(names: Hashes, salt: str) -> NDArray[np.float64]:
    """Numbers in [0, 1) that depend on the hash and ``salt`` alone."""
    mixed = mix(names ^ np.uint64(text_hash("uniform", salt)))
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def cell_hashes(column: "pl.Series", salt: str) -> Hashes:
    """(rows,): the cells of one column; equal cells of two columns get unrelated hashes, because the column's name is part of the salt."""
    return mix(_values(column.alias("cells")) ^ np.uint64(text_hash(column.name, salt)))


def _values(column: "pl.Series") -> Hashes:
    import polars as pl  # noqa: PLC0415

    if column.dtype == pl.Null:
        return np.full(len(column), _MISSING)
    if column.dtype.is_temporal():
        return _times(column)
    if column.dtype.is_integer():
        return _integers(column)
    if column.dtype.is_numeric():
        return _floats(column.cast(pl.Float64).to_numpy())
    return _of_distinct(column)


def _floats(values: NDArray[np.float64]) -> Hashes:
    bits = (values + 0.0).view(np.uint64)  # -0.0 + 0.0 is 0.0
    return np.where(np.isnan(values), _MISSING, mix(bits ^ _NUMBERS))


def _integers(column: "pl.Series") -> Hashes:
    """As floats, unless a float can't hold them."""
    import polars as pl  # noqa: PLC0415

    large = column.cast(pl.Float64).abs().fill_null(0).to_numpy() >= _LARGEST_EXACT
    result = _floats(column.cast(pl.Float64).to_numpy())
    if large.any():
        result = result.copy()
        result[large] = [_of_integer(value) for value in column.filter(pl.Series(large)).to_list()]
    return result


def _of_integer(value: int) -> np.uint64:
    if abs(value) < _LARGEST_INTEGER and int(float(value)) == value:
        return _of_float(float(value))
    return np.uint64(text_hash(str(value), "integer"))


def _of_float(value: float) -> np.uint64:
    return np.uint64(_floats(np.array([value]))[0])


def _times(column: "pl.Series") -> Hashes:
    """Microseconds; a date is its midnight."""
    import polars as pl  # noqa: PLC0415

    if column.dtype == pl.Date:
        column = column.cast(pl.Datetime("us"))
    elif isinstance(column.dtype, pl.Datetime | pl.Duration):
        column = column.dt.cast_time_unit("us")
    missing = column.is_null().to_numpy()
    ticks = column.to_physical().cast(pl.Int64).fill_null(0).to_numpy().astype(np.int64).view(np.uint64)
    return np.where(missing, _MISSING, mix(ticks ^ _TIMES))


def _of_distinct(column: "pl.Series") -> Hashes:
    """Texts, truth values and what no model reads: every distinct value is looked at once."""
    import polars as pl  # noqa: PLC0415

    if column.dtype == pl.Boolean or isinstance(column.dtype, pl.Categorical | pl.Enum):
        column = column.cast(pl.String)
    known: dict[str | None, np.uint64] = {None: _MISSING}
    texts: list[str | None] = column.to_list() if column.dtype == pl.String else [_as_text(value) for value in column.to_list()]
    for text in texts:
        if text is not None and text not in known:
            known[text] = _of_text(text)
    return np.array([known[text] for text in texts], dtype=np.uint64)


def _of_text(text: str) -> np.uint64:
    text = text.strip()
    if not text:
        return _MISSING
    if _INTEGER.fullmatch(text):
        return _of_integer(int(text))
    if _NUMBER.fullmatch(text):
        return _of_float(float(text))
    return np.uint64(text_hash(text, "text")) ^ _TEXTS


def _as_text(value: object) -> str | None:
    if value is None:
        return None
    plain = value.to_list() if hasattr(value, "to_list") else value
    return json.dumps(plain, sort_keys=True, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    return value.to_list() if hasattr(value, "to_list") else str(value)
