"""One small fitted model of each kind, with raw rows for it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from modelyard_api.catalogue.tasks import Task
from modelyard_api.data import MissingMethod
from modelyard_model.cells.reading import NumberReading, TextReading, TimeReading
from modelyard_model.columns.categorical import CategoricalColumn, FilledText
from modelyard_model.columns.column import Columns
from modelyard_model.columns.datetime import DatetimeColumn
from modelyard_model.columns.numerical import FilledNumber, NumericalColumn
from modelyard_model.estimator import EstimatorPredictor
from modelyard_model.heads import TargetScale, head_of
from modelyard_model.network import NetworkPredictor, NetworkShape
from modelyard_model.preparation import Preparation, PreparationDocument
from modelyard_model.tabular_model import Predictor, TabularModel
from modelyard_model.trees import TreesPredictor

CLASSES = ("no", "yes", "maybe")
ROWS: Columns = {
    "size": [1.5, None, -20.0, 7.0],
    "color": ["red", "never seen", None, "blue"],
    "at": ["2026-03-01T05:00:00", None, "not a time", "2026-12-31 23:59:59"],
}


RULED_ROWS: Columns = {
    "size": ["1,234.5", None, True, 7.0],
    "color": ["red", "NA", "never seen", 1],
    "at": ["31.12.2026", None, "?", "2026-03-01"],
}


def ruled() -> TabularModel:
    """With rules of reading, as every newer model has them."""
    size, color, at = preparation().document.columns
    document = PreparationDocument(
        columns=(
            size.model_copy(update={"reading": NumberReading(thousands=",", sign="$")}),
            color.model_copy(update={"reading": TextReading(missing=("NA",))}),
            at.model_copy(update={"reading": TimeReading(form="D.M.Y")}),
        ),
        separator=";",
    )
    return replace(model("Linear"), preparation=Preparation(document))


def preparation() -> Preparation:
    size = NumericalColumn(
        name="size", required=False, missing=FilledNumber(method=MissingMethod.MEDIAN, fill=2.0, indicator=True), center=1.0, scale=3.0
    )
    color = CategoricalColumn(
        name="color", required=True, missing=FilledText(method=MissingMethod.MOST_FREQUENT, fill="red"), categories=("blue", "red")
    )
    return Preparation(PreparationDocument(columns=(size, color, DatetimeColumn(name="at", required=False))))


def _examples(classification: bool) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    features = generator.normal(size=(300, len(preparation().feature_names)))
    signal = features[:, 0] + 0.5 * features[:, 3]
    return features, np.digitize(signal, [-0.5, 0.5]) if classification else signal


def network(task: Task) -> Predictor:
    import torch  # noqa: PLC0415

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        outputs = len(CLASSES) if task is Task.CLASSIFICATION else 1
        shape = NetworkShape(inputs=len(preparation().feature_names), hidden=(8, 8), outputs=outputs, dropout=0.5)
        return NetworkPredictor(shape, shape.build(), head_of(task, CLASSES if task is Task.CLASSIFICATION else ()), "cpu")


def forest(task: Task) -> Predictor:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor  # noqa: PLC0415

    kind = RandomForestClassifier if task is Task.CLASSIFICATION else RandomForestRegressor
    fitted = kind(n_estimators=5, max_depth=4, random_state=0).fit(*_examples(task is Task.CLASSIFICATION))
    return EstimatorPredictor(fitted, len(CLASSES) if task is Task.CLASSIFICATION else 0)


def linear(task: Task) -> Predictor:
    from sklearn.linear_model import LogisticRegression, Ridge  # noqa: PLC0415

    kind = LogisticRegression if task is Task.CLASSIFICATION else Ridge
    fitted = kind().fit(*_examples(task is Task.CLASSIFICATION))
    return EstimatorPredictor(fitted, len(CLASSES) if task is Task.CLASSIFICATION else 0)


def boosting(task: Task) -> Predictor:
    from modelyard_jobs.fitting.estimators import trees_of  # noqa: PLC0415
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # noqa: PLC0415

    kind = HistGradientBoostingClassifier if task is Task.CLASSIFICATION else HistGradientBoostingRegressor
    features, target = _examples(task is Task.CLASSIFICATION)
    fitted = kind(max_iter=5).fit(features, target)
    trees = trees_of(fitted, np.zeros(features.shape[1], dtype=bool))
    return TreesPredictor(trees, len(CLASSES) if task is Task.CLASSIFICATION else 0)


KINDS: dict[str, Callable[[Task], Predictor]] = {"MLP": network, "RandomForest": forest, "Linear": linear, "GradientBoosting": boosting}


def model(kind: str, task: Task = Task.CLASSIFICATION) -> TabularModel:
    classes, scale = (CLASSES, TargetScale()) if task is Task.CLASSIFICATION else ((), TargetScale(1000.0, 50.0))
    return TabularModel(kind, task, classes, preparation(), KINDS[kind](task), scale)
