"""Every architecture learns what there is to learn, the same way each time, and says when it can't."""

import dataclasses
import math

import numpy as np
import polars as pl
import pytest
from modelyard_api.catalogue.architectures import ARCHITECTURES, Architecture, resolve_parameters
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.conditions import Reason
from modelyard_api.training_job import EarlyStopping, Optimizer, OptimizerName, Training
from modelyard_jobs.fitting import EpochReport, FittedModel, Problem, Rows, estimators, fit_baseline, fit_model, raw_columns, score
from modelyard_jobs.fitting.network_training import batch_size
from modelyard_jobs.termination import InvalidRequest

from tests.unit.fitting.penguins import mass_problem, mass_rows, species_problem, species_rows, thirds

CONCRETE = list(ARCHITECTURES)
SMALL = {Architecture.RANDOM_FOREST: {"n_estimators": 20}}


def fit(architecture: Architecture, problem: Problem, rows: Rows, **parameters: object) -> FittedModel:
    train, validation, _ = thirds(rows)
    return fit_model(architecture, parameters or SMALL.get(architecture, {}), problem, train, validation, lambda _: None)


def outputs(fitted: FittedModel, rows: Rows) -> np.ndarray:
    return fitted.model.predict(raw_columns(rows.features, rows.features.columns)).outputs


@pytest.mark.parametrize("architecture", CONCRETE)
def test_species_are_learned_from_raw_rows_with_missing_values(architecture: Architecture) -> None:
    test = thirds(species_rows())[2]
    fitted = fit(architecture, species_problem(), species_rows())
    assert score(Metric.F1_MACRO, test.target, outputs(fitted, test)) > 0.94
    assert fitted.model.classes == ("Adelie", "Chinstrap", "Gentoo")


@pytest.mark.parametrize("architecture", CONCRETE)
def test_body_mass_is_learned_in_grams(architecture: Architecture) -> None:
    train, _, test = thirds(mass_rows())
    fitted = fit(architecture, mass_problem(), mass_rows())
    trivial = fit_baseline(mass_problem(), train.target).predict(len(test)).outputs
    assert score(Metric.RMSE, test.target, outputs(fitted, test)) < 0.6 * score(Metric.RMSE, test.target, trivial)


@pytest.mark.parametrize("architecture", CONCRETE)
def test_one_seed_gives_one_model(architecture: Architecture) -> None:
    test = thirds(species_rows())[2]
    first, again, other = (
        outputs(
            fit(
                architecture,
                species_problem(Training(seed=seed, epochs=5) if architecture is Architecture.MLP else Training(seed=seed)),
                species_rows(),
            ),
            test,
        )
        for seed in (3, 3, 4)
    )
    assert (first == again).all()
    exact = {Architecture.LINEAR, Architecture.GRADIENT_BOOSTING}  # draw nothing
    assert architecture in exact or (first != other).any()


def test_training_leaves_the_process_its_own_random_numbers() -> None:
    import torch  # noqa: PLC0415

    torch.manual_seed(11)
    wanted = torch.rand(3)
    torch.manual_seed(11)
    fit(Architecture.MLP, species_problem(Training(epochs=1)), species_rows())
    assert (torch.rand(3) == wanted).all()


def test_every_epoch_is_reported_when_it_ends() -> None:
    train, validation, _ = thirds(mass_rows())
    seen: list[EpochReport] = []
    fitted = fit_model(Architecture.MLP, {}, mass_problem(Training(epochs=4)), train, validation, seen.append)
    assert tuple(seen) == fitted.epochs
    assert [(done.epoch, done.epochs) for done in seen] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert seen[-1].train_loss < seen[0].train_loss
    scale = fitted.model.target.scale
    assert seen[-1].validation_metric == pytest.approx(scale * math.sqrt(seen[-1].validation_loss), rel=1e-4)


def test_training_stops_early_and_keeps_the_best_epoch() -> None:
    generator = np.random.default_rng(0)
    features = pl.DataFrame({f"x{i}": generator.normal(size=120) for i in range(20)})
    noise = Rows(features, generator.integers(0, 2, 120), np.arange(120))
    train, validation = noise.take(np.arange(60)), noise.take(np.arange(60, 120))
    plan = dataclasses.replace(species_problem().plan, columns=tuple(_plain(name) for name in features.columns))
    training = Training(epochs=300, early_stopping=EarlyStopping(patience=3), optimizer=Optimizer(learning_rate=0.01))
    problem = dataclasses.replace(species_problem(training, Metric.LOG_LOSS), classes=("no", "yes"), plan=plan)
    fitted = fit_model(Architecture.MLP, {"dropout": 0}, problem, train, validation, lambda _: None)
    losses = [done.validation_loss for done in fitted.epochs]
    assert fitted.best_epoch == int(np.argmin(losses)) + 1
    assert len(losses) == fitted.best_epoch + 3 < 300
    assert score(Metric.LOG_LOSS, validation.target, outputs(fitted, validation)) == pytest.approx(min(losses), rel=1e-4)


def _plain(name: str) -> object:
    return dataclasses.replace(species_problem().plan.columns[1], name=name)


@pytest.mark.parametrize("name", OptimizerName)
def test_every_optimizer_learns(name: OptimizerName) -> None:
    rate = 0.05 if name is OptimizerName.SGD else 0.003
    fitted = fit(Architecture.MLP, species_problem(Training(epochs=8, optimizer=Optimizer(name=name, learning_rate=rate))), species_rows())
    assert fitted.epochs[-1].validation_loss < 0.5 * fitted.epochs[0].validation_loss


def test_a_diverging_network_ends_in_words() -> None:
    training = Training(optimizer=Optimizer(name=OptimizerName.SGD, learning_rate=10), epochs=30)
    with pytest.raises(InvalidRequest, match=r"learningRate \(it is 10\)") as raised:
        fit(Architecture.MLP, mass_problem(training), mass_rows())
    assert raised.value.reason is Reason.TRAINING_DIVERGED


def test_parameters_of_the_manifest_are_used_and_the_others_resolved() -> None:
    fitted = fit(Architecture.RANDOM_FOREST, species_problem(), species_rows(), n_estimators=3, max_depth=2)
    assert fitted.parameters == {"n_estimators": 3, "max_depth": 2, "min_samples_leaf": 5}
    forest = fitted.model.predictor._estimator  # type: ignore[attr-defined]
    assert len(forest.estimators_) == 3
    assert max(tree.get_depth() for tree in forest.estimators_) <= 2


def test_a_parameter_out_of_range_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="n_estimators") as raised:
        fit(Architecture.RANDOM_FOREST, species_problem(), species_rows(), n_estimators=0)
    assert raised.value.reason is Reason.INVALID_SPEC


def test_one_class_in_the_training_split_is_refused() -> None:
    rows = species_rows()
    only = rows.take(np.flatnonzero(rows.target == 0))
    with pytest.raises(InvalidRequest, match="one class") as raised:
        fit_model(Architecture.LINEAR, {}, species_problem(), only, rows, lambda _: None)
    assert raised.value.reason is Reason.DATA_INVALID


def test_an_empty_validation_split_is_refused() -> None:
    rows = species_rows()
    with pytest.raises(InvalidRequest, match="validation split has no rows"):
        fit_model(Architecture.MLP, {}, species_problem(), rows, rows.take(np.arange(0)), lambda _: None)


@pytest.mark.parametrize("architecture", CONCRETE)
def test_a_class_that_was_never_trained_on_keeps_its_place(architecture: Architecture) -> None:
    rows = species_rows()
    without = rows.take(np.flatnonzero(rows.target != 1)[:150])
    problem = species_problem(Training(epochs=3) if architecture is Architecture.MLP else None)
    fitted = fit_model(architecture, SMALL.get(architecture, {}), problem, without, without.take(np.arange(40)), lambda _: None)
    answers = outputs(fitted, rows)
    assert answers.shape == (len(rows), 3)
    assert answers.sum(axis=1) == pytest.approx(1.0)
    assert architecture is Architecture.MLP or (answers[:, 1] == 0).all()


def test_a_linear_model_that_does_not_converge_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    real = estimators.LogisticRegression
    monkeypatch.setattr(estimators, "LogisticRegression", lambda C, max_iter: real(C=C, max_iter=1))  # noqa: N803
    fitted = fit(Architecture.LINEAR, species_problem(), species_rows())
    assert fitted.warnings == ("Linear did not converge; a smaller C makes it easier",)


@pytest.mark.parametrize(("stated", "rows", "size"), [(None, 240, 16), (None, 2000, 100), (None, 100_000, 256), (512, 240, 512)])
def test_small_tables_take_smaller_batches_unless_stated(stated: int | None, rows: int, size: int) -> None:
    assert batch_size(Training(batch_size=stated), rows) == size


def test_forests_on_large_tables_have_larger_leaves_by_default() -> None:
    assert resolve_parameters(Architecture.RANDOM_FOREST, {}, 20_000)["min_samples_leaf"] == 5
    assert resolve_parameters(Architecture.RANDOM_FOREST, {}, 1_000_000)["min_samples_leaf"] == 200
    assert resolve_parameters(Architecture.LINEAR, {}, 1_000_000) == resolve_parameters(Architecture.LINEAR, {})


def test_the_baseline_answers_with_class_frequencies_or_the_mean() -> None:
    answers = fit_baseline(species_problem(), np.array([0, 0, 0, 2])).predict(2)
    assert answers.outputs.tolist() == [[0.75, 0.0, 0.25]] * 2
    assert answers.as_columns()["prediction"] == ["Adelie", "Adelie"]
    assert fit_baseline(mass_problem(), np.array([1.0, 3.0])).predict(3).as_columns() == {"prediction": [2.0, 2.0, 2.0]}
