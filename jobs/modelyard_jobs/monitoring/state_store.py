"""Reads and writes state.json, each write only over the one that was read (ETag)."""

from dataclasses import dataclass

from modelyard_api.conditions import Reason
from pydantic import ValidationError

from modelyard_jobs.monitoring.bucket import Bucket, WrittenByAnother
from modelyard_jobs.monitoring.state import MonitorState
from modelyard_jobs.termination import InvalidRequest, Unavailable


@dataclass(frozen=True)
class StateStore:
    """One monitor's state. Not every S3 server honours conditions: AWS, MinIO and SeaweedFS (tested) do."""

    bucket: Bucket
    key: str

    def load(self) -> tuple[MonitorState | None, str]:
        """The state and its tag; (None, "") before the first run."""
        stored = self.bucket.read(self.key)
        if stored is None:
            return None, ""
        try:
            return MonitorState.model_validate_json(stored.body), stored.etag
        except ValidationError as error:
            raise InvalidRequest(
                Reason.DATA_INVALID,
                f"s3://{self.bucket.name}/{self.key} is not a monitor's state ({error.error_count()} errors, the first at "
                f"{'.'.join(str(part) for part in error.errors()[0]['loc']) or 'the top'}). Delete it to judge the log from the start again.",
            ) from error

    def save(self, state: MonitorState, etag: str) -> str:
        """Returns the new tag; raises ``Unavailable`` when another run wrote meanwhile, and then nothing was written."""
        try:
            return self.bucket.replace(self.key, state.model_dump_json(by_alias=True, exclude_none=True).encode(), etag)
        except WrittenByAnother as conflict:
            raise Unavailable(
                Reason.MONITOR_RUNNING,
                "Another run of this monitor wrote its state meanwhile; this run's verdict is dropped and the next run continues from there.",
            ) from conflict
