"""Gradient boosting answers as scikit-learn does, from arrays of its own, with missing values and categories, and refuses files that are no trees."""

from pathlib import Path

import numpy as np
import pytest
from modelyard_api.catalogue.tasks import Task
from modelyard_jobs.fitting.estimators import trees_of
from modelyard_model.errors import ModelFilesInvalid
from modelyard_model.heads import head_of
from modelyard_model.trees import FILE, TreesPredictor, load_trees
from safetensors.numpy import load_file, save_file
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

CATEGORICAL = np.array([False, True, False, True, False])


def rows(count: int, seed: int) -> np.ndarray:
    """Numbers with gaps beside codes of 40 and of 4 categories, of which some are missing."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(count, 5))
    features[:, 1], features[:, 3] = random.integers(0, 40, count), random.integers(0, 4, count)
    features[random.random(features.shape) < 0.15] = np.nan
    return features


def signal(features: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(9).normal(size=len(features))
    known = np.nan_to_num(features)
    return known[:, 0] * (known[:, 3] == 1) + (known[:, 1] % 3) + np.isnan(features[:, 2]) + 0.3 * noise


def fitted(classes: int, categorical: np.ndarray = CATEGORICAL, **parameters: object):
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    features = rows(900, seed=1)
    wanted = signal(features)
    target = np.digitize(wanted, np.quantile(wanted, np.arange(1, classes) / classes)) if classes else wanted
    mask = categorical if categorical.any() else None
    return kind(categorical_features=mask, early_stopping=False, max_iter=30, **parameters).fit(features, target)


def answers(estimator: object, features: np.ndarray, classes: int) -> np.ndarray:
    return estimator.predict_proba(features) if classes else estimator.predict(features)  # type: ignore[attr-defined]


@pytest.mark.parametrize("classes", [0, 2, 3])
@pytest.mark.parametrize("categorical", [CATEGORICAL, np.zeros(5, dtype=bool)])
def test_it_answers_as_scikit_learn_also_after_it_was_stored(classes: int, categorical: np.ndarray, tmp_path: Path) -> None:
    estimator = fitted(classes, categorical)
    predictor = TreesPredictor(trees_of(estimator, categorical), classes)
    predictor.save(tmp_path)
    loaded = load_trees(tmp_path, head(classes))
    asked = rows(500, seed=2)
    wanted = answers(estimator, asked, classes)
    for one in (predictor, loaded):
        np.testing.assert_allclose(one.outputs(asked), wanted, rtol=0, atol=1e-13)
        np.testing.assert_array_equal(np.concatenate([one.outputs(asked[i : i + 1]) for i in range(50)]), one.outputs(asked)[:50])


def head(classes: int):
    return head_of(Task.CLASSIFICATION, tuple(map(str, range(classes)))) if classes else head_of(Task.REGRESSION)


def test_sums_are_scikit_learns_to_the_last_digit() -> None:
    estimator = fitted(0)
    asked = rows(3000, seed=3)
    np.testing.assert_array_equal(TreesPredictor(trees_of(estimator, CATEGORICAL), 0).outputs(asked), estimator.predict(asked))


def test_what_was_never_seen_goes_where_missing_values_go() -> None:
    estimator = fitted(2)
    predictor = TreesPredictor(trees_of(estimator, CATEGORICAL), 2)
    asked = rows(200, seed=4)
    unseen, missing = asked.copy(), asked.copy()
    unseen[:, 1], missing[:, 1] = 77, np.nan
    np.testing.assert_array_equal(predictor.outputs(unseen), predictor.outputs(missing))
    np.testing.assert_allclose(predictor.outputs(unseen), estimator.predict_proba(unseen), atol=1e-13)


def test_large_numbers_and_certain_answers_stay_finite() -> None:
    predictor = TreesPredictor(trees_of(fitted(2, learning_rate=1.0), CATEGORICAL), 2)
    asked = rows(50, seed=5)
    asked[:, 0] = 1e30
    out = predictor.outputs(asked)
    assert np.isfinite(out).all()
    np.testing.assert_allclose(out.sum(axis=1), 1)


def test_a_class_without_rows_has_no_probability() -> None:
    features = rows(300, seed=6)
    target = np.where(signal(features) > 1, 2, 0)
    estimator = HistGradientBoostingClassifier(categorical_features=CATEGORICAL, max_iter=5).fit(features, target)
    out = TreesPredictor(trees_of(estimator, CATEGORICAL), 4).outputs(features)
    np.testing.assert_allclose(out[:, [0, 2]], estimator.predict_proba(features), atol=1e-13)
    assert not out[:, [1, 3]].any()


@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        ("left", lambda a: a * 0, "child that doesn't follow"),
        ("right", lambda a: a + len(a), "child that doesn't follow"),
        ("feature", lambda a: np.where(a >= 0, 99, a).astype(a.dtype), "feature that there is not"),
        ("value", lambda a: a[:-1], "not equally long"),
        ("roots", lambda a: a - 1, "roots do not fit"),
        ("rights", lambda a: np.ascontiguousarray(a[:, :7]), "categories do not fit"),
        ("present", lambda a: a + 1, "not those of the model's classes"),
        ("threshold", lambda a: a.astype(np.float32), "threshold is float32"),
    ],
)
def test_a_damaged_file_is_refused(name: str, damage, words: str, tmp_path: Path) -> None:
    TreesPredictor(trees_of(fitted(2), CATEGORICAL), 2).save(tmp_path)
    arrays = load_file(tmp_path / FILE)
    save_file(arrays | {name: damage(arrays[name])}, tmp_path / FILE)
    with pytest.raises(ModelFilesInvalid, match=words):
        load_trees(tmp_path, head(2))


def test_a_file_that_is_missing_or_cut_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFilesInvalid, match="is not among"):
        load_trees(tmp_path, head(2))
    TreesPredictor(trees_of(fitted(2), CATEGORICAL), 2).save(tmp_path)
    (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes()[:-100])
    with pytest.raises(ModelFilesInvalid, match="is damaged"):
        load_trees(tmp_path, head(2))
    arrays_missing = {"value": np.zeros(3)}
    save_file(arrays_missing, tmp_path / FILE)
    with pytest.raises(ModelFilesInvalid, match="it holds value"):
        load_trees(tmp_path, head(2))
