"""True outcomes, joined with the predictions of the newest windows. Outcomes come late and in any order, so the join is made anew each time."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from modelyard_api.pod_contract import MonitorRequest
from modelyard_api.request_log import OUTCOME, OUTPUT_PREFIX, REQUEST_ID, ROW, TIME, feedback_prefix

from modelyard_jobs.monitoring.bucket import Bucket
from modelyard_jobs.monitoring.state import JudgedWindow, VersionState
from modelyard_jobs.monitoring.windows import list_after, written_at

FEEDBACK_FILES = 10_000  # the newest; older ones are not joined any more
LOOKED_BACK = 20  # windows; labels that are later than that change nothing any more
PREDICTION_ROWS = 20_000  # kept per window
_SEED = 0
_KEY = (REQUEST_ID, ROW)


def predictions_file(window: pl.DataFrame, reference: pl.DataFrame) -> bytes:
    """What the model predicted for a window's rows, as Parquet; the classes in the reference's order."""
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

    def files_since(self, start: int) -> list[str]:
        """Keys of files written at ``start`` (microseconds) or later, oldest first."""
        keys = [key for key in self.bucket.keys_after(self.prefix, list_after(start)) if written_at(key) is not None]
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


def new_outcomes(state: VersionState, request: MonitorRequest, bucket: Bucket) -> tuple[VersionState, pl.DataFrame | None]:
    """Predictions with their outcomes; None, and nothing is read, when no window or label is new. The state then knows which were seen."""
    performance = request.monitoring.performance
    windows = [window for window in state.windows if window.predictions][-LOOKED_BACK:]
    if performance is None or not state.windows:
        return state.model_copy(update={"labels_seen": "", "label_problems": ()}), None
    log = FeedbackLog(bucket, feedback_prefix(request.namespace, request.name))
    files = log.files_since(windows[0].start) if windows else []
    seen = f"{windows[-1].number if windows else 0} {len(files)} {files[-1] if files else ''} {performance.model_dump_json()}"
    if seen == state.labels_seen:
        return state, None
    labelled, problems = _labelled(windows, log, files, request.monitoring.alert.of)
    return state.model_copy(update={"labels_seen": seen, "label_problems": problems}), labelled


def _labelled(windows: list[JudgedWindow], log: FeedbackLog, files: list[str], newest: int) -> tuple[pl.DataFrame, tuple[str, ...]]:
    predictions = [frame for window in windows if (frame := _predictions(log.bucket, window.predictions)) is not None]
    if not files or not predictions:
        return pl.DataFrame(), ()
    wanted = pl.concat([frame.select("request_id", "row") for frame in predictions])
    outcomes, unreadable = log.outcomes(files, wanted)
    joined = [labelled for frame in predictions if (labelled := join(frame, outcomes)).height]
    problem = f"{unreadable} feedback files can't be read as Parquet with columns request_id, row, outcome"
    return pl.concat(joined[-newest:], how="diagonal_relaxed") if joined else pl.DataFrame(), (problem,) if unreadable else ()


def _predictions(bucket: Bucket, key: str) -> pl.DataFrame | None:
    stored = bucket.read(key)
    return pl.read_parquet(io.BytesIO(stored.body)) if stored else None
