"""The newest windows that have labels, and the realised quality over them."""

import io

import polars as pl
from modelyard_api.pod_contract import MonitorRequest
from modelyard_api.request_log import feedback_prefix

from modelyard_jobs.monitoring.bucket import Bucket
from modelyard_jobs.monitoring.feedback import FeedbackLog, join
from modelyard_jobs.monitoring.realized_quality import Realized, realized_quality
from modelyard_jobs.monitoring.state import JudgedWindow, VersionState

LOOKED_BACK = 20  # windows; labels that are later than that change nothing any more


def refresh_quality(state: VersionState, request: MonitorRequest, bucket: Bucket) -> VersionState:
    """The state with the realised quality, and problems in words, as the labels stand now. Reads nothing when no window or label is new."""
    performance = request.monitoring.performance
    windows = [window for window in state.windows if window.predictions][-LOOKED_BACK:]
    if performance is None or not windows:
        return state.model_copy(update={"realized": None, "labels_seen": "", "label_problems": ()})
    log = FeedbackLog(bucket, feedback_prefix(request.namespace, request.name))
    files = log.files_since(windows[0].start)
    seen = f"{windows[-1].number} {len(files)} {files[-1] if files else ''} {performance.model_dump_json()}"
    if seen == state.labels_seen:
        return state
    labelled, problems = _labelled(windows, log, files, request.monitoring.alert.of)
    realized = Realized(None) if labelled is None else realized_quality(labelled, performance)
    problems += [realized.problem] if realized.problem else []
    return state.model_copy(update={"realized": realized.estimate, "labels_seen": seen, "label_problems": tuple(problems)})


def _labelled(windows: list[JudgedWindow], log: FeedbackLog, files: list[str], newest: int) -> tuple[pl.DataFrame | None, list[str]]:
    predictions = [frame for window in windows if (frame := _predictions(log.bucket, window.predictions)) is not None]
    if not files or not predictions:
        return None, []
    wanted = pl.concat([frame.select("request_id", "row") for frame in predictions])
    outcomes, unreadable = log.outcomes(files, wanted)
    joined = [labelled for frame in predictions if (labelled := join(frame, outcomes)).height]
    problems = [f"{unreadable} feedback files can't be read as Parquet with columns request_id, row, outcome"] if unreadable else []
    return (pl.concat(joined[-newest:], how="diagonal_relaxed") if joined else None), problems


def _predictions(bucket: Bucket, key: str) -> pl.DataFrame | None:
    stored = bucket.read(key)
    return pl.read_parquet(io.BytesIO(stored.body)) if stored else None
