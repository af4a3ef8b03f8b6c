"""Features of many rows in one matrix: dense, or sparse where most of them are zeros."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
from modelyard_api.catalogue.column_types import BlockKind
from modelyard_model.columns.column import Block, Matrix
from modelyard_model.preparation import Preparation
from numpy.typing import NDArray

Features = Any  # (rows, features) float64: an array, or scipy.sparse.csr_array, which comes without types
_ROWS_AT_ONCE = 50_000  # bounds what Python's own lists of cells take
_LEAST_CELLS = 20_000_000  # rows times features: 160 MB of a dense matrix
_MOST_SHARE = 0.2  # of the features that may be other than zero: a sparse one takes 12 bytes, a dense one 8


def raw_columns(frame: pl.DataFrame, names: Sequence[str]) -> dict[str, Sequence[object] | NDArray[np.float64]]:
    """Canonical columns as a request brings them: numbers with NaN, texts with None for missing."""
    return {name: frame[name].to_list() if frame[name].dtype == pl.String else frame[name].to_numpy() for name in names}


def features_of(preparation: Preparation, frame: pl.DataFrame, takes: frozenset[BlockKind]) -> Features:
    """What ``transform`` gives; sparse where the architecture takes that and it is much smaller."""
    if BlockKind.SPARSE in takes and _is_worth_it(preparation, frame):
        return _sparse(preparation, frame)
    out: Matrix = np.empty((frame.height, len(preparation.feature_names)))
    for start, rows in _slices(preparation, frame):
        part = preparation.transform(rows)
        out[start : start + len(part)] = part
    return out


def replaced(features: Features, places: Sequence[int], block: Block) -> Features:
    """With other values of some features."""
    if isinstance(features, np.ndarray):
        features[:, places] = block.dense()
        return features
    from scipy import sparse  # noqa: PLC0415  takes a quarter of a second

    kept = np.setdiff1d(np.arange(features.shape[1]), places)
    joined = sparse.hstack([features[:, kept], sparse.csr_array(block.dense())], format="csr")
    return joined[:, np.argsort(np.concatenate([kept, places]))]


def _slices(preparation: Preparation, frame: pl.DataFrame) -> Iterator[tuple[int, dict[str, Any]]]:
    names = [item.name for item in preparation.inputs]
    for start in range(0, frame.height, _ROWS_AT_ONCE):
        yield start, raw_columns(frame[start : start + _ROWS_AT_ONCE], names)


def _is_worth_it(preparation: Preparation, frame: pl.DataFrame) -> bool:
    width = len(preparation.feature_names)
    if frame.height * width < _LEAST_CELLS:
        return False
    blocks = preparation.blocks(raw_columns(frame[:1], [item.name for item in preparation.inputs]))
    entries: int = sum(block.values.shape[1] for block in blocks)
    return entries <= _MOST_SHARE * width


def _sparse(preparation: Preparation, frame: pl.DataFrame) -> Features:
    from scipy import sparse  # noqa: PLC0415  takes a quarter of a second

    parts = [_sparse_part(preparation.blocks(rows)) for _, rows in _slices(preparation, frame)]
    return sparse.vstack(parts, format="csr")


def _sparse_part(blocks: Sequence[Block]) -> Features:
    """Every block gives each row as many entries as its values are wide; positions below 0 are none."""
    from scipy import sparse  # noqa: PLC0415  a quarter of a second

    places, values, at = [], [], 0
    for block in blocks:
        if block.kind is BlockKind.SPARSE:
            places.append(np.where(block.values >= 0, block.values + at, -1))
            values.append(np.ones(block.values.shape))
        else:
            places.append(np.broadcast_to(np.arange(at, at + block.width), block.values.shape))
            values.append(block.values)
        at += block.width
    place, value = np.hstack(places), np.hstack(values)
    entries = (place >= 0) & (value != 0)
    starts = np.concatenate([[0], np.cumsum(entries.sum(axis=1))])
    return sparse.csr_array((value[entries], place[entries].astype(np.int32), starts.astype(np.int32)), shape=(len(place), at))
