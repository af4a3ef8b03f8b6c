"""What a model's training left for its monitor, the reference sample and the profile: fetched from MLflow, without the model's weights."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import yaml
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts, list_artifacts
from modelyard_api.artifacts import PROFILE, REFERENCE
from modelyard_api.conditions import Reason
from modelyard_api.request_log import INPUT_PREFIX, OUTPUT_PREFIX
from modelyard_api.timestamps import to_microseconds
from modelyard_clients.mlflow_errors import MlflowError, MlflowProblem, translated

from modelyard_jobs.profile.profile import Profile, ProfileUnreadable, from_parquet
from modelyard_jobs.termination import InvalidRequest, JobFailure, Unavailable

_log = logging.getLogger(__name__)
REFERENCE_ROWS = 10_000
_SEED = 0


@dataclass(frozen=True)
class ModelSource:
    """One registered version in MLflow."""

    registered: str
    version: str

    def created_at(self, now: datetime) -> int:
        """Microseconds; no request can have been answered by this version before. A registry whose clock is ahead doesn't count."""
        created = self._ask(lambda: MlflowClient().get_model_version(self.registered, self.version).creation_timestamp)
        return min(int(created) * 1000, to_microseconds(now))

    def reference(self) -> pl.DataFrame:
        """Columns ``input.<column>``, ``output.<column>``, ``label``, ``group``; at most REFERENCE_ROWS rows."""
        with TemporaryDirectory() as folder:
            frame = pl.read_parquet(self._fetch(f"{self._data}/{REFERENCE}", Path(folder)))
        if not any(name.startswith(INPUT_PREFIX) for name in frame.columns) or frame.is_empty():
            raise InvalidRequest(Reason.DATA_INVALID, f"{REFERENCE} of {self._name()} has no rows or no columns {INPUT_PREFIX}<name>.")
        wanted = frame.select(name for name in frame.columns if name.startswith((INPUT_PREFIX, OUTPUT_PREFIX)))
        return wanted.sample(REFERENCE_ROWS, seed=_SEED) if wanted.height > REFERENCE_ROWS else wanted

    def profile(self) -> Profile | None:
        """How the training rows were distributed; None where an earlier release trained the model, or a later one in a way that isn't known here."""
        with TemporaryDirectory() as folder:
            there = self._ask(lambda: list_artifacts(artifact_uri=f"{self._uri()}/{self._data}"))
            if PROFILE not in {Path(each.path).name for each in there}:
                return None
            try:
                return from_parquet(self._fetch(f"{self._data}/{PROFILE}", Path(folder)).read_bytes())
            except ProfileUnreadable as error:
                _log.warning("%s of %s can't be read: %s", PROFILE, self._name(), error)
                return None

    @cached_property
    def _data(self) -> str:
        """The folder of the model's own files: MLmodel says which it is."""
        with TemporaryDirectory() as folder:
            described = yaml.safe_load(self._fetch("MLmodel", Path(folder)).read_text(encoding="utf-8"))
        data = described.get("flavors", {}).get("python_function", {}).get("data")
        if not data:
            raise InvalidRequest(Reason.DATA_INVALID, f"{self._name()} has no {REFERENCE}: it was not trained by a TrainingJob.")
        return str(data)

    def _uri(self) -> str:
        return f"models:/{self.registered}/{self.version}"

    def _fetch(self, path: str, folder: Path) -> Path:
        return Path(self._ask(lambda: download_artifacts(artifact_uri=f"{self._uri()}/{path}", dst_path=str(folder))))

    def _ask(self, question: Callable[[], Any]) -> Any:
        try:
            with translated():
                return question()
        except MlflowError as error:
            raise self._failure(error.problem, error.code) from error
        except OSError as error:
            raise self._failure(MlflowProblem.UNAVAILABLE, type(error).__name__) from error

    def _failure(self, problem: MlflowProblem, code: str) -> JobFailure:
        if problem in {MlflowProblem.MISSING, MlflowProblem.WRONG_REQUEST}:
            return InvalidRequest(Reason.MODEL_NOT_FOUND, f"MLflow has no {self._name()}, or it lacks {REFERENCE} ({code}).")
        if problem is MlflowProblem.LOGIN:
            return Unavailable(
                Reason.REGISTRY_UNAVAILABLE,
                f"MLflow refused to read {self._name()} ({code}). Check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD in Secret modelyard.",
            )
        return Unavailable(
            Reason.REGISTRY_UNAVAILABLE,
            f"MLflow could not give {self._name()} ({code}). Check MLFLOW_TRACKING_URI in ConfigMap modelyard and the MLflow server.",
        )

    def _name(self) -> str:
        return f"version {self.version} of model {self.registered}"
