"""The MLflow server: settings for its client, a quick look whether it answers, and its errors in words."""

import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from modelyard_api.conditions import Reason
from modelyard_model.platform import Platform

from modelyard_jobs.failures import Unavailable

# A pod is retried as a whole; its MLflow client shouldn't hold a GPU for the ten minutes it would try by default.
_CLIENT_SETTINGS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "4",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
_LOGIN_REFUSED = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED"})
_HEALTH_SECONDS = 5


def configure(platform: Platform) -> None:
    """Has to come before the first import of mlflow: it reads some settings only then."""
    for name, value in _CLIENT_SETTINGS.items():
        os.environ.setdefault(name, value)
    platform.configure_mlflow()


def require_answer(uri: str) -> None:
    """One quick request, before compute is spent. Raises Unavailable naming the server."""
    if not uri.startswith(("http://", "https://")):
        return
    try:
        with urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=_HEALTH_SECONDS):  # noqa: S310  the scheme was looked at
            return
    except (urllib.error.URLError, OSError) as error:
        why = getattr(error, "reason", error)
        raise Unavailable(
            Reason.REGISTRY_UNAVAILABLE,
            f"MLflow at {uri} doesn't answer ({why}); check MLFLOW_TRACKING_URI in the namespace's ConfigMap 'modelyard' and that the server runs",
        ) from error


@contextmanager
def mlflow_in_words(uri: str, doing: str) -> Iterator[None]:
    """Turns what MLflow's client raises while ``doing`` something into Unavailable."""
    from mlflow.exceptions import MlflowException  # noqa: PLC0415
    from requests.exceptions import RequestException  # noqa: PLC0415

    try:
        yield
    except (MlflowException, RequestException) as error:
        code = getattr(error, "error_code", type(error).__name__)
        hint = " Check the login in the namespace's Secret 'modelyard'." if code in _LOGIN_REFUSED or "401" in str(error) else ""
        first_line = (str(error).splitlines() or [""])[0][:300]
        raise Unavailable(Reason.REGISTRY_UNAVAILABLE, f"MLflow at {uri} failed while {doing}: {first_line} ({code}).{hint}") from error
