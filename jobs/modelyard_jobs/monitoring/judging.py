"""Takes the complete windows out of the log and records the verdict on each."""

import gzip
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import polars as pl
from modelyard_api.pod_contract import MonitorRequest
from modelyard_api.request_log import monitoring_prefix, requests_prefix

from modelyard_jobs.monitoring.bucket import Bucket
from modelyard_jobs.monitoring.feedback import predictions_file
from modelyard_jobs.monitoring.log_position import finished, list_after, partly_taken, scan
from modelyard_jobs.monitoring.reference import ModelSource
from modelyard_jobs.monitoring.request_rows import RequestLogReader, WindowRows
from modelyard_jobs.monitoring.state import KEPT_WINDOWS, JudgedWindow, LastVerdict, VersionState
from modelyard_jobs.monitoring.times import from_microseconds, interval_text, to_microseconds
from modelyard_jobs.monitoring.verdict import WindowVerdict, judge
from modelyard_jobs.monitoring.windows import Taking, next_window

WINDOWS_PER_RUN = 20  # the rest is judged by the next run


@dataclass
class WindowJudge:
    """One run's judging. It writes only reports and predictions, under names that a repeated run gives them again."""

    request: MonitorRequest
    bucket: Bucket
    source: ModelSource
    now: datetime
    problems: list[str] = field(default_factory=list)

    @cached_property
    def reference(self) -> pl.DataFrame:
        """Fetched when the first window is judged."""
        return self.source.reference()

    def judge_new(self, state: VersionState) -> VersionState:
        """Reads what is new in the log and judges every window that is complete by now."""
        prefix = requests_prefix(self.request.namespace, self.request.name)
        reader = RequestLogReader(self.bucket, prefix, self.request.version)
        keys = self.bucket.keys_after(prefix, list_after(state.position.horizon))
        found = scan(state.position, keys, reader, to_microseconds(self.now))
        if found.unreadable:
            self.problems.append(f"{len(found.unreadable)} files of the request log can't be read, the first is {found.unreadable[0]}")
        state = state.model_copy(update={"position": found.position})
        for _ in range(WINDOWS_PER_RUN):
            last_end = state.windows[-1].end if state.windows else 0
            taking = next_window(self.request.monitoring.window, state.position.waiting, found.complete_until, last_end)
            if taking is None:
                break
            state = self._judge_one(state, taking, reader)
        return state

    def _judge_one(self, state: VersionState, taking: Taking, reader: RequestLogReader) -> VersionState:
        rows, position = WindowRows(), state.position
        for share in taking.shares:
            frame, remaining = reader.take(share)
            rows.add(frame)
            position = partly_taken(position, remaining) if remaining else finished(position, share.file.key)
        state = state.model_copy(update={"position": position})
        if rows.start is None or rows.end is None:
            return state
        start, end = (rows.start, rows.end) if taking.start is None or taking.end is None else (taking.start, taking.end)
        return self._record(state, rows, start, end)

    def _record(self, state: VersionState, rows: WindowRows, start: int, end: int) -> VersionState:
        frame, enough = rows.frame(), rows.rows >= self.request.monitoring.minimum_rows
        verdict = judge(self.reference, frame, self.request.monitoring) if enough else WindowVerdict(None, None)
        name = f"v{self.request.version}-{state.judged + 1:06d}-{from_microseconds(start):%Y%m%dT%H%M%SZ}"
        report, predictions = self._write(name, verdict, frame if enough else None)
        window = JudgedWindow(
            number=state.judged + 1,
            start=start,
            end=end,
            rows=rows.rows,
            vote=verdict.vote,
            drifted_share=verdict.drifted_share,
            report=report,
            predictions=predictions,
        )
        return _with_window(state, window, self._last(window, verdict))

    def _last(self, window: JudgedWindow, verdict: WindowVerdict) -> LastVerdict:
        return LastVerdict(
            window=interval_text(window.start, window.end),
            rows=window.rows,
            drifted_share=verdict.drifted_share,
            columns=verdict.columns,
            findings=verdict.findings,
            report_url=f"s3://{self.bucket.name}/{window.report}" if window.report else "",
        )

    def _write(self, name: str, verdict: WindowVerdict, frame: pl.DataFrame | None) -> tuple[str, str]:
        """Keys of the report and of the predictions; empty where there is nothing to keep."""
        prefix = monitoring_prefix(self.request.namespace, self.request.name)
        report = predictions = ""
        if verdict.html:  # 4 MB of mostly plotly's script; browsers unpack it
            report = f"{prefix}reports/{name}.html"
            self.bucket.write(report, gzip.compress(verdict.html, mtime=0), "text/html; charset=utf-8", encoding="gzip")
        if frame is not None and self.request.monitoring.performance:
            predictions = f"{prefix}predictions/{name}.parquet"
            self.bucket.write(predictions, predictions_file(frame, self.reference), "application/vnd.apache.parquet")
        return report, predictions


def _with_window(state: VersionState, window: JudgedWindow, last: LastVerdict) -> VersionState:
    return state.model_copy(
        update={
            "windows": (*state.windows, window)[-KEPT_WINDOWS:],
            "judged": window.number,
            "voted": state.voted + (window.vote is not None),
            "last": last,
            "last_drifted": last if window.vote else state.last_drifted,
        }
    )
