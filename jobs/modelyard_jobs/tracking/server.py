"""The MLflow server: a quick look whether it answers, and what its errors mean for a job."""

import base64
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from modelyard_api.conditions import Reason
from modelyard_clients.mlflow_errors import MlflowError, MlflowProblem, translated
from modelyard_clients.settings import Platform

from modelyard_jobs.termination import Unavailable

_CHEAP_QUESTION = "api/2.0/mlflow/experiments/get?experiment_id=0"
_ANSWER_SECONDS, _BEGINNING, _LONGEST_MESSAGE = 10, 1000, 300


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
def unavailable_while(uri: str, doing: str) -> Iterator[None]:
    """Turns what MLflow's client raises while ``doing`` something into Unavailable."""
    try:
        with translated():
            yield
    except MlflowError as error:
        hint = " Check the login in the namespace's Secret 'modelyard'." if error.problem is MlflowProblem.LOGIN else ""
        text = f"MLflow at {uri} failed while {doing}: {str(error)[:_LONGEST_MESSAGE]} ({error.code}).{hint}"
        raise Unavailable(Reason.REGISTRY_UNAVAILABLE, text) from error
