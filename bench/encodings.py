"""One feature per category, or means of the target: ROC-AUC of both by the number of categories: ``python bench/encodings.py``.

That is how ``MOST_FEATURES`` was found. Tables are made up, with 10 rows per category or 6,000 in all; the last is ``intcode.csv`` of the tests (388 shops in 1,500 rows) over
five folds. Fails where neither Linear nor RandomForest reaches what ``ranges.toml`` asks there with what is chosen by default.
"""

import sys
import tomllib
from pathlib import Path

import numpy as np
import polars as pl
from modelyard_api.catalogue.architectures import Architecture
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import Task
from modelyard_api.data import ColumnType, Missing
from modelyard_api.training_job import Training
from modelyard_jobs.columns import categorical
from modelyard_jobs.fitting import Problem, Rows, fit_model, plan_columns, raw_columns, score
from sklearn.model_selection import StratifiedKFold

INTCODE = Path(__file__).parent.parent / "tests/data/files/intcode.csv"
TESTED = 4000
RANGES = tomllib.loads((Path(__file__).parent / "ranges.toml").read_text(encoding="utf-8"))["encodings"]
ALWAYS = {"features": 10**9, "means": 0}
KINDS = {"shop": ColumnType.CATEGORICAL, "x": ColumnType.NUMERICAL, "z": ColumnType.NUMERICAL}
PROBLEM = Problem(Task.CLASSIFICATION, ("no", "yes"), Metric.ROC_AUC, plan_columns(KINDS, Missing()), Training(), device="cpu")
SIMPLE = (Architecture.LINEAR, Architecture.RANDOM_FOREST)


def made_up(rows: int, categories: int, effect: float, seed: int) -> Rows:
    """Two numbers and a category, whose effects on the logit have a standard deviation of ``effect``; ``TESTED`` more rows than that."""
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, categories, rows + TESTED)
    numbers = generator.normal(size=(rows + TESTED, 2))
    logits = effect * generator.normal(size=categories)[codes] + numbers @ [0.7, 0.3] + generator.logistic(size=rows + TESTED)
    frame = pl.DataFrame({"shop": [f"s{code}" for code in codes], "x": numbers[:, 0], "z": numbers[:, 1]})
    return Rows(frame, (logits > 0).astype(np.int64), np.arange(rows + TESTED))


def reached(architecture: Architecture, rows: Rows, train: np.ndarray, test: np.ndarray) -> float:
    """ROC-AUC on the rows at ``test``."""
    cut = len(train) * 4 // 5
    fitted = fit_model(architecture, {}, PROBLEM, rows.take(train[:cut]), rows.take(train[cut:]), lambda _: None)
    held_out = rows.take(test)
    return score(PROBLEM.metric, held_out.target, fitted.model.predict(raw_columns(held_out.features, list(KINDS))).outputs)


def compare(categories: int, rows: int, effect: float) -> None:
    """One line: what means gain over features, per architecture."""
    tables = [made_up(rows, categories, effect, seed) for seed in range(3)]
    train, test = np.arange(rows), np.arange(rows, rows + TESTED)
    line = f"{categories:5} categories, {rows:6} rows, effect {effect}:"
    for architecture in SIMPLE:
        found = {}
        for encoding, limit in ALWAYS.items():
            categorical.MOST_FEATURES = limit
            found[encoding] = float(np.mean([reached(architecture, each, train, test) for each in tables]))
        line += f"   {architecture} {found['features']:.3f}, means {found['means'] - found['features']:+.4f}"
    print(line, flush=True)


def intcode() -> dict[Architecture, float]:
    """Of every architecture, over five folds, with what is chosen by default."""
    table = pl.read_csv(INTCODE)
    frame = table.select(pl.col("store_code").cast(pl.String).alias("shop"), pl.col("x", "z").cast(pl.Float64))
    rows = Rows(frame, table["y"].to_numpy().astype(np.int64), np.arange(table.height))
    generator = np.random.default_rng(0)
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(rows.target, rows.target))
    return {
        architecture: float(np.mean([reached(architecture, rows, generator.permutation(train), test) for train, test in folds]))
        for architecture in (*SIMPLE, Architecture.MLP)
    }


def main() -> None:
    """Prints one line per table."""
    usual = categorical.MOST_FEATURES
    for effect in (1.0, 0.4):
        for categories in (20, 50, 100, 200, 400, 800):
            for rows in sorted({10 * categories, 6000}):
                compare(categories, rows, effect)
    categorical.MOST_FEATURES = usual
    found = intcode()
    print("intcode.csv: " + ", ".join(f"{architecture} {value:.4f}" for architecture, value in found.items()))
    sys.exit(max(found[architecture] for architecture in SIMPLE) < RANGES["intcode"])


if __name__ == "__main__":
    main()
