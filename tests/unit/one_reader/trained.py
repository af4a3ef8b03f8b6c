"""A file through the loop in this process, from its bytes to a stored model that is asked as a server asks it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from modelyard_api.training_job import TrainingJobSpec
from modelyard_cli.predicting.rows import from_file
from modelyard_jobs.training_data import TrainingData
from modelyard_model.tabular_model import TabularModel
from modelyard_serving.prediction_service import PredictionService, ServedVersion
from modelyard_serving.prometheus import ServingMetrics
from modelyard_serving.request_log.records import AnsweredRequest, Outcomes

from tests.unit.jobs_data.training_in_process import train

Answers = list[dict[str, Any]]


class _Clock:
    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC)

    def elapsed(self) -> float:
        return 0.0


class _NoLog:
    def log(self, request: AnsweredRequest) -> bool:
        return True

    def feedback(self, outcomes: Outcomes) -> bool:
        return True


@dataclass(frozen=True)
class TrainedFile:
    """The model of one file, as it comes back from its folder, behind the server's own code."""

    path: Path
    data: TrainingData
    model: TabularModel

    @property
    def service(self) -> PredictionService:
        served = ServedVersion("one-reader", "1", 0.0, 1_000_000)
        return PredictionService(self.model, served, _NoLog(), _Clock(), ServingMetrics())

    def asked_for_file(self) -> Answers:
        """What `modelyard predict -f` sends and gets for the file itself."""
        return [answer for request in from_file(str(self.path)) for answer in self._ask(request.body, request.content_type)]

    def asked_in_csv(self) -> Answers:
        """The file's own bytes as ``text/csv``."""
        return self._ask(self.path.read_bytes(), "text/csv")

    def asked_in_json(self, columns: dict[str, list[Any]]) -> Answers:
        return self._ask(json.dumps({"inputs": columns}).encode(), "application/json")

    def _ask(self, body: bytes, content_type: str) -> Answers:
        found: Answers = json.loads(self.service.invocations(body, content_type, "id"))["predictions"]
        return found


@contextmanager
def trained(path: Path, manifest: TrainingJobSpec) -> Iterator[TrainedFile]:
    """Raises InvalidRequest where the file can't be trained on."""
    with TemporaryDirectory() as folder:
        found = train(path, Path(folder), manifest)
        yield TrainedFile(path, found.data, found.stored)
