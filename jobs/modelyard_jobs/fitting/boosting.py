"""Gradient boosting: fitted with scikit-learn's histogram gradient boosting, kept as arrays of its trees.

Missing numbers and categories are split as such. There is no early stopping: the number of trees is a parameter, and every row is fitted to.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from modelyard_api.catalogue.parameters import Value
from modelyard_model.trees import CODES, Trees, TreesPredictor
from numpy.typing import NDArray

from modelyard_jobs.fitting.examples import Examples
from modelyard_jobs.fitting.problem import Learned, Problem


def fit_boosting(parameters: Mapping[str, Value], problem: Problem, train: Examples, *_: object) -> Learned:
    """Trees of the log-odds of each class (of the second where there are two), or of a standardised value."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # noqa: PLC0415  takes a second

    kind = HistGradientBoostingClassifier if problem.classes else HistGradientBoostingRegressor
    categorical = np.array(train.categorical, dtype=np.bool_)
    estimator = kind(
        **parameters,
        categorical_features=categorical if categorical.any() else None,
        early_stopping=False,
        random_state=problem.training.seed,
    )
    estimator.fit(train.features, train.target)
    return Learned(TreesPredictor(trees_of(estimator, categorical), len(problem.classes)))


def trees_of(estimator: Any, categorical: NDArray[np.bool_]) -> Trees:
    """The trees of a fitted HistGradientBoosting estimator, without what is only needed to fit them. ``categorical`` (features,): which are codes."""
    iterations: Sequence[Sequence[Any]] = estimator._predictors
    trees = [tree for iteration in iterations for tree in iteration]
    sizes = [len(tree.nodes) for tree in trees]
    starts = np.cumsum([0, *sizes[:-1]])
    nodes, shift = np.concatenate([tree.nodes for tree in trees]), np.repeat(starts, sizes)
    inner, by_category = nodes["is_leaf"] == 0, (nodes["is_categorical"] == 1) & (nodes["is_leaf"] == 0)
    order = np.concatenate([np.flatnonzero(categorical), np.flatnonzero(~categorical)])  # scikit-learn puts categories first
    splits = np.where(by_category, np.cumsum(by_category) - 1, -1)
    rights = [_rights(estimator, node, bits) for tree in trees for node, bits in _category_splits(tree)]
    return Trees(
        feature=np.where(inner, order[np.where(inner, nodes["feature_idx"], 0)], -1).astype(np.int32),
        threshold=np.where(inner & ~by_category, nodes["num_threshold"], 0.0).astype(np.float64),
        missing_right=(inner & (nodes["missing_go_to_left"] == 0)).astype(np.uint8),
        splits=splits.astype(np.int32),
        rights=np.array(rights, dtype=np.uint8).reshape(-1, CODES),
        left=np.where(inner, nodes["left"] + shift, 0).astype(np.int32),
        right=np.where(inner, nodes["right"] + shift, 0).astype(np.int32),
        value=nodes["value"].astype(np.float64),
        roots=starts.astype(np.int32),
        baseline=np.asarray(estimator._baseline_prediction, dtype=np.float64).ravel(),
        present=np.asarray(getattr(estimator, "classes_", ()), dtype=np.int32),
        width=np.array([len(categorical)], dtype=np.int32),
    )


def _category_splits(tree: Any) -> Iterator[tuple[Any, NDArray[np.uint32]]]:
    for node in tree.nodes:
        if node["is_categorical"] and not node["is_leaf"]:
            yield node, tree.raw_left_cat_bitsets[node["bitset_idx"]]


def _rights(estimator: Any, node: Any, bits: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """(CODES,): which of our codes go right; those that it never saw, and missing ones, go where missing ones go."""
    right = np.full(CODES, node["missing_go_to_left"] == 0)
    known = estimator._preprocessor.named_transformers_["encoder"].categories_[int(node["feature_idx"])]
    for position, code in enumerate(known):
        if not np.isnan(code):
            right[int(code)] = not (int(bits[position // 32]) >> (position % 32)) & 1
    return right
