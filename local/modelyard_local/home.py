"""The one folder that holds a local platform: its state, its files, its logs, and where it can be reached."""

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

VARIABLE = "MODELYARD_HOME"
_PRIVATE = 0o700


class Addresses(BaseModel):
    """Where the parts of a platform listen; kept from one start to the next, so that links stay valid."""

    model_config = ConfigDict(frozen=True)

    mlflow_url: str
    s3_url: str
    gateway_url: str

    def service_url(self, namespace: str, service: str) -> str:
        """Where the gateway passes requests on to a Service."""
        return f"{self.gateway_url}/{namespace}/{service}"


@dataclass(frozen=True)
class Home:
    """Paths only; nothing here says whether a platform runs."""

    folder: Path

    @property
    def store(self) -> Path:
        """All resources and their children (SQLite)."""
        return self.folder / "store.sqlite"

    @property
    def lock(self) -> Path:
        """Held by the platform process; says its process id."""
        return self.folder / "platform.lock"

    @property
    def addresses(self) -> Path:
        """``Addresses`` as JSON."""
        return self.folder / "addresses.json"

    def read_addresses(self) -> Addresses | None:
        """Where the platform listens, or listened last; None before its first start (or if the file is not ours)."""
        try:
            return Addresses.model_validate_json(self.addresses.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    @property
    def state(self) -> Path:
        """``PlatformState`` as JSON: what the platform process last said of itself and its parts."""
        return self.folder / "state.json"

    @property
    def secrets(self) -> Path:
        """Generated keys as JSON; readable by its owner alone."""
        return self.folder / "secrets.json"

    @property
    def routes(self) -> Path:
        """The folder of Traefik's dynamic configuration."""
        return self.folder / "routes"

    @property
    def logs(self) -> Path:
        """One file per server, and the platform process's own."""
        return self.folder / "logs"

    def data(self, server: str) -> Path:
        """What a server keeps: ``mlflow``, ``s3``."""
        return self.folder / "data" / server

    def pod_folder(self, namespace: str, pod: str) -> Path:
        """Log, mounted files and scratch space of a pod."""
        return self.folder / "pods" / namespace / pod

    def pod_log(self, namespace: str, pod: str) -> Path:
        """What a pod's container printed."""
        return self.pod_folder(namespace, pod) / "log"

    def make(self) -> None:
        """Create the folders, closed to other users."""
        self.folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        for folder in (self.routes, self.logs, self.folder / "data", self.folder / "pods"):
            folder.mkdir(mode=_PRIVATE, exist_ok=True)


def home() -> Home:
    """``$MODELYARD_HOME``, else ``~/.modelyard``."""
    return Home(Path(os.environ.get(VARIABLE) or "~/.modelyard").expanduser().absolute())
