"""Fits scikit-learn's estimators: the linear model, the forest, gradient boosting, and the baseline that knows no features.

Boosting splits missing numbers and categories as such. There is no early stopping: the number of trees is a parameter, and every row is
fitted to.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from modelyard_api.catalogue.parameters import Value
from modelyard_api.catalogue.tasks import Task
from modelyard_model.estimator import EstimatorPredictor
from modelyard_model.tabular_model import Prediction
from modelyard_model.trees import CODES, Trees, TreesPredictor
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from modelyard_jobs.fitting.problem import Examples, Learned, Problem


def fit_linear(parameters: Mapping[str, Value], problem: Problem, train: Examples, *_: object) -> Learned:
    """Logistic regression, or ridge regression of a standardised target; may warn that it did not converge."""
    strength = float(parameters["C"])
    estimator = LogisticRegression(C=strength, max_iter=2000) if problem.classes else Ridge(alpha=1 / strength)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        learned = _fitted(estimator, problem, train)
    slow = any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
    return Learned(learned.predictor, notes=("Linear did not converge; a smaller C makes it easier",) if slow else ())


def fit_forest(parameters: Mapping[str, Value], problem: Problem, train: Examples, *_: object) -> Learned:
    """A random forest."""
    forest = RandomForestClassifier if problem.classes else RandomForestRegressor
    estimator = forest(**parameters, random_state=problem.training.seed, n_jobs=-1)  # as many as the container may use
    return _fitted(estimator, problem, train)


def _fitted(estimator: Any, problem: Problem, train: Examples) -> Learned:
    estimator.fit(train.features, train.target)
    return Learned(EstimatorPredictor(estimator, len(problem.classes)))


def fit_boosting(parameters: Mapping[str, Value], problem: Problem, train: Examples, *_: object) -> Learned:
    """Trees of the log-odds of each class (of the second where there are two), or of a standardised value."""
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


@dataclass(frozen=True)
class Baseline:
    """Predicts the same for every row."""

    task: Task
    classes: tuple[str, ...]
    output: NDArray[np.float64]  # probabilities (classes,), or the mean (0-dimensional)

    def predict(self, rows: int) -> Prediction:
        """The prediction for ``rows`` rows, whatever they are."""
        return Prediction(self.task, self.classes, np.broadcast_to(self.output, (rows, *self.output.shape)).copy())


def fit_baseline(problem: Problem, target: NDArray[np.float64] | NDArray[np.int64]) -> Baseline:
    """``target`` of the training split."""
    return Baseline(problem.task, problem.classes, problem.head.baseline(target))
