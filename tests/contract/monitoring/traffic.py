"""Writes a request log and feedback as the inference server does."""

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from modelyard_api import request_log

_FILE_ROWS = 500


@dataclass
class Traffic:
    """The log of one deployment. Time is the test's own: it advances with the rows."""

    client: Any
    bucket: str
    namespace: str
    deployment: str
    now: datetime
    version: str = "1"
    written: list[pl.DataFrame] = field(default_factory=list)  # with request ids and labels
    _number: int = 0

    def send(self, rows: pl.DataFrame, *, over: timedelta = timedelta(seconds=100)) -> None:
        """One file per 500 rows, one request per row, spread over ``over``."""
        step = over / max(rows.height, 1)
        for start in range(0, rows.height, _FILE_ROWS):
            part = rows.slice(start, _FILE_ROWS)
            times = [self.now + step * index for index in range(part.height)]
            self.now = times[-1] + step
            self.put(part, times)

    def put(self, rows: pl.DataFrame, times: list[datetime], *, written: datetime | None = None) -> str:
        """One file; ``written`` dates its key."""
        self._number += 1
        logged = rows.with_columns(
            pl.Series(request_log.REQUEST_ID, [f"{self.deployment}-{self._number}-{index}" for index in range(rows.height)]),
            pl.lit(0, dtype=pl.Int64).alias(request_log.ROW),
            pl.Series(request_log.TIME, times, dtype=pl.Datetime("us", "UTC")),
            pl.lit(self.version).alias(request_log.MODEL_VERSION),
        )
        self.written.append(logged)
        prefix = request_log.requests_prefix(self.namespace, self.deployment)
        return self._store(prefix, logged.drop("label", "group", strict=False), written or self.now)

    def feed_back(self, rows: pl.DataFrame, *, flipped: bool = False) -> None:
        """The labels of logged rows as outcomes; ``flipped`` tells the opposite."""
        outcome = rows["label"].replace({"true": "false", "false": "true"}) if flipped else rows["label"]
        frame = rows.select(request_log.REQUEST_ID, request_log.ROW).with_columns(outcome.alias(request_log.OUTCOME))
        self._number += 1
        self._store(request_log.feedback_prefix(self.namespace, self.deployment), frame, self.now)

    def _store(self, prefix: str, frame: pl.DataFrame, written: datetime) -> str:
        microseconds = (written - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        key = f"{prefix}date={written:%Y-%m-%d}/{microseconds:016d}-pod-{self._number}.parquet"
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        self.client.put_object(Bucket=self.bucket, Key=key, Body=buffer.getvalue())
        return key
