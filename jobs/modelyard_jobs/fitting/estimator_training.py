"""Linear models and forests, fitted with scikit-learn."""

import math
import warnings
from collections.abc import Mapping
from typing import Any

from modelyard_api.architectures import Architecture
from modelyard_model.estimator import EstimatorPredictor

from modelyard_jobs.fitting.examples import Examples

_ROWS_PER_LEAF = 5000  # a default leaf has at least this fraction of the rows: keeps forests on large tables to megabytes


def scaled_defaults(architecture: Architecture, rows: int) -> dict[str, object]:
    """Defaults that depend on the number of training rows."""
    if architecture is Architecture.RANDOM_FOREST and rows > 5 * _ROWS_PER_LEAF:
        return {"min_samples_leaf": min(math.ceil(rows / _ROWS_PER_LEAF), 100000)}
    return {}


def fit_estimator(
    architecture: Architecture,
    parameters: Mapping[str, float],
    examples: Examples,
    classes: int,
    seed: int,
) -> tuple[EstimatorPredictor, tuple[str, ...]]:
    """``classes`` 0: regression on a standardised target. Also gives warnings for the reader."""
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415  takes a second

    estimator = _build(architecture, parameters, bool(classes), seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        estimator.fit(examples.features, examples.target)
    slow = any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
    notes = (f"{architecture} did not converge; a smaller C makes it easier",) if slow else ()
    return EstimatorPredictor(estimator, classes), notes


def _build(architecture: Architecture, parameters: Mapping[str, float], classification: bool, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression, Ridge  # noqa: PLC0415

    if architecture is Architecture.RANDOM_FOREST:
        forest = RandomForestClassifier if classification else RandomForestRegressor
        return forest(**parameters, random_state=seed, n_jobs=-1)  # as many as the container may use
    if classification:
        return LogisticRegression(C=parameters["C"], max_iter=2000)
    return Ridge(alpha=1 / parameters["C"])
