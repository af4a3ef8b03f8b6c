"""Registered versions and what was kept about the rows they were trained on. Read only: pods have no right on the registry."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard_jobs.splitting import membership
from modelyard_jobs.splitting.membership import Membership
from modelyard_jobs.tracking.server import mlflow_in_words

_MISSING = frozenset({"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"})


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
    return _found(uri, name, lambda model: model.aliases.get(alias))


def numbered(uri: str, name: str, version: str) -> RegisteredVersion | None:
    """That version, or None."""
    return _found(uri, name, lambda _: version)


def _found(uri: str, name: str, choose: Callable[[Any], str | None]) -> RegisteredVersion | None:
    """Asks for the model first: of a model that isn't there the server answers 404, but of its aliases and versions 403."""
    from mlflow import MlflowClient  # noqa: PLC0415
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    client = MlflowClient()
    with mlflow_in_words(uri, f"looking for versions of {name}"):
        try:
            version = choose(client.get_registered_model(name))
            found = client.get_model_version(name, str(version)) if version else None
        except MlflowException as error:
            if error.error_code in _MISSING:
                return None
            raise
    return RegisteredVersion(found.name, str(found.version), found.run_id or "") if found else None


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
