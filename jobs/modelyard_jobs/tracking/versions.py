"""Registered versions and what was kept about the rows they were trained on. Read only: pods have no right on the registry."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard_jobs.splitting import membership
from modelyard_jobs.splitting.membership import Membership
from modelyard_jobs.tracking.server import mlflow_in_words

_MISSING = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "NOT_FOUND"})  # a missing alias answers 400


@dataclass(frozen=True)
class RegisteredVersion:
    """One version of a registered model."""

    name: str
    version: str
    run_id: str

    @property
    def uri(self) -> str:
        """For MLflow's download."""
        return f"models:/{self.name}/{self.version}"


def at_alias(uri: str, name: str, alias: str) -> RegisteredVersion | None:
    """The version at the alias, or None where there is no such model or alias yet. ``uri`` names the server in errors."""
    return _found(uri, lambda client: client.get_model_version_by_alias(name, alias))


def numbered(uri: str, name: str, version: str) -> RegisteredVersion | None:
    """That version, or None."""
    return _found(uri, lambda client: client.get_model_version(name, version))


def _found(uri: str, question: Any) -> RegisteredVersion | None:
    from mlflow import MlflowClient  # noqa: PLC0415
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    with mlflow_in_words(uri, "looking for the champion"):
        try:
            found = question(MlflowClient())
        except MlflowException as error:
            if error.error_code in _MISSING:
                return None
            raise
    return RegisteredVersion(found.name, str(found.version), found.run_id or "")


def read_artifact(uri: str, run_id: str, name: str, folder: Path) -> bytes | None:
    """An artifact of a run, or None where the run has none of that name."""
    from mlflow import MlflowClient  # noqa: PLC0415

    with mlflow_in_words(uri, f"reading {name}"):
        client = MlflowClient()
        if name not in {entry.path for entry in client.list_artifacts(run_id)}:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        return Path(client.download_artifacts(run_id, name, str(folder))).read_bytes()


def rows_of(uri: str, run_id: str, folder: Path) -> Membership | None:
    """Which rows a run's model was fitted, tuned and tested on; None where that wasn't kept."""
    content = read_artifact(uri, run_id, membership.FILE, folder) if run_id else None
    return membership.from_parquet(content) if content else None
