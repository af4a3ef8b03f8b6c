"""Stable 64-bit names for cells, rows and groups, the same on every machine and in every version of every library: texts by BLAKE2b, numbers by
their float64 bits, mixed by SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").

A cell's hash depends on its value, not on how a file stores it: -0.0 is 0.0, a Float32 is the Float64 of the same value, an integer the equal float, and
a number stays the same when its column is read as text. Whatever is missing (null, NaN, empty text) is one value.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
_INTEGER = re.compile(r"[+-]?[0-9]{1,400}")
_NUMBERS, _TEXTS, _TIMES = np.uint64(0x6E756D62), np.uint64(0x74657874), np.uint64(0x74696D65)  # what kind of value the bits are
_MISSING = np.uint64(0x9AE16A3B2F90404F)
_LARGEST_EXACT = 2**53
_LARGEST_INTEGER = 2**64
_NUMBER_LIKE = r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_SPACES = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace())  # that Python's strip takes off
_BLOCK = 1 << 15  # rows that are worked on in one go: they stay in the processor's cache, or few Python objects are alive
_SAMPLE, _MOSTLY = 50_000, 0.8  # texts that are looked at, and the share of different ones from which on each text is hashed as it comes
_SEPARATOR, _NULL = "\x1f", "\x00"  # as release 0.1.0 wrote cells


def mix(values: Hashes) -> Hashes:
    """SplitMix64's finaliser: every bit of the input changes half of the output's."""
    mixed = np.empty_like(values)
    for start in range(0, len(values), _BLOCK):
        block = values[start : start + _BLOCK] + np.uint64(0x9E3779B97F4A7C15)
        block ^= block >> np.uint64(30)
        block *= np.uint64(0xBF58476D1CE4E5B9)
        block ^= block >> np.uint64(27)
        block *= np.uint64(0x94D049BB133111EB)
        np.bitwise_xor(block, block >> np.uint64(31), out=mixed[start : start + _BLOCK])
    return mixed


def text_hash(text: str, salt: str) -> int:
    """BLAKE2b keyed with ``salt``."""
    return int(_text_hashes([text], salt)[0])


def _text_hashes(texts: Sequence[str], salt: str) -> Hashes:
    """(texts,): of each text its own hash, whether it came before or not."""
    keyed = hashlib.blake2b(digest_size=8, key=hashlib.sha256(salt.encode()).digest())

    def digest(text: str) -> bytes:
        state = keyed.copy()  # a third quicker than to give the key each time
        state.update(text.encode())
        return state.digest()

    return np.frombuffer(b"".join(map(digest, texts)), dtype=">u8").astype(np.uint64)


def hashes(values: Iterable[str], salt: str) -> Hashes:
    """(values,) uint64. Equal texts get equal hashes; another salt gives unrelated ones."""
    places: dict[str, int] = {}
    at = np.fromiter((places.setdefault(value, len(places)) for value in values), dtype=np.intp)
    return _text_hashes(list(places), salt)[at]


def uniform(names: Hashes, salt: str) -> NDArray[np.float64]:
    """Numbers in [0, 1) that depend on the hash and ``salt`` alone."""
    mixed = mix(names ^ np.uint64(text_hash("uniform", salt)))
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def cell_hashes(column: pl.Series, salt: str) -> Hashes:
    """(rows,): the cells of one column; equal cells of two columns get unrelated hashes, because the column's name is part of the salt."""
    return mix(_values(column.alias("cells")) ^ np.uint64(text_hash(column.name, salt)))


def _values(column: pl.Series) -> Hashes:
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
    bits ^= _NUMBERS
    result = mix(bits)
    result[np.isnan(values)] = _MISSING
    return result


def _integers(column: pl.Series) -> Hashes:
    """As floats, unless a float can't hold them."""
    floats = column.cast(pl.Float64).to_numpy()  # NaN where there is none
    result = _floats(floats)
    large = np.abs(floats) >= _LARGEST_EXACT
    if large.any():
        result[large] = [_of_integer(value) for value in column.filter(pl.Series(large)).to_list()]
    return result


def _of_integer(value: int) -> np.uint64:
    if abs(value) < _LARGEST_INTEGER and int(float(value)) == value:
        return _of_float(float(value))
    return np.uint64(text_hash(str(value), "integer"))


def _of_float(value: float) -> np.uint64:
    return np.uint64(_floats(np.array([value]))[0])


def _times(column: pl.Series) -> Hashes:
    """Microseconds; a date is its midnight."""
    if column.dtype == pl.Date:
        column = column.cast(pl.Datetime("us"))
    elif isinstance(column.dtype, pl.Datetime | pl.Duration):
        column = column.dt.cast_time_unit("us")
    missing = column.is_null().to_numpy()
    ticks = column.to_physical().cast(pl.Int64).fill_null(0).to_numpy().astype(np.int64).view(np.uint64)
    return np.where(missing, _MISSING, mix(ticks ^ _TIMES))


def _of_distinct(column: pl.Series) -> Hashes:
    """Texts, truth values and what no model reads: every distinct value is looked at once, unless nearly all are distinct."""
    if column.dtype == pl.Boolean or isinstance(column.dtype, pl.Categorical | pl.Enum):
        column = column.cast(pl.String)
    if column.dtype != pl.String:
        column = pl.Series([_as_text(value) for value in column.to_list()], dtype=pl.String)
    sample = column.gather_every(max(1, len(column) // _SAMPLE))
    if sample.n_unique() > _MOSTLY * len(sample):
        return _of_texts(column)
    distinct = column.unique()
    named = pl.Series(_of_texts(distinct), dtype=pl.UInt64)
    return column.replace_strict(distinct, named, return_dtype=pl.UInt64).to_numpy()


def _of_texts(texts: pl.Series) -> Hashes:
    """(texts,): block by block, because a Python string takes several times the room of its letters."""
    result = np.empty(len(texts), dtype=np.uint64)
    for start in range(0, len(texts), _BLOCK):
        result[start : start + _BLOCK] = _of_block(texts[start : start + _BLOCK])
    return result


def _of_block(texts: pl.Series) -> Hashes:
    """A text that is written as a number has the hash of the number; outer spaces don't count."""
    texts = texts.fill_null("").str.strip_chars(_SPACES)
    is_number = texts.str.contains(_NUMBER_LIKE).to_numpy()
    result = np.full(len(texts), _MISSING)
    result[is_number] = _of_numbers(texts.filter(is_number).to_list())
    others = ~is_number & (texts != "").to_numpy()
    result[others] = _text_hashes(texts.filter(others).to_list(), "text") ^ _TEXTS
    return result


def _of_numbers(texts: Sequence[str]) -> Hashes:
    """Texts that are written as numbers: as the numbers they are."""
    values = np.array([float(text) for text in texts], dtype=np.float64)
    result = _floats(values)
    for at in np.flatnonzero(np.abs(values) >= _LARGEST_EXACT).tolist():
        if _INTEGER.fullmatch(texts[at]):
            result[at] = _of_integer(int(texts[at]))
    return result


def _as_text(value: object) -> str | None:
    if value is None:
        return None
    plain = value.to_list() if hasattr(value, "to_list") else value
    return json.dumps(plain, sort_keys=True, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    return value.to_list() if hasattr(value, "to_list") else str(value)


def hash_rows_of_0_1_0(table: pl.DataFrame, columns: Sequence[str], model: str) -> Hashes:
    """(rows,) uint64: equal rows have equal ones. ``columns`` in the order that was stored."""
    return hashes(_contents(table, columns), f"{model}|{'|'.join(columns)}")


def _contents(table: pl.DataFrame, columns: Sequence[str]) -> list[str]:
    parts = []
    for name in columns:
        column = pl.col(name).cast(pl.Float64) if table.schema[name].is_numeric() else pl.col(name)
        if table.schema[name].is_nested():
            column = pl.col(name).map_elements(lambda value: repr(value.to_list() if isinstance(value, pl.Series) else value), pl.String)
        parts.append(column.cast(pl.String).fill_null(_NULL))
    return table.select(pl.concat_str(parts, separator=_SEPARATOR)).to_series().to_list()
