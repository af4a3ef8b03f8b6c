"""Rows of the request log: Parquet files of S3 as bounded Polars frames."""

import io
from dataclasses import dataclass, field

import polars as pl
from modelyard_api.request_log import INPUT_PREFIX, MODEL_VERSION, OUTPUT_PREFIX, REQUEST_ID, ROW, TIME

from modelyard_jobs.monitoring.bucket import Bucket
from modelyard_jobs.monitoring.state import LogFile
from modelyard_jobs.monitoring.windows import FileSlice, UnreadableFile

HELD_ROWS = 100_000  # of one window, in memory; more rows are thinned out evenly
_HASH_BITS = 64
_SEED = 0


@dataclass(frozen=True)
class RequestLogReader:
    """The log of one deployment, as far as it is about ``version``."""

    bucket: Bucket
    prefix: str
    version: str

    def describe(self, key: str) -> LogFile | None:
        """None: no rows of this version."""
        frame = self._read(key)
        if frame.is_empty():
            return None
        return LogFile(key=key, rows=frame.height, first=int(frame[TIME][0]), last=int(frame[TIME][-1]))

    def same(self, key: str, other: str) -> bool:
        """Byte for byte."""
        one, two = self.bucket.read(self.prefix + key), self.bucket.read(self.prefix + other)
        return one is not None and two is not None and one.body == two.body

    def take(self, part: FileSlice) -> tuple[pl.DataFrame, LogFile | None]:
        """The rows of ``part`` and what remains of its file; None: nothing remains. A file that is gone gives no rows."""
        try:
            frame = self._read(part.file.key).slice(part.file.taken)
        except UnreadableFile:  # deleted since it was listed, by a lifecycle rule for instance
            return pl.DataFrame(), None
        rows = part.rows if part.rows is not None else int((frame[TIME] < part.before).sum())
        rest = frame.slice(rows)
        if rest.is_empty():
            return frame, None
        remaining = {"taken": part.file.taken + rows, "first": int(rest[TIME][0])}
        return frame.head(rows), part.file.model_copy(update=remaining)

    def _read(self, key: str) -> pl.DataFrame:
        """Sorted by time, with the time as microseconds: the order is the same each time the file is read."""
        stored = self.bucket.read(self.prefix + key)
        if stored is None:
            raise UnreadableFile(key)
        try:
            frame = pl.read_parquet(io.BytesIO(stored.body))
            ours = frame.filter(pl.col(MODEL_VERSION).cast(pl.String) == self.version)
            wanted = [name for name in frame.columns if name.startswith((INPUT_PREFIX, OUTPUT_PREFIX))]
            return ours.select(pl.col(REQUEST_ID).cast(pl.String), pl.col(ROW).cast(pl.Int64), pl.col(TIME).dt.epoch("us"), *wanted).sort(
                TIME, REQUEST_ID, ROW
            )
        except (pl.exceptions.PolarsError, OSError) as error:
            raise UnreadableFile(key) from error


@dataclass
class WindowRows:
    """Collects a window's rows and holds at most ``limit`` of them: an even sample, by the hash of request and row."""

    limit: int = HELD_ROWS
    rows: int = 0  # all of them
    start: int | None = None  # microseconds of the oldest and of the newest row
    end: int | None = None
    _halvings: int = 0
    _held: list[pl.DataFrame] = field(default_factory=list)

    def add(self, frame: pl.DataFrame) -> None:
        """Rows as ``RequestLogReader.take`` gives them."""
        if frame.is_empty():
            return
        self.rows += frame.height
        first, last = int(frame[TIME][0]), int(frame[TIME][-1])
        self.start = first if self.start is None else min(self.start, first)
        self.end = last if self.end is None else max(self.end, last)
        self._held.append(self._thinned(frame))
        while sum(each.height for each in self._held) > self.limit:
            self._halvings += 1
            self._held = [self._thinned(each) for each in self._held]

    def frame(self) -> pl.DataFrame:
        """A column that only some files have is null in the others' rows; of two types the one that holds both is taken."""
        return pl.concat(self._held, how="diagonal_relaxed") if self._held else pl.DataFrame()

    def _thinned(self, frame: pl.DataFrame) -> pl.DataFrame:
        if not self._halvings:
            return frame
        below = pl.lit(2 ** (_HASH_BITS - self._halvings), dtype=pl.UInt64)
        return frame.filter(pl.struct(REQUEST_ID, ROW).hash(_SEED) < below)
