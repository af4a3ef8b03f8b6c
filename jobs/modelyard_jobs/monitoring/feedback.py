"""True outcomes, joined with the predictions they are about. Outcomes come late and in any order, so the join is made anew each time."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from modelyard_api.request_log import OUTCOME, OUTPUT_PREFIX, REQUEST_ID, ROW, TIME

from modelyard_jobs.monitoring.bucket import Bucket
from modelyard_jobs.monitoring.log_position import list_after, written_at

FEEDBACK_FILES = 10_000  # the newest; older ones are not joined any more
PREDICTION_ROWS = 20_000  # kept per window
_SEED = 0
_KEY = (REQUEST_ID, ROW)


def predictions_file(window: pl.DataFrame, reference: pl.DataFrame) -> bytes:
    """What a window's rows were answered, as Parquet; the classes in the reference's order."""
    outputs = [name for name in reference.columns if name.startswith(OUTPUT_PREFIX) and name in window.columns]
    frame = window.select(REQUEST_ID, ROW, TIME, *outputs)
    buffer = io.BytesIO()
    (frame.sample(PREDICTION_ROWS, seed=_SEED) if frame.height > PREDICTION_ROWS else frame).write_parquet(buffer)
    return buffer.getvalue()


@dataclass(frozen=True)
class FeedbackLog:
    """The outcomes that were sent for one deployment."""

    bucket: Bucket
    prefix: str

    def files_since(self, moment: int) -> list[str]:
        """Keys of files written at ``moment`` (microseconds) or later, oldest first."""
        keys = [key for key in self.bucket.keys_after(self.prefix, list_after(moment)) if written_at(key) is not None]
        return keys[-FEEDBACK_FILES:]

    def outcomes(self, files: Sequence[str], wanted: pl.DataFrame) -> tuple[pl.DataFrame, int]:
        """``request_id, row, outcome`` for the requests in ``wanted`` (of several outcomes the last), and how many files can't be read."""
        frames, unreadable = [], 0
        for key in files:
            stored = self.bucket.read(self.prefix + key)
            if stored is None:
                continue
            try:
                frame = pl.read_parquet(io.BytesIO(stored.body)).select(
                    pl.col(REQUEST_ID).cast(pl.String), pl.col(ROW).cast(pl.Int64), pl.col(OUTCOME).cast(pl.String)
                )
            except (pl.exceptions.PolarsError, OSError):
                unreadable += 1
                continue
            frames.append(frame.join(wanted, on=list(_KEY), how="semi"))
        if not frames:
            return pl.DataFrame(schema={REQUEST_ID: pl.String, ROW: pl.Int64, OUTCOME: pl.String}), unreadable
        return pl.concat(frames).drop_nulls().unique(list(_KEY), keep="last", maintain_order=True), unreadable


def join(predictions: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    """The predictions whose outcome is known, with it."""
    return predictions.unique(list(_KEY), keep="first", maintain_order=True).join(
        outcomes, on=list(_KEY), how="inner", maintain_order="left"
    )
