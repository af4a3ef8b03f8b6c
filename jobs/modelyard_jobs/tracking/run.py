"""The MLflow run of one attempt, and the model that is logged to it."""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from modelyard_api import labels
from modelyard_api.pod_contract import TrainRequest
from modelyard_model.mlflow_model import log_arguments

from modelyard_jobs.tracking.mlflow_server import unavailable_while

_LONGEST_PARAMETER = 500


@dataclass(frozen=True)
class TrackedRun:
    """A run that is being written."""

    uri: str
    run_id: str
    experiment_id: str
    client: Any

    def parameters(self, values: Mapping[str, object]) -> None:
        """Logs parameters; long ones are cut, whole they are in the result."""
        params = [Param(name, str(value)[:_LONGEST_PARAMETER]) for name, value in values.items()]
        with unavailable_while(self.uri, "logging parameters"):
            self.client.log_batch(self.run_id, params=params)

    def metrics(self, values: Mapping[str, float], milliseconds: int, step: int = 0) -> None:
        """Logs finite metrics at ``step``, at a UTC time in milliseconds."""
        entries = [Metric(name, value, milliseconds, step) for name, value in values.items() if math.isfinite(value)]
        with unavailable_while(self.uri, "logging metrics"):
            self.client.log_batch(self.run_id, metrics=entries)

    def tags(self, values: Mapping[str, str]) -> None:
        """Sets tags."""
        with unavailable_while(self.uri, "setting tags"):
            self.client.log_batch(self.run_id, tags=[RunTag(name, value) for name, value in values.items()])

    def file(self, path: Path) -> None:
        """Logs one file as an artifact of its own name."""
        with unavailable_while(self.uri, f"storing {path.name}"):
            self.client.log_artifact(self.run_id, str(path))

    def document(self, name: str, content: Mapping[str, object], folder: Path) -> None:
        """Logs a JSON document."""
        path = folder / name
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        self.file(path)

    def data_set(self, uri: str, digest: str, size: int, rows: int) -> None:
        """Records what the run read, as MLflow's data set input."""
        source = Dataset(
            name=uri.rpartition("/")[2],
            digest=digest[:36],  # MLflow's limit
            source_type="s3",
            source=json.dumps({"uri": uri}),
            profile=json.dumps({"num_rows": rows, "bytes": size, "sha256": digest}),
        )
        with unavailable_while(self.uri, "recording the data set"):
            self.client.log_inputs(self.run_id, [DatasetInput(source, [InputTag("mlflow.data.context", "training")])])

    def earlier_uses(self, test_split: str) -> int:
        """How many other finished runs of this model were tested on the same rows."""
        query = f"tags.`{labels.TAG_TEST_SPLIT}` = '{test_split}' and attributes.status = 'FINISHED'"
        with unavailable_while(self.uri, "counting uses of the test split"):
            found = self.client.search_runs([self.experiment_id], query, max_results=1000)
        return sum(run.info.run_id != self.run_id for run in found)


@contextmanager
def tracked_run(uri: str, request: TrainRequest) -> Iterator[TrackedRun]:
    """Makes the run, active for MLflow's fluent functions; it ends FINISHED, FAILED, or KILLED when the pod is stopped."""
    with unavailable_while(uri, "starting the run"):
        experiment = mlflow.set_experiment(labels.experiment(request.namespace, request.model))
        active = mlflow.start_run(run_name=f"{request.name}-{request.attempt}", tags=_tags(request))
    run = TrackedRun(uri, active.info.run_id, experiment.experiment_id, mlflow.MlflowClient())
    ending = "FAILED"
    try:
        yield run
        ending = "FINISHED"
    except SystemExit:
        ending = "KILLED"
        raise
    finally:
        mlflow.end_run(ending)


def _tags(request: TrainRequest) -> dict[str, str]:
    return {
        labels.TAG_UID: request.uid,
        labels.TAG_ATTEMPT: str(request.attempt),
        labels.TAG_NAMESPACE: request.namespace,
        labels.TAG_TRAINING_JOB: request.name,
    }


def log_model(uri: str, folder: Path, metadata: dict[str, str], tags: dict[str, str]) -> str:
    """Logs to the active run; gives MLflow's id of the logged model (m-…)."""
    arguments = log_arguments(folder)
    with unavailable_while(uri, "storing the model"):
        logged = mlflow.pyfunc.log_model(name="model", metadata=metadata, tags=tags, **arguments)
    return str(logged.model_id)
