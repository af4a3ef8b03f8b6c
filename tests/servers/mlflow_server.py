"""A real MLflow server on SQLite, with or without authentication, its artifacts in a folder or in S3."""

import base64
import configparser
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard_local.preparation import free_ports

from tests.servers.process import Server, clean_environment, program, running
from tests.servers.s3_server import S3Server

if TYPE_CHECKING:
    from mlflow import MlflowClient

_READY_WITHIN_SECONDS = 240.0  # 10 s on an idle machine
# Without its job executors (a dozen processes of 260 MB for GenAI scorers) it starts faster, and nothing outlives it.
_SETTINGS = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PYTHONWARNINGS": "ignore"}


@dataclass(frozen=True)
class MlflowServer:
    """A running server. Without authentication the names and the password are empty."""

    url: str
    admin_username: str
    admin_password: str
    process: Server

    def login(self) -> dict[str, str]:
        """Environment variables that log an MLflow client in as the administrator."""
        if not self.admin_username:
            return {"MLFLOW_TRACKING_URI": self.url}
        return {
            "MLFLOW_TRACKING_URI": self.url,
            "MLFLOW_TRACKING_USERNAME": self.admin_username,
            "MLFLOW_TRACKING_PASSWORD": self.admin_password,
        }

    def create_user(self, username: str, password: str) -> None:
        """As the administrator. Over HTTP, since MLflow's own client for this imports its whole server."""
        login = base64.b64encode(f"{self.admin_username}:{self.admin_password}".encode()).decode()
        headers = {"authorization": f"Basic {login}", "content-type": "application/json"}
        body = json.dumps({"username": username, "password": password}).encode()
        request = urllib.request.Request(f"{self.url}/api/2.0/mlflow/users/create", body, headers, method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200

    def client(self) -> "MlflowClient":
        """A client; the caller sets ``login()`` in its environment first (MLflow reads credentials from nowhere else)."""
        from mlflow import MlflowClient  # noqa: PLC0415  takes seconds

        return MlflowClient(tracking_uri=self.url)


@contextmanager
def running_mlflow(directory: Path, *, auth: bool = True, artifacts: S3Server | None = None, port: int = 0) -> Iterator[MlflowServer]:
    """MLflow with its database in ``directory``; a second run there (and at the same ``port``) finds everything again."""
    directory.mkdir(parents=True, exist_ok=True)
    port = port or free_ports(1)[0]
    url = f"http://127.0.0.1:{port}"
    environment = clean_environment(**_SETTINGS, OMP_NUM_THREADS="1")
    password = _authentication(directory, environment) if auth else ""
    command = _command(directory, port, auth, artifacts, environment)
    log = directory / "mlflow.log"
    with running(command, log, lambda: _answers(url), seconds=_READY_WITHIN_SECONDS, environment=environment) as process:
        yield MlflowServer(url, "admin" if auth else "", password, process)


def _command(directory: Path, port: int, auth: bool, artifacts: S3Server | None, environment: dict[str, str]) -> list[str]:
    destination = (directory / "artifacts").as_uri()
    if artifacts:
        destination = f"s3://{artifacts.bucket}/mlflow"
        environment |= artifacts.environment()
    command = [program("mlflow"), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{directory / 'mlflow.db'}", "--artifacts-destination", destination]
    return [*command, "--app-name", "basic-auth", "--enable-workspaces"] if auth else command  # as the chart does


def _authentication(directory: Path, environment: dict[str, str]) -> str:
    """Writes the configuration of MLflow's basic authentication; returns the administrator's password."""
    secret = directory / "admin-password"
    if not secret.exists():
        secret.write_text(secrets.token_urlsafe(16))
    config = configparser.ConfigParser()
    config["mlflow"] = {
        "default_permission": "NO_PERMISSIONS",
        "database_uri": f"sqlite:///{directory / 'auth.db'}",
        "admin_username": "admin",
        "authorization_function": "mlflow.server.auth:authenticate_request_basic_auth",
        "grant_default_workspace_access": "false",
        "auth_cache_ttl_seconds": "300",  # or every request costs a password hash
    }
    with (directory / "basic_auth.ini").open("w") as file:
        config.write(file)
    environment["MLFLOW_AUTH_CONFIG_PATH"] = str(directory / "basic_auth.ini")
    environment["MLFLOW_AUTH_ADMIN_PASSWORD"] = secret.read_text()
    environment["MLFLOW_FLASK_SERVER_SECRET_KEY"] = secrets.token_urlsafe(16)
    return secret.read_text()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
