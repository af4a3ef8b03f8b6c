"""Where MLflow and S3 are and how to log in: read from the namespace's mounted ConfigMap and Secret, never from ``AWS_*`` variables."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from modelyard_api import labels

ROOT_VARIABLE = "MODELYARD_ROOT"  # another place than /etc/modelyard, for tests and local runs
ONE_MACHINE_VARIABLE = "MODELYARD_ONE_MACHINE"  # set by the platform without a cluster: its pods see the machine's files
_DEFAULT_ROOT = Path(labels.PLATFORM_CONFIG_DIRECTORY).parent
_DEFAULT_REGION = "us-east-1"  # what S3 servers other than AWS expect in signatures
_CONFIG = Path(labels.PLATFORM_CONFIG_DIRECTORY).name
_SECRET = Path(labels.PLATFORM_SECRET_DIRECTORY).name
# A pod is retried as a whole; its MLflow client shouldn't hold a GPU for the ten minutes it would try by default.
_MLFLOW_SETTINGS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "4",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "GIT_PYTHON_REFRESH": "quiet",
}
_SOURCE = Path(labels.SOURCE_CREDENTIALS_DIRECTORY).name


class PlatformIncomplete(Exception):
    """The namespace's ConfigMap or Secret lacks a key. Whoever looks after the namespace adds it; the next attempt then works."""


@dataclass(frozen=True)
class Platform:
    """The services of one namespace; passwords and keys are left out of ``repr``."""

    mlflow_uri: str
    mlflow_username: str
    mlflow_password: str = field(repr=False)
    s3_endpoint: str  # empty: AWS
    s3_bucket: str
    s3_region: str
    s3_access_key: str = field(repr=False)
    s3_secret_key: str = field(repr=False)

    def configure_mlflow(self) -> None:
        """Tells MLflow where its server is and how to log in. It only reads the environment, and some of it when it is first imported."""
        for name, value in _MLFLOW_SETTINGS.items():
            os.environ.setdefault(name, value)
        os.environ["MLFLOW_TRACKING_URI"] = self.mlflow_uri
        _set_or_remove("MLFLOW_TRACKING_USERNAME", self.mlflow_username)
        _set_or_remove("MLFLOW_TRACKING_PASSWORD", self.mlflow_password)
        # MLflow would else hand out links into its own S3, which may have another address here, or none
        os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD"] = "false"
        os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"] = "false"
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"


def platform_root() -> Path:
    """``/etc/modelyard``, or what ``MODELYARD_ROOT`` names."""
    return Path(os.environ.get(ROOT_VARIABLE) or _DEFAULT_ROOT)


def is_on_one_machine() -> bool:
    """Whether this pod is a process of the platform without a cluster."""
    return bool(os.environ.get(ONE_MACHINE_VARIABLE))


def read_platform(root: Path | None = None) -> Platform:
    """Reads the mounted files below ``root``; raises PlatformIncomplete naming the object and the key that is missing."""
    folder = root or platform_root()
    config, secret = folder / _CONFIG, folder / _SECRET
    return Platform(
        mlflow_uri=_required(config, "ConfigMap", labels.CONFIG_MLFLOW_URI),
        mlflow_username=_optional(secret, labels.SECRET_MLFLOW_USERNAME),
        mlflow_password=_optional(secret, labels.SECRET_MLFLOW_PASSWORD),
        s3_endpoint=_optional(config, labels.CONFIG_S3_ENDPOINT),
        s3_bucket=_required(config, "ConfigMap", labels.CONFIG_S3_BUCKET),
        s3_region=_optional(config, labels.CONFIG_S3_REGION) or _DEFAULT_REGION,
        s3_access_key=_required(secret, "Secret", labels.SECRET_S3_ACCESS_KEY),
        s3_secret_key=_required(secret, "Secret", labels.SECRET_S3_SECRET_KEY),
    )


def read_source_keys(root: Path | None, platform: Platform) -> Platform:
    """The platform with the mounted credentials of the training data in place of its own keys, if there are any.

    A source Secret without ``AWS_ENDPOINT_URL`` means AWS itself.
    """
    folder = (root or platform_root()) / _SOURCE
    if not folder.is_dir():
        return platform
    return replace(
        platform,
        s3_endpoint=_optional(folder, "AWS_ENDPOINT_URL"),
        s3_region=_optional(folder, "AWS_REGION") or _DEFAULT_REGION,
        s3_access_key=_required(folder, "Secret of data.source.credentials", "AWS_ACCESS_KEY_ID"),
        s3_secret_key=_required(folder, "Secret of data.source.credentials", "AWS_SECRET_ACCESS_KEY"),
    )


def _required(folder: Path, kind: str, key: str) -> str:
    value = _optional(folder, key)
    if not value:
        raise PlatformIncomplete(f"the {kind} {_object_name(kind)}of this namespace has no key {key}, or it is empty; add it")
    return value


def _object_name(kind: str) -> str:
    return f"{labels.PLATFORM_NAME} " if kind in {"ConfigMap", "Secret"} else ""


def _optional(folder: Path, key: str) -> str:
    try:
        return (folder / key).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def _set_or_remove(variable: str, value: str) -> None:
    if value:
        os.environ[variable] = value
    else:
        os.environ.pop(variable, None)
