"""Looks, before compute is spent, for one column that gives the answer away: what is only known afterwards, or the target by another name.

A small tree over each column alone is fitted on one half of a sample of the training split and scored on the other half (whole groups on either
side). Suspected is a column that is nearly perfect, or one that is strong and leaves all other columns together far behind. A column that the manifest
names as a Feature is vouched for. Findings are values; ``describe_leak`` makes the sentence of one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import Task, has_classes
from modelyard_api.conditions import Reason
from modelyard_api.data import ColumnRole, Data
from numpy.typing import NDArray

from modelyard_jobs.data.features import Feature
from modelyard_jobs.evaluation.intervals import FEWEST_OF_CLASS
from modelyard_jobs.evaluation.metrics import Scores, measure
from modelyard_jobs.termination import InvalidRequest

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

    frame: pl.DataFrame
    task: Task
    classes: tuple[str, ...]
    truth: Any
    groups: NDArray[np.uint64]

    def take(self, rows: NDArray[np.intp]) -> "Sample":
        """Some of the rows."""
        return Sample(self.frame[rows], self.task, self.classes, self.truth[rows], self.groups[rows])


@dataclass(frozen=True)
class LeakFinding:
    """One column under suspicion: how well it predicts the target alone, and how well all others do together."""

    column: str
    metric: Metric
    alone: float
    others: float
    rows: int  # that it rests on: those of the rarest class in the half that was scored (Regression: all of the half)
    vouched: bool = False  # the manifest names it as a Feature

    @property
    def is_certain(self) -> bool:
        """Whether it rests on enough rows to refuse the data for it; else it is worth a look."""
        return self.rows >= FEWEST_OF_CLASS


def find_leaks(sample: Sample, features: Sequence[Feature], data: Data) -> tuple[LeakFinding, ...]:
    """Every column under suspicion, in the order of ``features``."""
    sample = _drawn(sample)
    if len(sample.groups) < _FEWEST_ROWS:
        return ()
    matrix = _matrix(sample, features)
    vouched = {column.name for column in data.columns or [] if column.role is ColumnRole.FEATURE}
    found = (_finding(index, feature.name, matrix, sample) for index, feature in enumerate(features))
    return tuple(replace(each, vouched=each.column in vouched) for each in found if each)


def score_together(sample: Sample, features: Sequence[Feature]) -> float:
    """ROC-AUC or R² of a small forest over all columns: about what a model may reach. NaN where it can't be measured."""
    sample = _drawn(sample)
    return _score(_matrix(sample, features), sample) if len(sample.groups) >= _FEWEST_ROWS else float("nan")


def warnings_or_refusal(findings: Sequence[LeakFinding]) -> tuple[str, ...]:
    """Raises InvalidRequest naming the first column that is certain and not vouched for; the others give a warning."""
    for each in findings:
        if each.is_certain and not each.vouched:
            raise InvalidRequest(Reason.SUSPECTED_LEAKAGE, f"column {each.column!r} {describe_leak(each)}. {_remedy(each)}")
    return tuple(
        f"column {each.column!r} {describe_leak(each)}{'' if each.vouched else '. Only known afterwards? Then role: Ignored'}"
        for each in findings
    )


def describe_leak(finding: LeakFinding) -> str:
    """What a column does; its name goes before."""
    text = f"alone predicts the target with a {finding.metric} of {finding.alone:.3f} (all other columns together: {finding.others:.3f})"
    if not finding.is_certain:
        text += f", seen on only {finding.rows} rows of the rarest class"
    return f"{text}; spec.data.columns vouches for it" if finding.vouched else text


def _remedy(finding: LeakFinding) -> str:
    return (
        f"It may only be known after the fact: then leave it out with spec.data.columns: [{{name: {finding.column}, role: Ignored}}]."
        " If it is known at prediction time, vouch for it with role: Feature"
    )


def _finding(index: int, name: str, matrix: NDArray[np.float64], sample: Sample) -> LeakFinding | None:
    limits = _CLASSES if has_classes(sample.task) else _NUMBER
    alone = _score(matrix[:, [index]], sample)
    if not alone >= limits.strong:
        return None
    others = _score(np.delete(matrix, index, axis=1), sample) if matrix.shape[1] > 1 else 0.0
    if alone < limits.perfect and alone - others < limits.ahead:
        return None
    wanted = sample.truth[~_is_fitted(sample)]
    rows = int(np.unique(wanted, return_counts=True)[1].min()) if has_classes(sample.task) else len(wanted)
    return LeakFinding(name, limits.metric, alone, others, rows)


def drawn(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those of the rows that are looked at, in their order: all, or a sample."""
    if len(rows) <= _SAMPLE_ROWS:
        return rows
    return rows[np.sort(np.random.default_rng(0).choice(len(rows), _SAMPLE_ROWS, replace=False))]


def _drawn(sample: Sample) -> Sample:
    rows = len(sample.groups)
    return sample if rows <= _SAMPLE_ROWS else sample.take(drawn(np.arange(rows)))


def _matrix(sample: Sample, features: Sequence[Feature]) -> NDArray[np.float64]:
    return np.column_stack([_numbers(sample.frame[feature.name].alias("cells")) for feature in features])


def _numbers(column: pl.Series) -> NDArray[np.float64]:
    """Texts as the rank of their frequency, which a tree can take apart again."""
    if column.dtype.is_numeric():
        return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    ranked = column.drop_nulls().value_counts(sort=True).to_series(0).to_list()
    code = {text: float(rank) for rank, text in enumerate(ranked)}
    return np.array([code.get(text, np.nan) for text in column.to_list()])


def _score(matrix: NDArray[np.float64], sample: Sample) -> float:
    """ROC-AUC or R² on the half that wasn't fitted; NaN where it can't be measured."""
    fitted = _is_fitted(sample)
    known, wanted = sample.truth[fitted], sample.truth[~fitted]
    if len(np.unique(known)) < 2 or not len(wanted):
        return float("nan")
    model = _model(sample.task, matrix.shape[1], _leaf(sample.task, known)).fit(matrix[fitted], known)
    if not has_classes(sample.task):
        return measure(Metric.R2, Scores(wanted, model.predict(matrix[~fitted]), None))
    probabilities = np.zeros((len(wanted), len(sample.classes)))
    probabilities[:, model.classes_] = model.predict_proba(matrix[~fitted])
    return measure(Metric.ROC_AUC, Scores(wanted, probabilities.argmax(axis=1), probabilities))


def _is_fitted(sample: Sample) -> NDArray[np.bool_]:
    """The last bit of its hash says in which half a group is."""
    even: NDArray[np.bool_] = (sample.groups & np.uint64(1)) == 0
    return even


def _leaf(task: Task, known: NDArray[Any]) -> int:
    """Rows of a leaf at least: small enough that a rare class fills two, or a copy of the target couldn't be taken apart."""
    leaf = max(_LEAF, len(known) // _LEAVES)
    if not has_classes(task):
        return leaf
    return min(leaf, max(1, int(np.unique(known, return_counts=True)[1].min()) // 2))


def _model(task: Task, columns: int, leaf: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor  # noqa: PLC0415  a second
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor  # noqa: PLC0415  a second

    limits = {"min_samples_leaf": leaf, "max_leaf_nodes": _LEAVES, "random_state": 0}
    if columns > 1:
        forest = RandomForestClassifier if has_classes(task) else RandomForestRegressor
        return forest(n_estimators=30, **limits)
    tree = DecisionTreeClassifier if has_classes(task) else DecisionTreeRegressor
    return tree(**limits)
