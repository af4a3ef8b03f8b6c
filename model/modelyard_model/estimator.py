"""scikit-learn estimators as ``estimator.skops``: no pickle, and only the types that are listed here are ever constructed."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelyard_model.errors import ModelFilesInvalid
from modelyard_model.heads import Head

FILE = "estimator.skops"
# Ours, never the list that comes with a model: whoever writes a model could write that list too.
TRUSTED_TYPES = (
    "sklearn.ensemble._forest.RandomForestClassifier",
    "sklearn.ensemble._forest.RandomForestRegressor",
    "sklearn.linear_model._logistic.LogisticRegression",
    "sklearn.linear_model._ridge.Ridge",
    "sklearn.tree._classes.DecisionTreeClassifier",
    "sklearn.tree._classes.DecisionTreeRegressor",
    "sklearn.tree._tree.Tree",
)
_CLASSIFIERS = frozenset({"LogisticRegression", "RandomForestClassifier"})
_REGRESSORS = frozenset({"Ridge", "RandomForestRegressor"})


class EstimatorPredictor:
    """A fitted classifier (on class numbers 0 to ``classes`` - 1) or, with ``classes`` 0, a regressor."""

    def __init__(self, estimator: Any, classes: int) -> None:
        self._estimator = estimator
        self._classes = classes

    def outputs(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities (rows, classes), or standardised values (rows,)."""
        predictions = _forest_mean(self._estimator, features) if hasattr(self._estimator, "estimators_") else self._ask(features)
        if not self._classes:
            return predictions.reshape(len(features))
        out = np.zeros((len(features), self._classes))  # a class without training rows has probability 0
        out[:, self._estimator.classes_.astype(np.intp)] = predictions
        return out

    def _ask(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        answer = self._estimator.predict_proba if self._classes else self._estimator.predict
        return np.asarray(answer(features), dtype=np.float64)

    def save(self, folder: Path) -> None:
        """Writes ``estimator.skops``."""
        _skops().dump(self._estimator, folder / FILE)


def _forest_mean(forest: Any, features: NDArray[np.float64]) -> NDArray[np.float64]:
    """What ``predict_proba`` (or ``predict``) of a forest gives, to the last digit, without checking the same rows again for every tree.

    One row takes a tenth of the time. (rows, classes), or (rows, 1) for a regressor.
    """
    rows = np.ascontiguousarray(features, dtype=np.float32)
    total = sum(tree.tree_.predict(rows) for tree in forest.estimators_)
    return np.asarray(total / len(forest.estimators_), dtype=np.float64)


def _skops() -> Any:
    """``skops.io``, imported without its search for every estimator of scikit-learn.

    That search imports all modules of scikit-learn and PyTorch with them, half of a server's start, to fill a list of types that are trusted without
    that being known. With the list left empty only ours counts.
    """
    import sklearn.utils  # noqa: PLC0415  takes a second

    search = sklearn.utils.all_estimators
    sklearn.utils.all_estimators = lambda *_args, **_kwargs: []
    try:
        import skops.io  # noqa: PLC0415  a second
    finally:
        sklearn.utils.all_estimators = search
    return skops.io


def load_estimator(folder: Path, head: Head, _device: str | None = None) -> EstimatorPredictor:
    """Reads ``estimator.skops``; raises ModelFilesInvalid when it is damaged or holds anything but our estimators."""
    skops_io, classes = _skops(), len(head.classes)
    from skops.io.exceptions import UnsupportedTypeException, UntrustedTypesFoundException  # noqa: PLC0415  a second

    try:
        estimator = skops_io.load(folder / FILE, trusted=list(TRUSTED_TYPES))
    except FileNotFoundError:
        raise ModelFilesInvalid(f"{FILE} is not among the model's files") from None
    except (UntrustedTypesFoundException, UnsupportedTypeException) as error:
        raise ModelFilesInvalid(f"{FILE} holds types that are not trusted: {str(error)[:300]}") from None
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise ModelFilesInvalid(f"{FILE} is damaged: {str(error)[:300]}") from None
    if type(estimator).__name__ not in (_CLASSIFIERS if classes else _REGRESSORS):
        raise ModelFilesInvalid(f"{FILE} holds a {type(estimator).__name__}, not one of {', '.join(sorted(_CLASSIFIERS | _REGRESSORS))}")
    return EstimatorPredictor(estimator, classes)
