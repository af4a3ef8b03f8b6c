"""Requests, answers and true outcomes arrive in S3 as Parquet; S3 being away costs rows, which are counted, never answers."""

import io
import re
import time
from datetime import UTC, datetime, timedelta

import polars as pl
from modelyard_api.request_log import feedback_prefix, requests_prefix

from tests.contract.serving.conftest import json_rows, write_platform
from tests.servers.s3_server import running_s3

UTC_TIME = pl.Datetime("us", "UTC")


def files(s3, prefix):
    listed = s3.client().list_objects_v2(Bucket=s3.bucket, Prefix=prefix).get("Contents", [])
    return [entry["Key"] for entry in listed]


def table(s3, prefix):
    bodies = [s3.client().get_object(Bucket=s3.bucket, Key=key)["Body"].read() for key in files(s3, prefix)]
    return pl.concat([pl.read_parquet(io.BytesIO(body)) for body in bodies]) if bodies else pl.DataFrame()


def test_requests_and_outcomes_arrive(serve, s3):
    requests, feedback = requests_prefix("ml", "logged"), feedback_prefix("ml", "logged")
    with serve("mlp", deployment="logged") as server:
        answer = server.client.post("/invocations", json={"dataframe_records": json_rows()}, headers={"x-request-id": "r-1"})
        assert answer.headers["x-request-id"] == "r-1"
        made = server.client.post("/invocations", json={"dataframe_records": json_rows()[:1]}).headers["x-request-id"]
        outcomes = [{"request_id": "r-1", "row": 2, "outcome": "yes"}, {"request_id": made, "outcome": "maybe"}]
        assert server.client.post("/feedback", json={"outcomes": outcomes}).status_code == 202
        server.wait_until(lambda: table(s3, requests).height == 5 and table(s3, feedback).height == 2)
        assert server.metric("modelyard_request_log_rows_written_total") == 5
        assert server.metric("modelyard_feedback_rows_written_total") == 2
    rows = table(s3, requests).sort("request_id", "row", descending=[made < "r-1", False])
    assert rows.schema == {
        "request_id": pl.String,
        "row": pl.Int64,
        "time": UTC_TIME,
        "model_version": pl.String,
        "input.size": pl.Float64,
        "input.color": pl.String,
        "input.at": pl.String,
        "output.prediction": pl.String,
        "output.probability_no": pl.Float64,
        "output.probability_yes": pl.Float64,
        "output.probability_maybe": pl.Float64,
    }
    logged = rows.filter(pl.col("request_id") == "r-1").sort("row")
    assert logged["row"].to_list() == [0, 1, 2, 3]
    assert logged["model_version"].unique().to_list() == ["1"]
    assert logged["time"].unique().len() == 1
    assert abs(logged["time"][0] - datetime.now(UTC)) < timedelta(minutes=5)
    assert logged.select("input.size", "input.color", "input.at").rows() == [tuple(row.values()) for row in json_rows()]
    answered = logged.select(pl.selectors.starts_with("output.")).rename(lambda name: name.removeprefix("output."))
    assert answered.to_dicts() == answer.json()["predictions"]
    assert rows.filter(pl.col("request_id") == made)["input.color"].to_list() == ["red"]
    labels = table(s3, feedback)
    assert labels.schema == {"request_id": pl.String, "row": pl.Int64, "time": UTC_TIME, "outcome": pl.String}
    assert set(labels.select("request_id", "row", "outcome").rows()) == {("r-1", 2, "yes"), (made, 0, "maybe")}
    for key in files(s3, requests) + files(s3, feedback):
        assert re.fullmatch(r"ml/logged/(requests|feedback)/date=\d{4}-\d\d-\d\d/\d{16}-[\w.-]+-\d+\.parquet", key)


def test_what_is_not_sampled_is_not_logged_and_not_a_loss(serve, s3):
    with serve("mlp", deployment="unsampled", sample_ratio=0.0) as server:
        for _ in range(5):
            assert server.client.post("/invocations", json={"dataframe_records": json_rows()}).status_code == 200
        assert server.client.post("/feedback", json={"request_id": "r", "outcome": "no"}).status_code == 202
        server.wait_until(lambda: len(files(s3, feedback_prefix("ml", "unsampled"))) == 1)
        assert server.metric("modelyard_request_log_rows_dropped_total") == 0
    assert files(s3, requests_prefix("ml", "unsampled")) == []


def test_what_is_left_is_written_at_the_end(serve, s3):
    with serve("mlp", deployment="flushed", LOG_INTERVAL_SECONDS="3600") as server:
        for _ in range(3):
            server.client.post("/invocations", json={"dataframe_records": json_rows()})
        assert files(s3, requests_prefix("ml", "flushed")) == []
    assert table(s3, requests_prefix("ml", "flushed")).height == 12


def test_answers_go_on_while_s3_is_away(serve, platform, registry, tmp_path):
    with running_s3(tmp_path / "own") as own:
        write_platform(platform, registry, own)
        port = int(own.endpoint.rsplit(":", 1)[1])
        with serve("mlp", deployment="away", LOG_BUFFER_ROWS="40", LOG_ROWS_PER_FILE="8") as server:
            own.process.stop()
            slowest = 0.0
            for _ in range(30):  # 120 rows, three times what may wait
                begun = time.perf_counter()
                assert server.client.post("/invocations", json={"dataframe_records": json_rows()}).status_code == 200
                slowest = max(slowest, time.perf_counter() - begun)
            assert slowest < 2.0
            assert server.metric("modelyard_request_log_rows_dropped_total") == 80
            assert server.metric("modelyard_request_log_rows_written_total") == 0
            assert server.why_unready() == ""
            assert server.client.post("/feedback", json={"request_id": "r", "outcome": "no"}).status_code == 202
            with running_s3(tmp_path / "own", port=port) as back:
                (platform / "secret" / "S3_SECRET_ACCESS_KEY").write_text(back.secret_key)
                server.wait_until(lambda: server.metric("modelyard_request_log_rows_written_total") == 40)
                server.wait_until(lambda: server.metric("modelyard_feedback_rows_written_total") == 1)
                assert table(back, requests_prefix("ml", "away")).height == 40
