"""Means of the target by category: shrunken as chance demands, and never known to the row whose target is in them."""

import numpy as np
import polars as pl
import pytest
from modelyard_api.catalogue.column_types import BlockKind
from modelyard_api.data import ColumnType, MissingMethod
from modelyard_jobs.columns.categorical import MOST_FEATURES
from modelyard_jobs.columns.column_training import KnownTarget
from modelyard_jobs.columns.target_means import FOLDS, shrunken_means, training_folds
from modelyard_jobs.fitting import ColumnPlan, PlannedColumn, fit_preparation
from modelyard_jobs.fitting.preparing import VECTORS, training_features
from modelyard_model.columns.categorical import CategoricalColumn, Target
from modelyard_model.preparation import Preparation
from numpy.typing import NDArray

CATEGORIES = 2 * MOST_FEATURES
PLAN = ColumnPlan((PlannedColumn("shop", ColumnType.CATEGORICAL, MissingMethod.MOST_FREQUENT),))


def shops(codes: NDArray[np.intp]) -> pl.DataFrame:
    return pl.DataFrame({"shop": pl.Series([None if code < 0 else f"s{code:04}" for code in codes], dtype=pl.String)})


def known(target: NDArray[np.int64], classes: int = 2, groups: NDArray[np.intp] | None = None) -> KnownTarget:
    return KnownTarget.of(target, tuple(f"k{i}" for i in range(classes)), np.arange(len(target)) if groups is None else groups, 0)


def drawn(rows: int, effect: float, seed: int = 0, categories: int = CATEGORIES) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, categories, rows)
    logits = effect * generator.normal(size=categories)[codes]
    return codes, (logits + generator.logistic(size=rows) > 0).astype(np.int64)


def auc(feature: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415

    return float(roc_auc_score(truth, feature))


def encoding(fitted: Preparation) -> Target:
    (column,) = fitted.document.columns
    assert isinstance(column, CategoricalColumn)
    assert isinstance(column.encoding, Target)
    return column.encoding


# how means are shrunken


def test_means_recover_what_categories_do_better_than_means_alone() -> None:
    generator = np.random.default_rng(0)
    effects, codes = generator.normal(size=300), generator.integers(0, 300, 1500)
    target = effects[codes] + 2 * generator.normal(size=1500)
    shrunken, _ = shrunken_means(codes, target[:, None], 300)
    counts = np.bincount(codes, minlength=300)
    plain = np.bincount(codes, target - target.mean(), 300) / np.maximum(counts, 1)
    errors = [float(((estimate - effects) ** 2)[counts > 0].mean()) for estimate in (shrunken[:, 0], plain)]
    assert errors[0] < 0.7 * errors[1]


def test_the_shrinkage_is_that_of_a_random_effect() -> None:
    """Balanced: the variances are those of a one-way analysis of variance by hand."""
    target = np.array([1.0, 3.0, 5.0, 7.0, 9.0, 11.0])
    deviations, prior = shrunken_means(np.array([0, 0, 1, 1, 2, 2]), target[:, None], 4)
    within, between = 2.0, (32.0 - 2.0) / 2
    assert prior == [6.0]
    np.testing.assert_allclose(deviations[:, 0], np.array([-4, 0, 4, 0]) * 2 * between / (2 * between + within))


@pytest.mark.parametrize("codes", [np.zeros(6, dtype=np.intp), np.arange(6), np.full(6, -1)])
def test_where_nothing_tells_categories_from_chance_all_are_alike(codes: NDArray[np.intp]) -> None:
    deviations, _ = shrunken_means(codes, np.arange(6.0)[:, None], 6)
    assert not deviations.any()


def test_two_rows_that_agree_by_chance_are_not_believed() -> None:
    codes, target = drawn(4000, effect=0.3)
    codes[:2], target[:2] = CATEGORIES, 1
    deviations, _ = shrunken_means(codes, target.astype(np.float64)[:, None], CATEGORIES + 1)
    assert abs(deviations[CATEGORIES, 0]) < 0.1


# which columns have it


@pytest.mark.parametrize(("categories", "is_target"), [(MOST_FEATURES, False), (MOST_FEATURES + 1, True)])
def test_many_categories_are_means_of_the_target(categories: int, is_target: bool) -> None:
    codes, target = np.arange(categories).repeat(4), np.tile([0, 0, 1, 1], categories)
    (column,) = fit_preparation(shops(codes), PLAN, VECTORS, known(target)).document.columns
    assert isinstance(column, CategoricalColumn)
    assert isinstance(column.encoding, Target) is is_target


def test_codes_go_before_means() -> None:
    codes, target = drawn(3000, 1.0)
    fitted = fit_preparation(shops(codes), PLAN, VECTORS | {BlockKind.CODES}, known(target))
    assert fitted.categorical == (True,)


def test_new_rows_get_the_means_of_all_training_rows_and_unseen_ones_the_prior() -> None:
    codes, target = drawn(3000, 1.0)
    fitted = fit_preparation(shops(codes), PLAN, VECTORS, known(target))
    deviations, prior = shrunken_means(codes, target.astype(np.float64)[:, None], CATEGORIES)
    assert encoding(fitted).prior == pytest.approx(prior)
    features = fitted.transform({"shop": ["s0007", "never seen"]})
    assert features[:, 0] * encoding(fitted).scale[0] == pytest.approx([deviations[7, 0], 0.0])
    assert fitted.document.format == 3
    assert fitted.feature_names == ("shop mean of target",)


def test_of_more_classes_there_is_one_mean_each() -> None:
    generator = np.random.default_rng(0)
    codes, target = generator.integers(0, CATEGORIES, 3000), generator.integers(0, 3, 3000)
    fitted = fit_preparation(shops(codes), PLAN, VECTORS, known(target, classes=3))
    assert fitted.feature_names == tuple(f"shop mean of target = k{i}" for i in range(3))
    assert sum(encoding(fitted).prior) == pytest.approx(1.0)


def test_a_regression_has_the_mean_of_its_values() -> None:
    codes, _ = drawn(3000, 1.0)
    values = 1e6 + codes.astype(np.float64)
    target = KnownTarget.of(values, (), np.arange(3000), 0)
    fitted = fit_preparation(shops(codes), PLAN, VECTORS, target)
    assert np.corrcoef(fitted.transform({"shop": shops(codes)["shop"].to_list()})[:, 0], values)[0, 1] > 0.999


def test_missing_takes_its_fill_and_its_indicator() -> None:
    codes, target = drawn(3000, 1.0)
    codes[:300] = -1
    fitted = fit_preparation(shops(codes), PLAN, VECTORS, known(target))
    (column,) = fitted.document.columns
    assert isinstance(column, CategoricalColumn)
    features = fitted.transform({"shop": [None, column.missing.fill]})
    assert features[:, 0].tolist() == [1.0, 0.0]
    assert features[0, 1] == features[1, 1]
    assert training_features(fitted, shops(codes), known(target))[:, 0].sum() == 300


# what must not leak


@pytest.mark.parametrize("rows", [1000, 3000])
def test_a_column_of_chance_has_no_skill_on_the_rows_it_was_fitted_on(rows: int) -> None:
    """Over 40 tables: means of all rows would give a ROC-AUC of 0.7 to 0.9 there."""
    skill, naive = [], []
    for seed in range(40):
        codes, target = drawn(rows, 0.0, seed)
        fitted = fit_preparation(shops(codes), PLAN, VECTORS, known(target))
        means = np.bincount(codes, target, CATEGORIES) / np.maximum(np.bincount(codes, minlength=CATEGORIES), 1)
        skill.append(auc(training_features(fitted, shops(codes), known(target))[:, 0], target))
        naive.append(auc(means[codes], target))
    assert np.mean(naive) > 0.65
    assert abs(np.mean(skill) - 0.5) < 3 * np.std(skill) / np.sqrt(len(skill)) + 0.003


def test_rows_of_one_group_do_not_tell_each_other() -> None:
    """Every group has one target and one shop: where its rows are in several folds, they give it away."""
    codes, target = drawn(1500, 0.0)
    groups = np.arange(1500).repeat(4)
    together = known(target.repeat(4), groups=groups)
    fitted = fit_preparation(shops(codes.repeat(4)), PLAN, VECTORS, together)
    assert abs(auc(training_features(fitted, shops(codes.repeat(4)), together)[:, 0], target.repeat(4)) - 0.5) < 0.05


def test_a_column_that_says_something_says_it_on_both_sides() -> None:
    codes, target = drawn(6000, 1.5)
    fitted = fit_preparation(shops(codes[:3000]), PLAN, VECTORS, known(target[:3000]))
    inside = auc(training_features(fitted, shops(codes[:3000]), known(target[:3000]))[:, 0], target[:3000])
    outside = auc(fitted.transform({"shop": shops(codes[3000:])["shop"].to_list()})[:, 0], target[3000:])
    assert inside > 0.7
    assert abs(inside - outside) < 0.03


def test_no_rows_target_is_in_its_own_features() -> None:
    codes, target = drawn(3000, 1.0)
    fitted = fit_preparation(shops(codes), PLAN, VECTORS, known(target))
    one = known(target)
    before = training_features(fitted, shops(codes), one)
    changed = KnownTarget(one.values.copy(), one.names, one.groups, one.seed)
    changed.__dict__["folds"] = one.folds  # the same folds, to change nothing else
    changed.values[5] = 1 - changed.values[5]
    after = training_features(fitted, shops(codes), changed)
    same_fold = one.folds == one.folds[5]
    np.testing.assert_array_equal(before[same_fold], after[same_fold])
    assert (before[~same_fold] != after[~same_fold]).any()


# folds


def test_folds_keep_groups_whole_and_targets_alike() -> None:
    generator = np.random.default_rng(0)
    groups = generator.integers(0, 500, 5000)
    target = (generator.random(500) < 0.3)[groups].astype(np.float64)
    folds = training_folds(target, groups, 0)
    assert all(len(np.unique(folds[groups == group])) == 1 for group in np.unique(groups))
    assert set(folds) == set(range(FOLDS))
    assert np.ptp([target[folds == fold].mean() for fold in range(FOLDS)]) < 0.1


def test_folds_are_the_same_each_time() -> None:
    target, groups = np.arange(100.0) % 2, np.arange(100)
    np.testing.assert_array_equal(training_folds(target, groups, 3), training_folds(target, groups, 3))
    assert (training_folds(target, groups, 3) != training_folds(target, groups, 4)).any()
