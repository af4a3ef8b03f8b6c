"""`modelyard init FILE` with files at which other tools failed: what is proposed, what is said, and manifests that are valid."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import Task
from modelyard_api.crds.resources import MODEL_DEPLOYMENT, TRAINING_JOB
from modelyard_api.data import ColumnType, SplitBy
from modelyard_api.training_job import TrainingJobSpec
from modelyard_cli.init.files import Start, write_start
from modelyard_cli.init.options import NO_OPTIONS, Options
from modelyard_cli.init.report import report
from modelyard_cli.init.table import NoStart

from tests.unit.cli_first_steps.test_init_writes_manifests import documents, require_valid
from tests.unit.jobs_data.training_in_process import FILES, train

TARGETS = {"counts.csv": "n", "offset.csv": "t", "lowcard.csv": "survived"}


def start(folder: Path, name: str, options: Options = NO_OPTIONS) -> Start:
    return write_start(FILES / name, TARGETS.get(name, "y"), name=None, folder=folder, force=False, options=options)


def reads(made: Start) -> dict[str, str]:
    """How each column that stays is read."""
    return {column.name: column.reads for column in made.seen.columns if not column.ignored}


# (file, how the features are read, sentences about what reading changed)
CASES: list[tuple[str, dict[str, str], list[str]]] = [
    ("bom.csv", {"x": "number", "z": "number", "region": "category"}, []),
    ("latin1.csv", {"x": "number", "z": "number", "region": "category"}, ["the file isn't UTF-8 and was read as Windows-1252"]),
    (
        "thousands.csv",
        {"amount": "number", "price": "number", "z": "number"},
        ["read with commas between thousands: amount (366), price (366)", "read as numbers in $: price (400)"],
    ),
    (
        "questionmark.csv",
        {"x": "number", "z": "number", "age": "number", "region": "category"},
        ["cells '?' read as missing: x (31)", "cells 'unknown' read as missing: age (24)"],
    ),
    ("dates_eu.csv", {"x": "number", "z": "number"}, ["dates read as day.month.year: day (400)"]),
    ("bool.csv", {"x": "number", "z": "number", "flag": "truth value", "active": "truth value"}, []),
    ("zip.csv", {"zip": "category", "x": "number", "z": "number"}, ["kept as text, because numbers with leading zeros are names: zip (242)"]),
    ("na_country.csv", {"country": "category", "x": "number", "z": "number"}, ["cells 'NA' kept as a category: y (210), country (96)"]),
    ("inf.csv", {"x": "number", "z": "number", "region": "category"}, ["infinite numbers read as missing: x (14)"]),
    ("rarebinary.csv", {"x": "number", "z": "number", "region": "category"}, []),
    ("gz_named.csv", {"x": "number", "z": "number", "region": "category"}, ["the file is packed with gzip, which its name doesn't say"]),
    (
        "semicolon.csv",
        {"x": "number", "z": "number", "region": "category"},
        ["read with a decimal comma: x (400), z (400)", "the file was read with semicolons between fields"],
    ),
    ("preamble.csv", {"x": "number", "z": "number", "region": "category"}, ["lines before the header that were skipped: 1"]),
    (
        "types.parquet",
        {"x": "number", "z": "number", "region": "category", "cat": "category", "dec": "number", "b": "truth value"},
        [],
    ),
    ("spaces.csv", {"x": "number", "z": "number", "region": "category"}, ["read without outer spaces: y (105), region (266)"]),
    ("lowcard.csv", {"klass": "category", "sex": "category", "age": "category"}, []),
    ("counts.csv", {"x": "number", "z": "number", "region": "category"}, []),
    ("offset.csv", {"x": "number", "z": "number", "region": "category"}, []),
    ("index.csv", {"x": "number", "z": "number", "region": "category"}, ["named, because the header has no name for it: column_1"]),
    ("intcode.csv", {"store_code": "category", "x": "number", "z": "number"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("name", "features", "changed"), CASES, ids=[name for name, *_ in CASES])
def test_every_file_makes_manifests_and_what_reading_changed_is_said(
    tmp_path: Path, name: str, features: dict[str, str], changed: list[str]
) -> None:
    made = start(tmp_path, name)
    assert reads(made) == features
    told, manifest = report(made), " ".join(made.training_job.read_text().replace("\n# ", " ").split())
    assert [sentence.split(";")[0] for sentence in made.seen.reading] == changed
    assert all(sentence in told and sentence in manifest for sentence in changed)
    job, deployment = documents(made)
    require_valid(TRAINING_JOB, job)
    require_valid(MODEL_DEPLOYMENT, deployment)


@pytest.mark.parametrize("name", [name for name, *_ in CASES])
def test_what_is_proposed_trains_and_every_row_is_answered(tmp_path: Path, name: str) -> None:
    made = start(tmp_path, name)
    trained = train(FILES / name, tmp_path, made.seen.spec("s3://datasets/rows.csv"), "default.rows")
    assert not any(warning.startswith("column") for warning in trained.warnings if "vouches" not in warning and "rarest" not in warning)
    assert np.isfinite(trained.answers()).all()
    if name == "intcode.csv":
        assert trained.tested(Metric.ROC_AUC) > 0.72  # as a number at most 0.6


def test_all_files_are_there() -> None:
    assert {path.name for path in FILES.iterdir()} == {name for name, *_ in CASES} | {"ragged.csv"}


def _time_in_the_manifest(made: Start) -> None:
    data = TrainingJobSpec.model_validate(yaml.safe_load(made.training_job.read_text())["spec"]).data
    assert (data.time, data.split.by, data.split.column, data.split_column) == ("day", SplitBy.TIME, None, "day")


def _classes(*names: str) -> Callable[[Start], None]:
    def check(made: Start) -> None:
        assert tuple(name for name, _ in made.seen.target.classes) == names

    return check


def _left_out(**reasons: str) -> Callable[[Start], None]:
    def check(made: Start) -> None:
        told = report(made)
        assert {column.name for column in made.seen.ignored} == set(reasons)
        assert all(f"{name}: {why}" in told for name, why in reasons.items())

    return check


def _codes(made: Start) -> None:
    assert [(column.name, column.type) for column in made.seen.typed] == [("store_code", ColumnType.CATEGORICAL)]
    assert "- {name: store_code, type: Categorical}" in made.training_job.read_text()
    assert "store_code as Categorical: whole numbers that are names" in report(made)


def _counts(made: Start) -> None:
    assert made.seen.target.task is Task.REGRESSION
    assert "as classes 2 of its 10 numbers would have fewer than 10 rows" in report(made)


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("dates_eu.csv", _time_in_the_manifest),
        ("bool.csv", _classes("False", "True")),
        ("na_country.csv", _classes("EU", "NA")),
        ("spaces.csv", _classes("no", "yes")),
        ("index.csv", _left_out(column_1="it numbers the rows, as an index does")),
        (
            "types.parquet",
            _left_out(
                tags="no built-in model reads lists",
                dur="no built-in model reads durations",
                st="no built-in model reads structs",
                bin="no built-in model reads bytes",
                u64="it numbers the rows",
            ),
        ),
        ("intcode.csv", _codes),
        ("counts.csv", _counts),
    ],
)
def test_what_is_proposed(tmp_path: Path, name: str, check: Callable[[Start], None]) -> None:
    check(start(tmp_path, name))


def test_a_line_that_can_not_be_split_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(NoStart, match=r"ragged.csv: line 11: 5 fields, the header has 4; put a field that holds ',' in quotes"):
        start(tmp_path, "ragged.csv")


def test_counts_are_classes_where_somebody_says_so_and_there_are_enough_of_each(tmp_path: Path) -> None:
    file = tmp_path / "counts.csv"
    rows = [row for row in (FILES / "counts.csv").read_text().splitlines() if not row.endswith((",8", ",9"))]
    file.write_text("\n".join(rows) + "\n")
    made = write_start(file, "n", name=None, folder=tmp_path, force=False)
    assert made.seen.target.task is Task.CLASSIFICATION
    assert "Regression if the numbers are amounts or counts rather than names" in " ".join(made.training_job.read_text().split("\n    # "))
    assert "n: amounts or counts rather than names? --task Regression" in report(made).replace('"n"', "n")
    again = write_start(file, "n", name=None, folder=tmp_path, force=True, options=Options.of(task="Regression"))
    assert (again.seen.target.task, again.seen.target.middle) == (Task.REGRESSION, 3)


def test_where_the_manifest_says_classification_a_rare_class_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoStart, match="2 of the 10 classes of the target 'n' have fewer than 10 rows"):
        start(tmp_path, "counts.csv", Options.of(task="Classification"))


def test_names_of_columns_that_look_like_patterns(tmp_path: Path) -> None:
    """Polars takes * for all columns and ^…$ for those that match."""
    file = tmp_path / "rows.csv"
    rows = "".join(f"{row / 7},{'ab'[row % 2]},{row % 5 or '?'},{1 + row % 28:02}.12.2023,{row * 13 % 3 % 2}\n" for row in range(300))
    file.write_text(f"x,*,^d$,^t$,y\n{rows}")
    made = write_start(file, "y", name=None, folder=tmp_path, force=False, options=Options(time="^t$"))
    trained = train(file, tmp_path, made.seen.spec("s3://datasets/rows.csv"))
    assert {feature.name for feature in trained.data.dataset.features.columns} == {"x", "*", "^d$"}
    assert np.isfinite(trained.answers()).all()
