"""Boosted trees as arrays, ``trees.safetensors``: NumPy alone predicts, without scikit-learn.

What a node asks of a row is one comparison. Rows are laid out so that missing values and categories need no other: a number comes twice, with what is
missing at minus infinity (nodes that send it left) and at infinity (right), and every node that splits categories has a feature of its own, 1 where the
row's category goes right. All trees go down one level at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from modelyard_model.errors import ModelFilesInvalid
from modelyard_model.heads import Head

FILE = "trees.safetensors"
CODES = 256  # of a category: 0 to 254, and the last one for what is missing or was never seen
_MISSING = CODES - 1
_FORMAT = "1"
_CELLS = 2**12  # rows times trees at once: what fits in a cache
Integers = NDArray[np.int32]


@dataclass(frozen=True)
class Trees:
    """The nodes of all trees, one after the other, children after their parents. A row goes right where its feature is above the threshold."""

    feature: Integers  # (nodes,): -1 of leaves; number of the feature, and of splits of categories too
    threshold: NDArray[np.float64]  # (nodes,)
    missing_right: NDArray[np.uint8]  # (nodes,): where a missing number goes
    splits: Integers  # (nodes,): row of ``rights``, -1 where no categories are split
    rights: NDArray[np.uint8]  # (splits, CODES): which categories go right
    left: Integers  # (nodes,)
    right: Integers  # (nodes,)
    value: NDArray[np.float64]  # (nodes,): of leaves
    roots: Integers  # (trees,): iteration by iteration, in each one tree for every raw output
    baseline: NDArray[np.float64]  # (raw outputs,): what the trees' values are added to
    present: Integers  # (raw outputs or 2,): the classes that the outputs are of; empty for a number
    width: Integers  # (1,): features of a row

    @classmethod
    def of(cls, arrays: dict[str, NDArray[Any]]) -> Self:
        """Raises ValueError where an array is missing, unknown, or of another kind."""
        kinds = {"threshold": np.float64, "value": np.float64, "baseline": np.float64, "missing_right": np.uint8, "rights": np.uint8}
        names = {each.name for each in fields(cls)}
        if set(arrays) != names:
            raise ValueError(f"it holds {', '.join(sorted(arrays))}")
        for name, array in arrays.items():
            if array.dtype != kinds.get(name, np.int32) or array.ndim != (2 if name == "rights" else 1):
                raise ValueError(f"{name} is {array.dtype} of {array.ndim} dimensions")
        return cls(**arrays)

    def problem(self) -> str | None:
        """What keeps the arrays from being trees, or None."""
        nodes, outputs = len(self.feature), len(self.baseline)
        if any(len(each) != nodes for each in (self.threshold, self.missing_right, self.splits, self.left, self.right, self.value)):
            return "arrays of nodes are not equally long"
        inner = np.flatnonzero(self.feature >= 0)
        children = np.concatenate([self.left[inner], self.right[inner]])
        if (children <= np.tile(inner, 2)).any() or (children >= nodes).any():
            return "a node has a child that doesn't follow it"
        if not outputs or len(self.roots) % outputs or (self.roots < 0).any() or (self.roots >= nodes).any():
            return "roots do not fit the nodes and outputs"
        if self.width.shape != (1,) or (self.feature >= self.width[0]).any() or (self.splits >= len(self.rights)).any():
            return "a node asks for a feature that there is not"
        return None if self.rights.shape[1:] == (CODES,) else "categories do not fit"


class TreesPredictor:
    """Sums of trees: log-odds of the second class, or of each class, or a standardised value."""

    def __init__(self, trees: Trees, classes: int) -> None:
        self.trees = trees
        self._classes = classes
        self._width = int(trees.width[0])
        inner, by_category = trees.feature >= 0, trees.splits >= 0
        at = np.where(by_category, 2 * self._width + trees.splits, trees.feature + self._width * trees.missing_right.astype(np.int32))
        self._at = np.where(inner, at, 0).astype(np.intp)
        bound = np.minimum(trees.threshold, np.finfo(np.float64).max)  # only what is missing is beyond an infinite threshold
        self._bound = np.where(inner, np.where(by_category, 0.5, bound), np.inf)
        itself = np.arange(len(inner))
        self._children = (
            np.column_stack([np.where(inner, trees.left, itself), np.where(inner, trees.right, itself)]).ravel().astype(np.intp)
        )
        self._roots = trees.roots.astype(np.intp)
        self._levels = _levels(trees)
        splitting = np.flatnonzero(by_category)
        features = np.zeros(len(trees.rights), dtype=np.intp)
        features[trees.splits[splitting]] = trees.feature[splitting]
        self._copied, self._split = features, np.arange(len(features))

    def outputs(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities (rows, classes), or standardised values (rows,)."""
        raw = np.concatenate(list(self._raw(features)))
        if not self._classes:
            return raw[:, 0]
        known = _probabilities(raw)
        out = np.zeros((len(features), self._classes))  # a class without training rows has probability 0
        out[:, self.trees.present.astype(np.intp)] = known
        return out

    def _raw(self, features: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
        at_once = max(1, _CELLS // max(1, len(self._roots)))
        for start in range(0, len(features), at_once):
            yield self._sums(features[start : start + at_once])

    def _sums(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """(rows, raw outputs): added up tree by tree, as scikit-learn does, to the last digit."""
        rows, outputs = len(features), len(self.trees.baseline)
        values = self.trees.value[self._leaves(self._laid_out(features))].reshape(rows, -1, outputs)
        start = np.broadcast_to(self.trees.baseline, (rows, 1, outputs))
        sums: NDArray[np.float64] = np.cumsum(np.concatenate([start, values], axis=1), axis=1)[:, -1]
        return sums

    def _laid_out(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        missing = np.isnan(features)
        laid_out = np.empty((len(features), 2 * self._width + len(self._copied)))
        laid_out[:, : self._width] = np.where(missing, -np.inf, features)
        laid_out[:, self._width : 2 * self._width] = np.where(missing, np.inf, features)
        if len(self._copied):
            wanted = features[:, self._copied]
            known = (wanted >= 0) & (wanted < _MISSING)
            codes = np.where(known, wanted, _MISSING).astype(np.intp)
            laid_out[:, 2 * self._width :] = self.trees.rights[self._split, codes]
        return laid_out

    def _leaves(self, rows: NDArray[np.float64]) -> NDArray[np.intp]:
        """(rows, trees): the leaf of each row in each tree."""
        flat, first = rows.ravel(), (np.arange(len(rows)) * rows.shape[1])[:, None]
        node = np.broadcast_to(self._roots, (len(rows), len(self._roots)))
        for _ in range(self._levels):
            goes_right = flat[first + self._at[node]] > self._bound[node]
            node = self._children[2 * node + goes_right]
        return node

    def save(self, folder: Path) -> None:
        """Writes ``trees.safetensors``."""
        arrays = {each.name: np.ascontiguousarray(getattr(self.trees, each.name)) for each in fields(Trees)}
        save_file(arrays, folder / FILE, metadata={"format": _FORMAT})


def _levels(trees: Trees) -> int:
    """The most steps from a root to a leaf."""
    level, deepest = trees.roots, 0
    while len(level := level[trees.feature[level] >= 0]):
        level, deepest = np.concatenate([trees.left[level], trees.right[level]]), deepest + 1
    return deepest


def _probabilities(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of two classes from the log-odds of the second, else from those of each."""
    if raw.shape[1] == 1:
        with np.errstate(over="ignore"):  # exp of a large number is infinite, and the probability 0
            second = 1 / (1 + np.exp(-raw))
        return np.hstack([1 - second, second])
    shifted = np.exp(raw - raw.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def load_trees(folder: Path, head: Head, _device: str | None = None) -> TreesPredictor:
    """Reads ``trees.safetensors``; raises ModelFilesInvalid when it is damaged or holds no trees."""
    try:
        trees = Trees.of(load_file(folder / FILE))
    except FileNotFoundError:
        raise ModelFilesInvalid(f"{FILE} is not among the model's files") from None
    except (SafetensorError, TypeError, ValueError, IndexError) as error:
        raise ModelFilesInvalid(f"{FILE} is damaged: {str(error)[:300]}") from None
    if problem := trees.problem() or _misfit(trees, len(head.classes)):
        raise ModelFilesInvalid(f"{FILE} is damaged: {problem}")
    return TreesPredictor(trees, len(head.classes))


def _misfit(trees: Trees, classes: int) -> str | None:
    outputs = max(2, len(trees.baseline)) if classes else 0
    fits = len(trees.present) == outputs and (trees.present >= 0).all() and (trees.present < max(1, classes)).all()
    return None if fits and (classes or len(trees.baseline) == 1) else "its outputs are not those of the model's classes"
