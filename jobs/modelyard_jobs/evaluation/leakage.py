"""Looks, before compute is spent, for one column that gives the answer away: what is only known afterwards, or the target by another name.

A small tree over each column alone is fitted on one half of a sample of the training split and scored on the other half (whole groups on either
side). Suspected is a column that is nearly perfect, or one that is strong and leaves all other columns together far behind. A column that the manifest
names as a Feature is vouched for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from modelyard_api.conditions import Reason
from modelyard_api.data import ColumnRole, ColumnType, Data
from modelyard_api.metrics import Metric, Task
from numpy.typing import NDArray

from modelyard_jobs.data.columns import Feature
from modelyard_jobs.evaluation.metrics import Scores, measure
from modelyard_jobs.failures import InvalidOrder

if TYPE_CHECKING:
    import polars as pl

_SAMPLE_ROWS = 20_000
_FEWEST_ROWS = 60  # below this a half is no evidence
_LEAF, _LEAVES = 5, 64  # rows of a leaf at least, and leaves at most: more would follow noise


@dataclass(frozen=True)
class _Limits:
    """``perfect``: alone suspicious. ``strong`` and ``ahead`` together: at least so good, and so much better than everything else."""

    metric: Metric
    perfect: float
    strong: float
    ahead: float


# Measured: the actual departure time gives a flight's delay away with a ROC-AUC of 0.88, everything honest together reaches 0.69; a petal's width, which is
# honest, tells iris species apart with 0.99, but its length does so too.
_CLASSES = _Limits(Metric.ROC_AUC, perfect=0.998, strong=0.85, ahead=0.15)
_NUMBER = _Limits(Metric.R2, perfect=0.998, strong=0.85, ahead=0.35)


@dataclass(frozen=True)
class Sample:
    """The training split: canonical features, the truth (class numbers or values) and the hash of each row's group."""

    frame: "pl.DataFrame"
    task: Task
    classes: tuple[str, ...]
    truth: Any
    groups: NDArray[np.uint64]

    def take(self, rows: NDArray[np.intp]) -> "Sample":
        """Some of the rows."""
        return Sample(self.frame[rows], self.task, self.classes, self.truth[rows], self.groups[rows])


def require_no_leak(sample: Sample, features: Sequence[Feature], data: Data) -> tuple[str, ...]:
    """Raises InvalidOrder naming the column; vouched ones give a warning."""
    if len(sample.groups) > _SAMPLE_ROWS:
        drawn = np.random.default_rng(0).choice(len(sample.groups), _SAMPLE_ROWS, replace=False)
        sample = sample.take(np.sort(drawn))
    if len(sample.groups) < _FEWEST_ROWS:
        return ()
    matrix = np.column_stack([_numbers(sample.frame[feature.name], feature) for feature in features])
    vouched = {column.name for column in data.columns or [] if column.role is ColumnRole.FEATURE}
    warnings = []
    for index, feature in enumerate(features):
        if text := _suspicion(index, feature.name, matrix, sample):
            if feature.name not in vouched:
                raise InvalidOrder(Reason.SUSPECTED_LEAKAGE, f"{text}: {_how_to_go_on(feature.name)}")
            warnings.append(f"{text}; spec.data.columns vouches for it")
    return tuple(warnings)


def _suspicion(index: int, name: str, matrix: NDArray[np.float64], sample: Sample) -> str:
    limits = _NUMBER if sample.task is Task.REGRESSION else _CLASSES
    alone = _score(matrix[:, [index]], sample)
    if not alone >= limits.strong:
        return ""
    others = _score(np.delete(matrix, index, axis=1), sample) if matrix.shape[1] > 1 else 0.0
    if alone < limits.perfect and alone - others < limits.ahead:
        return ""
    return f"column {name!r} alone predicts the target with a {limits.metric} of {alone:.3f} (all other columns together: {others:.3f})"


def _how_to_go_on(name: str) -> str:
    return (
        "it may only be known after the fact. If so, leave it out with spec.data.columns: "
        f"[{{name: {name}, role: Ignored}}]; if it is known at prediction time, vouch for it with role: Feature"
    )


def _numbers(column: "pl.Series", feature: Feature) -> NDArray[np.float64]:
    """Texts as the rank of their frequency, which a tree can take apart again."""
    import polars as pl  # noqa: PLC0415

    if feature.type is ColumnType.NUMERICAL:
        return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    ranked = column.drop_nulls().value_counts(sort=True).to_series(0).to_list()
    code = {text: float(rank) for rank, text in enumerate(ranked)}
    return np.array([code.get(text, np.nan) for text in column.to_list()])


def _score(matrix: NDArray[np.float64], sample: Sample) -> float:
    """ROC-AUC or R² on the half that wasn't fitted; NaN where it can't be measured. The last bit of its hash says in which half a group is."""
    fitted = (sample.groups & np.uint64(1)) == 0
    known, wanted = sample.truth[fitted], sample.truth[~fitted]
    if len(np.unique(known)) < 2 or not len(wanted):
        return float("nan")
    model = _model(sample.task, matrix.shape[1], max(_LEAF, len(known) // _LEAVES)).fit(matrix[fitted], known)
    if sample.task is Task.REGRESSION:
        return measure(Metric.R2, Scores(wanted, model.predict(matrix[~fitted]), None))
    probabilities = np.zeros((len(wanted), len(sample.classes)))
    probabilities[:, model.classes_] = model.predict_proba(matrix[~fitted])
    return measure(Metric.ROC_AUC, Scores(wanted, probabilities.argmax(axis=1), probabilities))


def _model(task: Task, columns: int, leaf: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor  # noqa: PLC0415
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor  # noqa: PLC0415

    if columns > 1:
        forest = RandomForestRegressor if task is Task.REGRESSION else RandomForestClassifier
        return forest(n_estimators=30, min_samples_leaf=leaf, random_state=0)
    tree = DecisionTreeRegressor if task is Task.REGRESSION else DecisionTreeClassifier
    return tree(min_samples_leaf=leaf, random_state=0)
