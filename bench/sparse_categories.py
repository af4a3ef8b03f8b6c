"""Memory and time of Linear on 200,000 rows of ten columns with 200 categories each: ``python bench/sparse_categories.py``.

Against scikit-learn's own ``OneHotEncoder`` (sparse) and ``LogisticRegression``, each in a process of its own, in turn; fails where ours takes more memory, or
predicts worse, than ``ranges.toml`` allows.
"""

import json
import resource
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl

ROWS, COLUMNS, CATEGORIES, TESTED = 200_000, 10, 200, 30_000
REPETITIONS = 3
RANGES = tomllib.loads((Path(__file__).parent / "ranges.toml").read_text(encoding="utf-8"))["sparse_categories"]
NAMES = [f"column{at}" for at in range(COLUMNS)]


def table() -> tuple[pl.DataFrame, np.ndarray]:
    """Every category moves the answer a little; made up, because only the shape matters here."""
    generator = np.random.default_rng(0)
    logits = generator.logistic(size=ROWS)
    texts = pl.Series([f"category {code}" for code in range(CATEGORIES)])
    columns = {}
    for name in NAMES:
        codes = generator.integers(0, CATEGORIES, ROWS)
        logits += 0.3 * generator.normal(size=CATEGORIES)[codes]
        columns[name] = texts.gather(codes)
    return pl.DataFrame(columns), (logits > 0).astype(np.int64)


def ours(frame: pl.DataFrame, target: np.ndarray) -> tuple[float, np.ndarray]:
    """Seconds to fit, and probabilities of the tested rows."""
    from modelyard_api.catalogue.architectures import Architecture  # noqa: PLC0415
    from modelyard_api.catalogue.metrics import Metric  # noqa: PLC0415
    from modelyard_api.catalogue.tasks import Task  # noqa: PLC0415
    from modelyard_api.data import ColumnType, Missing  # noqa: PLC0415
    from modelyard_api.training_job import Training  # noqa: PLC0415
    from modelyard_jobs.fitting import Problem, Rows, fit_model, plan_columns, raw_columns  # noqa: PLC0415

    plan = plan_columns(dict.fromkeys(NAMES, ColumnType.CATEGORICAL), Missing())
    problem = Problem(Task.CLASSIFICATION, ("no", "yes"), Metric.ROC_AUC, plan, Training(), device="cpu")
    rows = Rows(frame, target, np.arange(ROWS))
    fitted_on, half = np.arange(ROWS - TESTED), (ROWS - TESTED) // 2
    started = time.perf_counter()
    fitted = fit_model(Architecture.LINEAR, {}, problem, rows.take(fitted_on[:half]), rows.take(fitted_on[half:]), lambda _: None)
    seconds = time.perf_counter() - started
    return seconds, fitted.model.predict(raw_columns(frame[-TESTED:], NAMES)).outputs[:, 1]


def scikit_learn(frame: pl.DataFrame, target: np.ndarray) -> tuple[float, np.ndarray]:
    """Seconds to fit, and probabilities of the tested rows."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import OneHotEncoder  # noqa: PLC0415

    cells = np.column_stack([frame[name].to_numpy() for name in NAMES])
    model = make_pipeline(OneHotEncoder(min_frequency=2, handle_unknown="ignore"), LogisticRegression(max_iter=2000))
    started = time.perf_counter()
    model.fit(cells[:-TESTED], target[:-TESTED])
    seconds = time.perf_counter() - started
    return seconds, model.predict_proba(cells[-TESTED:])[:, 1]


WAYS: dict[str, Callable[[pl.DataFrame, np.ndarray], tuple[float, np.ndarray]]] = {"ours": ours, "scikit-learn": scikit_learn}


def measure(way: str) -> None:
    """In a process of its own: its figures as JSON."""
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415

    frame, target = table()
    seconds, predictions = WAYS[way](frame, target)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([seconds, peak, float(roc_auc_score(target[-TESTED:], predictions))]))


def measured(way: str) -> list[float]:
    """Seconds, megabytes, ROC-AUC."""
    done = subprocess.run([sys.executable, __file__, way], check=True, capture_output=True, text=True)
    figures: list[float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Prints one line per way."""
    rounds = [{way: measured(way) for way in WAYS} for _ in range(REPETITIONS)]
    figures = {way: [median(column) for column in zip(*(each[way] for each in rounds), strict=True)] for way in WAYS}
    for way, (seconds, megabytes, score) in figures.items():
        print(f"{way:13} fitted in {seconds:5.1f} s, {megabytes:5.0f} MB at the peak, ROC-AUC {score:.4f}")
    worse = figures["scikit-learn"][2] - figures["ours"][2]
    sys.exit(figures["ours"][1] >= RANGES["megabytes"] or worse > RANGES["at_most_worse"])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1])
    else:
        main()
