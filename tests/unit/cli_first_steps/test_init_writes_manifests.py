"""`modelyard init`: the files that it writes, what it prints, and what it refuses."""

import gzip
import sys
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest
import typer
import yaml
from modelyard_api.crds.resources import MODEL_DEPLOYMENT, TRAINING_JOB, Resource, custom_resource_definition
from modelyard_api.model_deployment import ModelDeploymentSpec
from modelyard_api.training_job import TrainingJobSpec
from modelyard_cli.commands.init import init
from modelyard_cli.errors import CommandError
from modelyard_cli.init.files import Start, name_from_file, write_start
from modelyard_cli.init.model_deployment_text import thresholds
from modelyard_cli.init.report import report
from modelyard_cli.init.started import started
from modelyard_cli.init.table import NoStart
from modelyard_cli.init.yaml_text import scalar
from typer.testing import CliRunner

from tests.unit.cli_first_steps.test_look_at_a_file import ROWS, columns, days

ODD_NAMES = ["size, cm", 'a "b": c', "yes", "12", "line\nbreak", "# no", "größe", "😀", "{x}", "- y", "\x85"]


def write(folder: Path, name: str = "my.csv", **more: Any) -> Path:
    file = folder / name
    pl.DataFrame({**columns(), **more}, strict=False).write_csv(file)
    return file


def start(folder: Path, target: str = "late", **more: Any) -> Start:
    return write_start(write(folder, **more), target, name=None, folder=folder, force=False)


def documents(made: Start) -> tuple[dict[str, Any], dict[str, Any]]:
    return yaml.safe_load(made.training_job.read_text()), yaml.safe_load(made.model_deployment.read_text())


def require_valid(resource: Resource, document: dict[str, Any]) -> None:
    """As the API server checks it, but for the CEL rules."""
    schema = custom_resource_definition(resource)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    jsonschema.Draft4Validator(schema).validate(document)  # OpenAPI 3.0's exclusive bounds are those of draft 4


def test_both_are_valid_and_name_each_other(tmp_path: Path) -> None:
    made = start(tmp_path)
    job, deployment = documents(made)
    require_valid(TRAINING_JOB, job)
    require_valid(MODEL_DEPLOYMENT, deployment)
    spec = TrainingJobSpec.model_validate(job["spec"])
    assert spec.data.source.uri == "./my.csv"
    assert (job["metadata"], deployment["metadata"]) == ({"name": "my"}, {"name": "my"})
    assert ModelDeploymentSpec.model_validate(deployment["spec"]).model.name == "my"
    assert spec == made.seen.spec("./my.csv")


@pytest.mark.parametrize("target", ["late", "first"])
def test_a_full_file_makes_valid_manifests(tmp_path: Path, target: str) -> None:
    late = columns()["late"]
    made = start(
        tmp_path,
        target,
        order_id=list(range(ROWS)),
        day=[str(each) for each in days()],
        customer_id=[row % 120 for row in range(ROWS)],
        nothing=[None] * ROWS,
        constant=["a"] * ROWS,
        outcome=[1 if each == "yes" else 0 for each in late],
    )
    job, deployment = documents(made)
    require_valid(TRAINING_JOB, job)
    require_valid(MODEL_DEPLOYMENT, deployment)
    assert {each["name"] for each in job["spec"]["data"]["columns"]} >= {"order_id", "customer_id", "nothing", "constant"}
    assert job["spec"]["data"]["split"]["by"] == "Time"


def test_comments_say_why(tmp_path: Path) -> None:
    late = columns()["late"]
    text = start(tmp_path, outcome=[each == "yes" for each in late], constant=["a"] * ROWS).training_job.read_text()
    assert "- {name: constant, role: Ignored} # it has the same value in every row" in text
    assert "suspected leakage: " in text
    assert "Is it known when a prediction is made? Then role: Feature" in text.replace("\n    # ", " ")
    assert "positive is yes" in text


def test_a_number_is_offered_a_yes_no_question(tmp_path: Path) -> None:
    text = start(tmp_path, target="first").training_job.read_text()
    assert "# targetFrom: {column: first, above: " in text


def test_odd_column_names_survive(tmp_path: Path) -> None:
    file = tmp_path / "odd.parquet"  # Polars leaves quotes in a CSV's header doubled
    pl.DataFrame({**columns(), **{name: ["x"] * ROWS for name in ODD_NAMES}}).write_parquet(file)
    job, _ = documents(write_start(file, "late", name=None, folder=tmp_path, force=False))
    assert {each["name"] for each in job["spec"]["data"]["columns"]} == set(ODD_NAMES)


@pytest.mark.parametrize(
    "text", [*ODD_NAMES, "plain", "./my data.csv", "../up/x.csv", "~", "null", "on", "1e3", "2026-01-31", "a:b", "", " a"]
)
def test_scalars_are_read_as_they_were(text: str) -> None:
    assert yaml.safe_load(f"{{name: {scalar(text)}, x: 1}} # {text.splitlines()[0] if text else ''}") == {"name": text, "x": 1}


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("my.csv", "my"),
        ("My Data (final).csv.gz", "my-data-final"),
        ("2024_sales.parquet", "sales"),
        ("Überblick.csv", "uberblick"),
        ("数据.csv", "my-model"),
        ("a" * 60 + ".csv", "a" * 40),
        ("x" * 39 + "-y.csv", "x" * 39),
    ],
)
def test_names_come_from_files(file: str, name: str) -> None:
    assert name_from_file(Path(file)) == name


def test_gzip_and_parquet_are_read(tmp_path: Path) -> None:
    plain = write(tmp_path)
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    made = write_start(tmp_path / "packed.csv.gz", "late", name="packed", folder=tmp_path / "deep" / "er", force=False)
    assert documents(made)[0]["spec"]["data"]["source"]["uri"] == "../../packed.csv.gz"


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    made = start(tmp_path)
    made.training_job.write_text("mine")
    with pytest.raises(NoStart, match=r"training-job\.yaml and .*model-deployment\.yaml exist already: --force overwrites"):
        write_start(tmp_path / "my.csv", "late", name=None, folder=tmp_path, force=False)
    assert made.training_job.read_text() == "mine"
    write_start(tmp_path / "my.csv", "late", name="other", folder=tmp_path, force=True)
    assert yaml.safe_load(made.training_job.read_text())["metadata"]["name"] == "other"


@pytest.mark.parametrize(
    ("content", "target", "words"),
    [
        (None, "late", "there is no file .*my.csv; "),
        ("", "late", "is empty: it has no header and no rows"),
        ("a,late\n", "late", "has no rows"),
        ("a,late\n" + "1,x\n2,y\n" * 40, "lat", "--target names column 'lat', which the data doesn't have; did you mean 'late'?"),
        ("a,late\n" + "1,x\n2,x\n" * 40, "late", "one class only, in all 80 rows"),
        ("a,late\n" + "1,x\n2,y\n" * 10, "late", "only 20 rows have a value of 'late'; at least 50 are needed"),
        ("a,late\n" + "".join(f"{row},c{row}\n" for row in range(20)) * 3, "late", "classes of the target 'late' have fewer than 10 rows"),
        ("a,late\n" + "1,x\n2,y,z\n" * 40, "late", "my.csv: line 3: 3 fields, the header has 2"),
        ("a,late\n" + "q,x\nq,y\n" * 40, "late", "no column is left as a feature"),
    ],
)
def test_what_can_not_be_started_from_is_said_in_words(tmp_path: Path, content: str | None, target: str, words: str) -> None:
    file = tmp_path / "my.csv"
    if content is not None:
        file.write_text(content)
    with pytest.raises(NoStart, match=words):
        write_start(file, target, name=None, folder=tmp_path / "out", force=False)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "words"), [("my.xlsx", "has to end in"), ("folder", "is a folder"), ("gone/my.csv", "doesn't exist either")]
)
def test_other_files_are_refused(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "my.xlsx").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(NoStart, match=words):
        write_start(tmp_path / name, "late", name=None, folder=tmp_path, force=False)


def test_a_name_that_can_not_be_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoStart, match="--name 'My Model' can't be a resource's name"):
        write_start(write(tmp_path), "late", name="My Model", folder=tmp_path, force=False)


def test_a_folder_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(NoStart, match=r"taken.*can't be written"):
        write_start(write(tmp_path), "late", name=None, folder=tmp_path / "taken", force=False)


def test_limits_are_wider_where_there_is_little_to_compare_with() -> None:
    assert thresholds(10_000) == (0.2, 0.1)
    few_psi, few_distance = thresholds(60)
    assert few_psi > 0.4
    assert few_distance > 0.15


def test_the_report_says_what_was_seen_and_what_comes_next(tmp_path: Path) -> None:
    made = start(tmp_path, order_id=list(range(ROWS)))
    text = report(made)
    assert "my.csv: 600 rows, 4 columns" in text
    assert "Target late: Classification, 2 classes: no " in text
    assert "order_id: it numbers the rows" in text
    assert "modelyard apply -f" in text
    assert "modelyard explain tj my" in text


def test_a_library_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.tree", None)
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(CommandError, match=r"the library sklearn.*pip install 'modelyard\[local\]'"):
        started(write(tmp_path), "late", name=None, folder=tmp_path, force=False)


def test_the_command(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(init)
    outcome = CliRunner().invoke(app, [str(write(tmp_path)), "--target", "late", "--name", "punctual", "--out", str(tmp_path / "out")])
    assert outcome.exit_code == 0, outcome.output
    assert "modelyard wait tj/punctual --for condition=Promoted" in outcome.output
    assert (tmp_path / "out" / "training-job.yaml").exists()
