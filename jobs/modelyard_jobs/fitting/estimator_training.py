"""Linear models and forests, fitted with scikit-learn."""

import warnings
from collections.abc import Mapping
from typing import Any

from modelyard_api.catalogue.parameters import Value
from modelyard_model.estimator import EstimatorPredictor

from modelyard_jobs.fitting.examples import Examples
from modelyard_jobs.fitting.problem import Learned, Problem


def fit_linear(parameters: Mapping[str, Value], problem: Problem, train: Examples, *_: object) -> Learned:
    """Logistic regression, or ridge regression of a standardised target; may warn that it did not converge."""
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415  takes a second
    from sklearn.linear_model import LogisticRegression, Ridge  # noqa: PLC0415

    strength = float(parameters["C"])
    estimator = LogisticRegression(C=strength, max_iter=2000) if problem.classes else Ridge(alpha=1 / strength)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        learned = _fitted(estimator, problem, train)
    slow = any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
    return Learned(learned.predictor, notes=("Linear did not converge; a smaller C makes it easier",) if slow else ())


def fit_forest(parameters: Mapping[str, Value], problem: Problem, train: Examples, *_: object) -> Learned:
    """A random forest."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor  # noqa: PLC0415

    forest = RandomForestClassifier if problem.classes else RandomForestRegressor
    estimator = forest(**parameters, random_state=problem.training.seed, n_jobs=-1)  # as many as the container may use
    return _fitted(estimator, problem, train)


def _fitted(estimator: Any, problem: Problem, train: Examples) -> Learned:
    estimator.fit(train.features, train.target)
    return Learned(EstimatorPredictor(estimator, len(problem.classes)))
