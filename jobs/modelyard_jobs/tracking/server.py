"""The MLflow server: settings for its client, a quick look whether it answers, and its errors in words."""

import base64
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
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "GIT_PYTHON_REFRESH": "quiet",
}
_LOGIN_REFUSED = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED"})
_CHEAP_QUESTION = "api/2.0/mlflow/experiments/get?experiment_id=0"
_ANSWER_SECONDS, _BEGINNING = 10, 1000


def configure(platform: Platform) -> None:
    """Has to come before the first import of mlflow: it reads some settings only then."""
    for name, value in _CLIENT_SETTINGS.items():
        os.environ.setdefault(name, value)
    platform.configure_mlflow()


def require_answer(platform: Platform) -> None:
    """One quick request with the login, before compute is spent. Raises Unavailable naming the server and what to look at.

    MLflow's /health says nothing: it answers whatever the login and the host name are.
    """
    uri = platform.mlflow_uri
    if not uri.startswith(("http://", "https://")):
        return
    login = base64.b64encode(f"{platform.mlflow_username}:{platform.mlflow_password}".encode()).decode()
    headers = {"Authorization": f"Basic {login}"} if platform.mlflow_username else {}
    request = urllib.request.Request(f"{uri.rstrip('/')}/{_CHEAP_QUESTION}", headers=headers)  # noqa: S310  the scheme was looked at
    try:
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS):  # noqa: S310
            return
    except urllib.error.HTTPError as error:
        if refusal := _refusal(error):
            raise Unavailable(Reason.REGISTRY_UNAVAILABLE, f"MLflow at {uri} {refusal}") from error
    except (urllib.error.URLError, OSError) as error:
        why = getattr(error, "reason", error)
        raise Unavailable(
            Reason.REGISTRY_UNAVAILABLE,
            f"MLflow at {uri} doesn't answer ({why}); check MLFLOW_TRACKING_URI in the namespace's ConfigMap 'modelyard' and that the server runs",
        ) from error


def _refusal(error: urllib.error.HTTPError) -> str:
    """What is wrong; empty where the server only says that this login may not see, or that there is no, default experiment."""
    if error.code == 401:
        return "refuses the login; check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD in the namespace's Secret 'modelyard'"
    if error.code == 403 and b"host" in error.read(_BEGINNING).lower():
        return "refuses its own host name; start the server with --allowed-hosts that name it, with and without the port"
    return f"answers with an error (HTTP {error.code}); see the server's log" if error.code >= 500 else ""


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
