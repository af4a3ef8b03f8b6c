"""The MLflow server: whether it responds, what its errors mean for a job, and what registered versions kept about their rows. Read only: pods have no right on the registry."""

import base64
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from modelyard_api import artifacts, labels
from modelyard_api.conditions import Reason
from modelyard_clients.mlflow_errors import MlflowError, MlflowProblem, translated
from modelyard_clients.platform import Platform

from modelyard_jobs.splitting import membership
from modelyard_jobs.splitting.assignment import Earlier
from modelyard_jobs.splitting.cuts import SplitRule
from modelyard_jobs.splitting.membership import Membership
from modelyard_jobs.termination import Unavailable

_CHEAP_QUESTION = "api/2.0/mlflow/experiments/get?experiment_id=0"
_ANSWER_SECONDS, _BEGINNING, _LONGEST_MESSAGE = 10, 1000, 300


def require_answer(platform: Platform) -> None:
    """One quick request with the login, before compute is spent. Raises Unavailable naming the server and what to look at.

    MLflow's /health says nothing: it responds whatever the login and the host name are.
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
    return f"responds with an error (HTTP {error.code}); see the server's log" if error.code >= 500 else ""


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


@dataclass(frozen=True)
class RegisteredVersion:
    """One version of a registered model."""

    name: str
    version: str
    run_id: str
    tags: Mapping[str, str] = field(default_factory=dict)

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


def anchor_of(uri: str, champion: RegisteredVersion) -> RegisteredVersion | None:
    """The version that what follows ``champion`` may not be worse than, as its promotion wrote it down. Release 0.1.0 didn't: then the first champion.

    None where that version is gone from the registry.
    """
    if version := champion.tags.get(labels.TAG_ANCHOR):
        return champion if version == champion.version else numbered(uri, champion.name, version)
    return min((*_promoted(uri, champion.name), champion), key=lambda one: int(one.version))


def _promoted(uri: str, name: str) -> list[RegisteredVersion]:
    with unavailable_while(uri, f"looking for the first champion of {name}"):
        found = [_version(one) for one in MlflowClient().search_model_versions(f"name = '{name}'")]
    return [one for one in found if labels.TAG_PROMOTED_AT in one.tags]


def _found(uri: str, name: str, choose: Callable[[Any], str | None]) -> RegisteredVersion | None:
    """Asks for the model first: of a model that isn't there the server responds with 404, but of its aliases and versions 403."""
    client = MlflowClient()
    with unavailable_while(uri, f"looking for versions of {name}"):
        try:
            with translated():
                version = choose(client.get_registered_model(name))
                found = client.get_model_version(name, str(version)) if version else None
        except MlflowError as error:
            if error.problem is MlflowProblem.MISSING:
                return None
            raise
    return _version(found) if found else None


def _version(found: Any) -> RegisteredVersion:
    return RegisteredVersion(found.name, str(found.version), found.run_id or "", dict(found.tags))


def read_artifact(uri: str, run_id: str, name: str, folder: Path) -> bytes | None:
    """An artifact of a run, or None where the run has none of that name."""
    with unavailable_while(uri, f"reading {name}"):
        client = MlflowClient()
        if name not in {entry.path for entry in client.list_artifacts(run_id)}:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        return Path(client.download_artifacts(run_id, name, str(folder))).read_bytes()


def rows_of(uri: str, run_id: str, folder: Path) -> Membership | None:
    """Which rows a run's model was fitted, tuned and tested on; None where that wasn't kept."""
    content = read_artifact(uri, run_id, artifacts.MEMBERSHIP, folder) if run_id else None
    return membership.from_parquet(content) if content else None


def split_of(uri: str, run_id: str, folder: Path) -> Earlier | None:
    """How a run divided its rows; None where that wasn't kept."""
    rows = rows_of(uri, run_id, folder)
    if rows is None:
        return None
    content = read_artifact(uri, run_id, artifacts.SPLIT, folder)
    return Earlier(rows, SplitRule.model_validate_json(content) if content else None)
