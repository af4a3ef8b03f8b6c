"""Takes the complete windows out of the log and puts each to the checks."""

import gzip
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import polars as pl
from modelyard_api.catalogue.checks import CheckSpec, checks_of
from modelyard_api.pod_contract import MonitorRequest
from modelyard_api.request_log import monitoring_prefix, requests_prefix
from modelyard_api.timestamps import from_microseconds, interval_text, to_microseconds

from modelyard_jobs.monitoring.bucket import Bucket
from modelyard_jobs.monitoring.checks import check_of
from modelyard_jobs.monitoring.checks.check import Context
from modelyard_jobs.monitoring.feedback import predictions_file
from modelyard_jobs.monitoring.reference import ModelSource
from modelyard_jobs.monitoring.request_rows import RequestLogReader, WindowRows
from modelyard_jobs.monitoring.state import KEPT_WINDOWS, CheckResult, JudgedWindow, LastWindow, VersionState
from modelyard_jobs.monitoring.windows import WindowSlice, finished, list_after, next_window, partly_taken, scan
from modelyard_jobs.profile.profile import Profile

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

    @cached_property
    def profile(self) -> Profile | None:
        """Likewise."""
        return self.source.profile()

    @cached_property
    def checks(self) -> tuple[CheckSpec, ...]:
        """Those that the manifest asks for."""
        return checks_of(self.request.monitoring)

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
            window = next_window(self.request.monitoring.window, state.position.waiting, found.complete_until, last_end)
            if window is None:
                break
            state = self._judge_one(state, window, reader)
        return state

    def review(self, state: VersionState, outcomes: pl.DataFrame | None) -> VersionState:
        """What the checks say without a new window: of new outcomes, and of problems of the logs."""
        problems = (*state.label_problems, *self.problems)
        results = state.results | self._check(state, outcomes=outcomes, problems=problems)
        return state.model_copy(update={"results": {spec.name: results[spec.name] for spec in self.checks if spec.name in results}})

    def _check(
        self,
        state: VersionState,
        *,
        window: pl.DataFrame | None = None,
        outcomes: pl.DataFrame | None = None,
        problems: tuple[str, ...] = (),
    ) -> dict[str, CheckResult]:
        """What is new, by name of the check."""
        results = {}
        for spec in self.checks:
            previous = state.results.get(spec.name)
            context = Context(
                self.request,
                self.now,
                state.history(),
                previous,
                lambda: self.reference,
                lambda: self.profile,
                window=window,
                outcomes=outcomes,
                problems=problems,
            )
            if result := check_of(spec).run(context):
                results[str(spec.name)] = result
        return results

    def _judge_one(self, state: VersionState, window: WindowSlice, reader: RequestLogReader) -> VersionState:
        rows, position = WindowRows(), state.position
        for part in window.files:
            frame, remaining = reader.take(part)
            rows.add(frame)
            position = partly_taken(position, remaining) if remaining else finished(position, part.file.key)
        state = state.model_copy(update={"position": position})
        if rows.start is None or rows.end is None:
            return state
        start, end = (rows.start, rows.end) if window.start is None or window.end is None else (window.start, window.end)
        return self._record(state, rows, start, end)

    def _record(self, state: VersionState, rows: WindowRows, start: int, end: int) -> VersionState:
        """The window in the state, with the checks' votes and results: these stand as they were where it has too few rows."""
        number, enough = state.judged + 1, rows.rows >= self.request.monitoring.minimum_rows
        frame = rows.frame() if enough else None
        new = self._too_few(state, rows.rows) if frame is None else self._check(state, window=frame)
        votes = {check: result.vote for check, result in new.items() if result.vote is not None}
        name = f"v{self.request.version}-{number:06d}-{from_microseconds(start):%Y%m%dT%H%M%SZ}"
        report, predictions = self._write(name, next((result.page for result in new.values() if result.page), b""), frame)
        window = JudgedWindow(number=number, start=start, end=end, rows=rows.rows, votes=votes, report=report, predictions=predictions)
        url = f"s3://{self.bucket.name}/{report}" if report else ""
        return state.model_copy(
            update={
                "windows": (*state.windows, window)[-KEPT_WINDOWS:],
                "judged": number,
                "voted": state.voted + enough,
                "last": LastWindow(window=interval_text(start, end), rows=rows.rows, report_url=url),
                "results": state.results | new,
            }
        )

    def _too_few(self, state: VersionState, rows: int) -> dict[str, CheckResult]:
        """For checks that never said anything."""
        message = f"The window had {rows} rows and gave no vote: monitoring.minimumRows is {self.request.monitoring.minimum_rows}."
        return {spec.name: CheckResult(message=message) for spec in self.checks if spec.name not in state.results}

    def _write(self, name: str, page: bytes, frame: pl.DataFrame | None) -> tuple[str, str]:
        """Keys of the report and of the predictions; empty where there is nothing to keep."""
        prefix = monitoring_prefix(self.request.namespace, self.request.name)
        report = predictions = ""
        if page:  # 4 MB of mostly plotly's script; browsers unpack it
            report = f"{prefix}reports/{name}.html"
            self.bucket.write(report, gzip.compress(page, mtime=0), "text/html; charset=utf-8", encoding="gzip")
        if frame is not None and self.request.monitoring.performance:
            predictions = f"{prefix}predictions/{name}.parquet"
            self.bucket.write(predictions, predictions_file(frame, self.reference), "application/vnd.apache.parquet")
        return report, predictions
