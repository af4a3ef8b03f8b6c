"""What the environment says to the operator. Every setting, its variable, its default and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from modelyard_operator.pod_template import Images

PullPolicy = Literal["Always", "IfNotPresent", "Never"]
WordT = TypeVar("WordT", bound=str)


class ConfigurationError(Exception):
    """A variable is missing or can't be read; the message names it."""


@dataclass(frozen=True)
class Configuration:
    """Settings of one operator process; read once at start."""

    images: Images
    """MODELYARD_IMAGE_JOBS: image of training and comparison pods. Required.
    MODELYARD_IMAGE_MONITORING: image of monitoring pods. Required.
    MODELYARD_IMAGE_SERVING: image of serving pods. Required.
    MODELYARD_IMAGE_PULL_POLICY: of all pods: Always, IfNotPresent or Never. Default: IfNotPresent."""
    mlflow_uri: str
    """MLFLOW_TRACKING_URI: MLflow as this process reaches it. Required. Credentials: MLFLOW_TRACKING_USERNAME and
    MLFLOW_TRACKING_PASSWORD, which MLflow's client reads itself, so they are not held here."""
    mlflow_external_url: str = ""
    """MODELYARD_MLFLOW_EXTERNAL_URL: MLflow as a browser reaches it, for links in status. Default: MLFLOW_TRACKING_URI."""
    mlflow_workspace: str = ""
    """MODELYARD_MLFLOW_WORKSPACE: the workspace that links name, where the server has workspaces: its pages ask for one. Default: none."""
    watch_namespaces: tuple[str, ...] = ()
    """MODELYARD_WATCH_NAMESPACES: comma-separated; resources elsewhere are left alone. Default: all namespaces."""
    lease_namespace: str = "modelyard-system"
    """MODELYARD_LEASE_NAMESPACE: where the Lease is. Default: modelyard-system."""
    lease_name: str = "modelyard-operator"
    """MODELYARD_LEASE_NAME: one operator per name works at a time. Default: modelyard-operator."""
    identity: str = ""
    """POD_NAME: who holds the Lease. Default: the host's name and a random suffix."""
    evidence_keys: Path = Path("/etc/modelyard/evidence")
    """MODELYARD_EVIDENCE_KEYS: folder with the keys that sign accepted versions, a file each. Default: /etc/modelyard/evidence."""
    workers: int = 4
    """MODELYARD_WORKERS: threads that reconcile. Default 4: more gain nothing under the interpreter's lock."""
    resync_seconds: float = 600
    """MODELYARD_RESYNC_SECONDS: every resource is looked at again after this long (plus up to a tenth). Default 600."""
    alias_poll_seconds: float = 15
    """MODELYARD_ALIAS_POLL_SECONDS: how often all aliases are read from MLflow. Default 15."""
    http_port: int = 8080
    """MODELYARD_HTTP_PORT: /metrics, /healthz and /readyz. Default 8080."""
    http_host: str = "0.0.0.0"  # noqa: S104  the kubelet and Prometheus come from outside
    """MODELYARD_HTTP_HOST: the address to listen at. Default: all."""
    log_level: str = "INFO"
    """MODELYARD_LOG_LEVEL: DEBUG, INFO, WARNING or ERROR. Default INFO."""

    def run_url(self, experiment_id: str, run_id: str) -> str:
        """Page of a run, for a browser."""
        external = (self.mlflow_external_url or self.mlflow_uri).rstrip("/")
        workspace = f"?workspace={self.mlflow_workspace}" if self.mlflow_workspace else ""
        return f"{external}/#/experiments/{experiment_id}/runs/{run_id}{workspace}"


def from_environment(environment: Mapping[str, str]) -> Configuration:
    """Read all variables; ConfigurationError names the first that is missing or wrong."""
    return Configuration(
        images=_images(environment),
        mlflow_uri=_required(environment, "MLFLOW_TRACKING_URI"),
        mlflow_external_url=environment.get("MODELYARD_MLFLOW_EXTERNAL_URL", ""),
        mlflow_workspace=environment.get("MODELYARD_MLFLOW_WORKSPACE", ""),
        watch_namespaces=_names(environment.get("MODELYARD_WATCH_NAMESPACES", "")),
        lease_namespace=environment.get("MODELYARD_LEASE_NAMESPACE") or Configuration.lease_namespace,
        lease_name=environment.get("MODELYARD_LEASE_NAME") or Configuration.lease_name,
        identity=environment.get("POD_NAME", ""),
        evidence_keys=Path(environment.get("MODELYARD_EVIDENCE_KEYS") or Configuration.evidence_keys),
        workers=int(_positive(environment, "MODELYARD_WORKERS", Configuration.workers)),
        resync_seconds=_positive(environment, "MODELYARD_RESYNC_SECONDS", Configuration.resync_seconds),
        alias_poll_seconds=_positive(environment, "MODELYARD_ALIAS_POLL_SECONDS", Configuration.alias_poll_seconds),
        http_port=int(_positive(environment, "MODELYARD_HTTP_PORT", Configuration.http_port)),
        http_host=environment.get("MODELYARD_HTTP_HOST") or Configuration.http_host,
        log_level=_one_of(environment, "MODELYARD_LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
    )


def _images(environment: Mapping[str, str]) -> Images:
    policies: tuple[PullPolicy, ...] = ("IfNotPresent", "Always", "Never")
    return Images(
        jobs=_required(environment, "MODELYARD_IMAGE_JOBS"),
        serving=_required(environment, "MODELYARD_IMAGE_SERVING"),
        monitoring=_required(environment, "MODELYARD_IMAGE_MONITORING"),
        pull_policy=_one_of(environment, "MODELYARD_IMAGE_PULL_POLICY", policies),
    )


def _required(environment: Mapping[str, str], variable: str) -> str:
    value = environment.get(variable, "").strip()
    if not value:
        raise ConfigurationError(f"environment variable {variable} is missing: the operator can't work without it")
    return value


def _one_of(environment: Mapping[str, str], variable: str, allowed: tuple[WordT, ...]) -> WordT:
    """The variable's value; the first of ``allowed`` is the default."""
    given = environment.get(variable) or allowed[0]
    for word in allowed:
        if word == given:
            return word
    raise ConfigurationError(f"environment variable {variable} is {given!r}: use one of {', '.join(allowed)}")


def _positive(environment: Mapping[str, str], variable: str, default: float) -> float:
    text = environment.get(variable) or str(default)
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ConfigurationError(f"environment variable {variable} is {text!r}: use a number above 0")
    return value


def _names(text: str) -> tuple[str, ...]:
    return tuple(sorted({name.strip() for name in text.split(",") if name.strip()}))
