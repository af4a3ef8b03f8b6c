"""Logs a model folder as an MLflow model."""

import hashlib
from pathlib import Path

import mlflow
from modelyard_model.mlflow_packaging import log_arguments

from modelyard_jobs.tracking.server import unavailable_while


def digest(folder: Path) -> str:
    """sha256 over names and contents of the model's files."""
    total = hashlib.sha256()
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        total.update(f"{path.relative_to(folder).as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def log(uri: str, folder: Path, metadata: dict[str, str], tags: dict[str, str]) -> str:
    """Logs to the active run; gives MLflow's id of the logged model (m-…)."""
    arguments = log_arguments(folder)
    with unavailable_while(uri, "storing the model"):
        logged = mlflow.pyfunc.log_model(name="model", metadata=metadata, tags=tags, **arguments)
    return str(logged.model_id)
