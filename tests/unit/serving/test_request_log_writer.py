"""The request log keeps what fits, counts what doesn't, tries again, and never holds up whoever hands something over."""

import io
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl
import pytest
from modelyard_serving.protocols.feedback import Outcome
from modelyard_serving.request_log.records import AnsweredRequest, Outcomes, RequestTable, encode_outcomes
from modelyard_serving.request_log.writer import Destination, ParquetWriter, RecordBuffer

from tests.unit.serving.conftest import DistanceModel, FixedClock

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WITHIN = 20.0


@dataclass(frozen=True)
class Rows:
    rows: int
    size: int = 1


@dataclass
class Bucket:
    """Stores objects while ``open`` is set; otherwise fails, or hangs where ``hang`` is set."""

    stored: dict[str, bytes] = field(default_factory=dict)
    attempts: list[str] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def put(self, key: str, content: bytes) -> None:
        with self.changed:
            self.attempts.append(key)
            self.changed.notify_all()
            if not self.open.is_set():
                raise ConnectionError("away")
            self.stored[key] = content

    def wait_for(self, condition) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, WITHIN)


class Counts:
    def __init__(self):
        self.written = self.dropped = 0

    def write(self, rows):
        self.written += rows

    def drop(self, rows):
        self.dropped += rows


@pytest.fixture
def bucket():
    bucket = Bucket()
    bucket.open.set()
    return bucket


@pytest.fixture
def counts():
    return Counts()


@pytest.fixture
def make_writer(bucket, counts):
    writers = []

    def make(encode=lambda records: b"%d" % sum(record.rows for record in records), *, max_rows=10, max_bytes=100, enough=4, interval=0.01):
        to = Destination("ml/flights/requests/", "pod-a", bucket.put, counts.write, counts.drop)
        writers.append(ParquetWriter(RecordBuffer(max_rows, max_bytes, enough), encode, to, FixedClock(), interval))
        writers[-1].start()
        return writers[-1]

    yield make
    for writer in writers:
        writer.close(0)


def test_files_are_named_by_day_time_pod_and_number(make_writer, bucket, counts):
    writer = make_writer()
    writer.offer(Rows(2))
    bucket.wait_for(lambda: bucket.stored)
    writer.offer(Rows(1))
    writer.close(WITHIN)
    at = int(NOON.timestamp() * 1e6)
    assert list(bucket.stored.items()) == [
        (f"ml/flights/requests/date=2026-03-01/{at}-pod-a-1.parquet", b"2"),
        (f"ml/flights/requests/date=2026-03-01/{at}-pod-a-2.parquet", b"1"),
    ]
    assert (counts.written, counts.dropped) == (3, 0)


def test_enough_rows_are_written_before_the_interval_is_over(make_writer, bucket):
    writer = make_writer(interval=3600)
    for _ in range(4):
        writer.offer(Rows(1))
    bucket.wait_for(lambda: list(bucket.stored.values()) == [b"4"])


def test_what_is_left_is_written_on_close(make_writer, bucket, counts):
    writer = make_writer(interval=3600)
    writer.offer(Rows(3))
    writer.close(WITHIN)
    assert (list(bucket.stored.values()), counts.written) == ([b"3"], 3)
    assert writer.offer(Rows(1)) is False
    assert counts.dropped == 1


def test_it_tries_again_until_the_bucket_is_back(make_writer, bucket, counts):
    bucket.open.clear()
    writer = make_writer()
    assert writer.offer(Rows(3))
    bucket.wait_for(lambda: len(bucket.attempts) >= 2)
    assert (counts.written, counts.dropped) == (0, 0)
    bucket.open.set()
    bucket.wait_for(lambda: list(bucket.stored.values()) == [b"3"])


def test_without_the_bucket_only_so_many_rows_are_kept(make_writer, bucket, counts):
    bucket.open.clear()
    writer = make_writer(max_rows=10)
    assert [writer.offer(Rows(3)) for _ in range(5)] == [True, True, True, False, False]
    assert writer.offer(Rows(1))
    assert counts.dropped == 6
    writer.close(0.2)
    assert (counts.written, counts.dropped) == (0, 16)


def test_large_rows_are_bounded_by_their_bytes(make_writer, bucket, counts):
    bucket.open.clear()
    writer = make_writer(max_bytes=100)
    assert [writer.offer(Rows(1, size=60)), writer.offer(Rows(1, size=60)), writer.offer(Rows(1, size=40))] == [True, False, True]


def test_a_record_that_cannot_be_encoded_is_dropped_and_the_next_is_written(make_writer, bucket, counts):
    def encode(records):
        if records[0].rows == 2:
            raise ValueError("no")
        return b"good"

    writer = make_writer(encode, enough=1)
    writer.offer(Rows(2))
    writer.offer(Rows(1))
    writer.close(WITHIN)
    assert (list(bucket.stored.values()), counts.written, counts.dropped) == ([b"good"], 1, 2)


def test_the_request_table_has_the_agreed_columns():
    inputs = {"distance": [1.0, 2.0], "carrier": ["UA", None], "visib": [None, None]}
    outputs = {"prediction": ["no", "yes"], "probability_no": [0.9, 0.1], "probability_yes": [0.1, 0.9]}
    none_seen = {name: values[:1] for name, values in inputs.items()} | {"carrier": [None]}
    requests = [
        AnsweredRequest("a", NOON, inputs, outputs, 2, 10),
        AnsweredRequest("b", NOON, none_seen, {name: values[:1] for name, values in outputs.items()}, 1, 10),
    ]
    frame = pl.read_parquet(io.BytesIO(RequestTable(DistanceModel(), "7").encode(requests)))
    assert frame.schema == {
        "request_id": pl.String,
        "row": pl.Int64,
        "time": pl.Datetime("us", "UTC"),
        "model_version": pl.String,
        "input.distance": pl.Float64,
        "input.carrier": pl.String,
        "input.visib": pl.Float64,
        "output.prediction": pl.String,
        "output.probability_no": pl.Float64,
        "output.probability_yes": pl.Float64,
    }
    assert frame.select("request_id", "row", "input.carrier", "input.visib").rows() == [
        ("a", 0, "UA", None),
        ("a", 1, None, None),
        ("b", 0, None, None),
    ]
    assert frame["time"].unique().to_list() == [NOON]


def test_a_regressions_prediction_is_a_number_in_every_file():
    model = DistanceModel(classes=())
    request = AnsweredRequest("a", NOON, {"distance": [1.0], "carrier": [None], "visib": [None]}, {"prediction": [3]}, 1, 10)
    frame = pl.read_parquet(io.BytesIO(RequestTable(model, "7").encode([request])))
    assert frame.schema["output.prediction"] == pl.Float64


def test_outcomes_have_the_agreed_columns():
    batches = [Outcomes(NOON, [Outcome("a", 0, "yes"), Outcome("a", 1, "no")], 10), Outcomes(NOON, [Outcome("b", 0, "yes")], 10)]
    frame = pl.read_parquet(io.BytesIO(encode_outcomes(batches)))
    assert frame.schema == {"request_id": pl.String, "row": pl.Int64, "time": pl.Datetime("us", "UTC"), "outcome": pl.String}
    assert frame.select("request_id", "row", "outcome").rows() == [("a", 0, "yes"), ("a", 1, "no"), ("b", 0, "yes")]
