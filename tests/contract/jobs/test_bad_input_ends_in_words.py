"""What is wrong with manifest, data or services ends the pod with a documented exit code, a reason and a sentence that says what to do."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from modelyard_local.preparation import free_ports

Run = Callable[..., Any]
ROWS = pl.DataFrame(
    {
        "size": [float(row % 37) for row in range(200)],
        "colour": [["red", "green", "blue"][row % 3] for row in range(200)],
        "kind": [["a", "b"][(row * 7 // 5) % 2] for row in range(200)],
    }
)
INVALID, UNAVAILABLE = 65, 69


@dataclass(frozen=True)
class Case:
    """A table, or a URI where nothing is, and what the pod has to say about it."""

    reason: str
    words: tuple[str, ...]
    frame: pl.DataFrame | None = None
    uri: str = ""
    spec: dict[str, Any] = field(default_factory=dict)
    target: str = "kind"


CASES = {
    "bucket is missing": Case("DataUnavailable", ("bucket 'nowhere'", "doesn't exist", "create it"), uri="s3://nowhere/rows.csv"),
    "key is missing": Case("DataUnavailable", ("s3://datasets/absent.csv", "no such key"), uri="s3://datasets/absent.csv"),
    "no file matches": Case("DataUnavailable", ("no file matches", "datasets"), uri="s3://datasets/none/part-*.csv"),
    "target is missing": Case("DataInvalid", ("spec.objective.target", "'knd'", "did you mean 'kind'?"), ROWS, target="knd"),
    "another column is missing": Case(
        "DataInvalid",
        ("spec.data.columns[colr]", "did you mean 'colour'?"),
        ROWS,
        spec={"data": {"columns": [{"name": "colr", "role": "Ignored"}]}},
    ),
    "data are empty": Case("DataInvalid", ("has no rows",), ROWS.head(0)),
    "a column has no value": Case(
        "DataInvalid", ("column 'size' has no value", "role: Ignored"), ROWS.with_columns(pl.lit(None, pl.Float64).alias("size"))
    ),
    "the target has no value": Case(
        "DataInvalid", ("column 'kind' has no value",), ROWS.with_columns(pl.lit(None, pl.String).alias("kind"))
    ),
    "one class only": Case("DataInvalid", ("'kind' has one class only", "200 rows"), ROWS.with_columns(pl.lit("a").alias("kind"))),
    "a class is too rare": Case(
        "DataInvalid",
        ("1 of the 3 classes", "fewer than 10 rows"),
        ROWS.with_columns(pl.Series("kind", ["c", *ROWS["kind"].to_list()[1:]])),
    ),
    "metric of another task": Case(
        "InvalidSpec", ("spec.objective.metric rmse", "Classification"), ROWS, spec={"objective": {"metric": "rmse"}}
    ),
    "parameter unknown": Case(
        "InvalidSpec",
        ("Linear has no parameter 'depth'",),
        ROWS,
        spec={"model": {"architecture": "Linear", "parameters": [{"name": "depth", "value": 3}]}},
    ),
    "the answer is among the columns": Case(
        "SuspectedLeakage", ("column 'copy' alone",), ROWS.with_columns((pl.col("kind") == "a").cast(pl.Int8).alias("copy"))
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_wrong_input_is_terminal(name: str, namespace: Any, run: Run, train_request: Run) -> None:
    case = CASES[name]
    uri = case.uri if case.frame is None else namespace.upload(f"bad/{name.replace(' ', '-')}.csv", case.frame)
    ended = run("train", train_request("bad", uri, case.target, **case.spec))
    assert ended.exit_code == INVALID, ended.output
    assert ended.message["kind"] == "Error"
    assert ended.message["reason"] == case.reason
    for words in case.words:
        assert words in ended.message["message"]
    assert "Traceback" not in ended.output


CONTENTS = {
    "bad/book.csv": (b"\xd0\xcf\x11\xe0" + bytes(512), "is an Excel workbook"),
    "bad/cut.csv.gz": (gzip.compress(b"kind,size\na,1\n" * 99)[:-9], "ends too early: it is packed with gzip"),
    "bad/cut.parquet": (b"PAR1" + bytes(99), "begins as a Parquet file and has no footer"),
    "bad/ragged.csv": (b"kind,size\na,1\nb,2,3\n", "line 3: 3 fields, the header has 2"),
    "bad/text.parquet": (b"kind,size\na,1\n", "only 1 row"),  # read by what is in it
}


@pytest.mark.parametrize("key", CONTENTS)
def test_a_file_that_cannot_be_read_is_terminal(key: str, namespace: Any, run: Run, train_request: Run) -> None:
    content, words = CONTENTS[key]
    namespace.s3.client().put_object(Bucket="datasets", Key=key, Body=content)
    ended = run("train", train_request("bad", f"s3://datasets/{key}", "kind"))
    assert (ended.exit_code, ended.message["reason"]) == (INVALID, "DataInvalid"), ended.output
    assert words in ended.message["message"]
    assert "Traceback" not in ended.output


def test_a_file_of_one_machine_is_none_of_a_cluster(run: Run, train_request: Run) -> None:
    ended = run("train", train_request("bad", "file:///etc/hostname.csv", "kind"))
    assert (ended.exit_code, ended.message["reason"]) == (INVALID, "DataUnavailable"), ended.output
    assert "file:// is for the platform on one machine" in ended.message["message"]


def test_files_of_one_set_have_to_agree(namespace: Any, run: Run, train_request: Run) -> None:
    namespace.upload("bad/set/1.csv", ROWS)
    namespace.upload("bad/set/2.csv", ROWS.rename({"size": "sise"}))
    ended = run("train", train_request("bad", "s3://datasets/bad/set/*.csv", "kind"))
    assert ended.exit_code == INVALID
    assert "bad/set/2.csv lacks size and has sise besides" in ended.message["message"]


def test_wrong_credentials_name_the_secret(namespace: Any, run: Run, train_request: Run, tmp_path: Path) -> None:
    uri = namespace.upload("bad/rows.csv", ROWS)
    for changed in ({"S3_SECRET_ACCESS_KEY": "wrong"}, {"S3_ACCESS_KEY_ID": "nobody"}):
        root = namespace.mounted(tmp_path / next(iter(changed)), **changed)
        ended = run("train", train_request("bad", uri, "kind"), root)
        assert ended.exit_code == INVALID, ended.output
        assert ended.message["reason"] == "DataUnavailable"
        assert "refuses the credentials" in ended.message["message"]
        assert "Secret" in ended.message["message"]
        assert "wrong" not in ended.message["message"].split()


def test_source_credentials_go_before_the_platforms(namespace: Any, run: Run, train_request: Run, tmp_path: Path) -> None:
    uri = namespace.upload("bad/rows.csv", ROWS)
    root = namespace.mounted(tmp_path / "etc")
    (root / "source").mkdir()
    for name, value in {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "x", "AWS_ENDPOINT_URL": namespace.s3.endpoint}.items():
        (root / "source" / name).write_text(value)
    ended = run("train", train_request("bad", uri, "kind"), root)
    assert (ended.exit_code, ended.message["reason"]) == (INVALID, "DataUnavailable")


def test_servers_that_do_not_answer_are_worth_a_retry(namespace: Any, run: Run, train_request: Run, tmp_path: Path) -> None:
    uri = namespace.upload("bad/rows.csv", ROWS)
    nobody = f"http://127.0.0.1:{free_ports(1)[0]}"
    without_mlflow = run("train", train_request("bad", uri, "kind"), namespace.mounted(tmp_path / "mlflow", MLFLOW_TRACKING_URI=nobody))
    assert without_mlflow.exit_code == UNAVAILABLE, without_mlflow.output
    assert without_mlflow.message["reason"] == "RegistryUnavailable"
    assert f"MLflow at {nobody} doesn't answer" in without_mlflow.message["message"]
    without_s3 = run("train", train_request("bad", uri, "kind"), namespace.mounted(tmp_path / "s3", S3_ENDPOINT_URL=nobody))
    assert without_s3.exit_code == UNAVAILABLE, without_s3.output
    assert without_s3.message["reason"] == "DataUnavailable"
    assert nobody in without_s3.message["message"]


def test_a_wrong_mlflow_login_names_the_secret_and_is_worth_a_retry(namespace: Any, run: Run, train_request: Run, tmp_path: Path) -> None:
    ended = run(
        "train",
        train_request("bad", namespace.upload("bad/rows.csv", ROWS), "kind"),
        namespace.mounted(tmp_path / "etc", MLFLOW_TRACKING_PASSWORD="wrong"),
    )
    assert ended.exit_code == UNAVAILABLE, ended.output
    assert ended.message["reason"] == "RegistryUnavailable"
    assert "Secret 'modelyard'" in ended.message["message"]


def test_an_incomplete_namespace_names_the_missing_key(namespace: Any, run: Run, train_request: Run, tmp_path: Path) -> None:
    ended = run("train", train_request("bad", "s3://datasets/bad/rows.csv", "kind"), namespace.mounted(tmp_path / "etc", S3_BUCKET=""))
    assert (ended.exit_code, ended.message["reason"]) == (UNAVAILABLE, "ConfigMissing")
    assert "S3_BUCKET" in ended.message["message"]


def test_a_request_that_is_none_is_terminal(run: Run, train_request: Run) -> None:
    ended = run("train", train_request("bad", "s3://datasets/rows.csv", "kind") | {"attempt": "first"})
    assert (ended.exit_code, ended.message["reason"]) == (INVALID, "InvalidSpec")
    assert "attempt" in ended.message["message"]
