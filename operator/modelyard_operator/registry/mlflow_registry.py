"""The registry, kept by MLflow. Uses its client; a request takes seconds at most (see ``set_up_client``)."""

import json
import math
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Experiment
from mlflow.entities.model_registry import ModelVersion
from modelyard_api import artifacts, labels

from modelyard_operator.plan import EnsureModel, MoveAlias, RegisterVersion, SignVersion
from modelyard_operator.registry.evidence import Keyring, as_tags, claimed
from modelyard_operator.registry.failures import Missing, translated
from modelyard_operator.registry.interface import AliasChanged, Evidence, RegistryRefused, RegistryUnavailable, Run, RunProgress, Version
from modelyard_operator.registry.permissions import READ_AGAIN_SECONDS, Permissions

_READY_WITHIN_SECONDS = 20
_MODELS_PER_PAGE = 1000


def set_up_client() -> None:
    """MLflow's client reads the environment; call this before the first request."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")  # it would try for minutes; a worker has other resources to look after
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "false")  # files come from MLflow, not by a link into its S3
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")


class MlflowRegistry:
    """Implements ``Registry``. Thread-safe; credentials come from MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."""

    def __init__(self, uri: str, keyring: Keyring | None = None) -> None:
        """Without ``keyring`` evidence is neither written nor believed."""
        self._uri = uri
        self._keyring = keyring
        self._client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        self._permissions = Permissions(uri)
        self._prepared: dict[tuple[str, str], float] = {}  # when it was last seen, by the monotonic clock

    def is_prepared(self, namespace: str, model: str) -> bool:
        """See ``RegistryReader``."""
        seen = self._prepared.get((namespace, model))
        if seen is not None and time.monotonic() - seen < READ_AGAIN_SECONDS:
            return True
        name = labels.registered_model(namespace, model)
        self._permissions.require_ours(namespace, name)
        experiment = self._experiment(namespace, model)
        if experiment is None or not self.model_exists(name):
            return False
        if not self._permissions.are_granted(namespace, experiment.experiment_id, name):
            return False
        self._prepared[namespace, model] = time.monotonic()
        return True

    def ensure_model(self, action: EnsureModel) -> None:
        """See ``Registry``."""
        name = labels.registered_model(action.namespace, action.model)
        experiment = self._experiment(action.namespace, action.model)
        experiment_id = experiment.experiment_id if experiment else self._create_experiment(action)
        if not self.model_exists(name):
            with translated(self._uri, f"creating registered model {name}"):
                self._client.create_registered_model(name, tags={labels.TAG_NAMESPACE: action.namespace})
        self._permissions.grant(action.namespace, experiment_id, name)
        self._prepared[action.namespace, action.model] = time.monotonic()

    def find_run(self, namespace: str, model: str, uid: str, attempt: int) -> Run | None:
        """See ``RegistryReader``."""
        experiment = self._experiment(namespace, model)
        if experiment is None:
            return None
        tags = f"tags.`{labels.TAG_UID}` = '{uid}' AND tags.`{labels.TAG_ATTEMPT}` = '{attempt}'"
        with translated(self._uri, f"looking for the run of TrainingJob {uid}"):
            runs = self._client.search_runs([experiment.experiment_id], tags, max_results=1, order_by=["attributes.start_time DESC"])
        return Run(runs[0].info.run_id, experiment.experiment_id, runs[0].info.status) if runs else None

    def result(self, run_id: str, file: str = artifacts.RESULT) -> dict[str, Any] | None:
        """See ``RegistryReader``."""
        with translated(self._uri, f"reading {file} of run {run_id}"), tempfile.TemporaryDirectory() as folder:
            if not any(item.path == file for item in self._client.list_artifacts(run_id)):
                return None
            text = Path(self._client.download_artifacts(run_id, file, folder)).read_text()
        try:
            return dict(json.loads(text))
        except (ValueError, TypeError) as error:
            raise RegistryRefused(f"MLflow at {self._uri}: {file} of run {run_id} is not a JSON object: {error}") from error

    def progress(self, run_id: str) -> RunProgress:
        """See ``RegistryReader``."""
        with translated(self._uri, f"reading run {run_id}"):
            data = self._client.get_run(run_id).data
        metrics = {name: float(value) for name, value in data.metrics.items() if math.isfinite(value)}
        epochs = data.params.get(artifacts.MOST_EPOCHS, "")
        counted = int(metrics.pop(artifacts.MOST_EPOCHS, 0))
        return RunProgress(int(metrics.pop(artifacts.EPOCH, 0)), int(epochs) if epochs.isdigit() else counted, metrics)

    def model_exists(self, name: str) -> bool:
        """See ``RegistryReader``."""
        return self._model(name) is not None

    def alias_version(self, name: str, alias: str) -> str:
        """See ``RegistryReader``."""
        return str((self._model(name) or {}).get(alias, ""))

    def version(self, name: str, version: str) -> Version | None:
        """See ``RegistryReader``."""
        try:
            with translated(self._uri, f"reading version {version} of {name}"):
                return self._read(self._client.get_model_version(name, version))
        except Missing:
            return None

    def version_of(self, name: str, uid: str) -> Version | None:
        """See ``RegistryReader``. Of several (registered by hand, say) the oldest."""
        return next(iter(self._versions_of(name, uid)), None)

    def aliases(self) -> Mapping[tuple[str, str], str]:
        """See ``RegistryReader``."""
        found: dict[tuple[str, str], str] = {}
        token: str | None = None
        while True:
            with translated(self._uri, "reading all aliases"):
                page = self._client.search_registered_models(max_results=_MODELS_PER_PAGE, page_token=token)
            for model in page:
                found |= {(model.name, alias): str(version) for alias, version in model.aliases.items()}
            token = page.token
            if not token:
                return found

    def register_version(self, action: RegisterVersion) -> Version:
        """See ``Registry``. MLflow makes a second version of a second request, so it is looked for before, and after an answer that was lost.

        A request whose answer was lost may still be carried out beside its repetition: the younger twin is deleted.
        """
        if self.version_of(action.name, action.uid) is None:
            try:
                self._create_version(action)
            except RegistryUnavailable:
                if self.version_of(action.name, action.uid) is None:
                    raise
        versions = self._versions_of(action.name, action.uid)
        if not versions or not versions[0].ready:
            raise RegistryUnavailable(f"MLflow at {self._uri}: the version of {action.name} for TrainingJob {action.uid} is not ready yet")
        self._delete(versions[1:], versions[0].model_id)
        if versions[0].evidence is None:
            self._sign(versions[0], action)
        return versions[0]

    def sign_version(self, action: SignVersion) -> None:
        """See ``Registry``."""
        version = self.version(action.name, action.version)
        if version is None:
            raise RegistryRefused(f"MLflow at {self._uri}: {action.name} has no version {action.version} any more")
        self._sign(version, action)

    def move_alias(self, action: MoveAlias) -> None:
        """See ``Registry``. MLflow has no compare-and-set: between reading and setting remains a window of one request."""
        current = self.alias_version(action.name, action.alias)
        if current not in (action.from_version, action.to_version):
            expected = f"version {action.from_version}" if action.from_version else "no version"
            raise AliasChanged(f"alias {action.alias} of {action.name} is at version {current or 'none'}, {expected} was expected")
        if current != action.to_version:
            with translated(self._uri, f"moving alias {action.alias} of {action.name} to version {action.to_version}"):
                self._client.set_registered_model_alias(action.name, action.alias, action.to_version)
        for tag, value in action.tags.items():
            with translated(self._uri, f"tagging version {action.to_version} of {action.name}"):
                self._client.set_model_version_tag(action.name, action.to_version, tag, value)

    def _sign(self, version: Version, action: RegisterVersion | SignVersion) -> None:
        if self._keyring is None:
            return
        evidence = Evidence(action.name, version.version, version.model_id, action.digest, action.namespace, action.uid, action.accepted)
        for tag, value in as_tags(evidence, self._keyring.sign(evidence)).items():
            with translated(self._uri, f"signing version {version.version} of {action.name}"):
                self._client.set_model_version_tag(action.name, version.version, tag, value)

    def _read(self, found: ModelVersion) -> Version:
        """With its evidence, if that is true. Raises KeysUnusable."""
        version = _version(found)
        signature = version.tags.get(labels.TAG_EVIDENCE, "")
        if self._keyring is None or not signature:
            return version
        evidence = claimed(version.name, version.version, version.model_id, version.tags)
        if not self._keyring.is_valid(evidence, signature):
            return version
        return replace(version, evidence=evidence, signed_by_newest_key=self._keyring.is_newest(signature))

    def _versions_of(self, name: str, uid: str) -> list[Version]:
        """Those that a TrainingJob's UID is on, the oldest first."""
        tags = f"name = '{name}' AND tags.`{labels.TAG_UID}` = '{uid}'"
        with translated(self._uri, f"looking for the version of {name} that TrainingJob {uid} made"):
            found = self._client.search_model_versions(tags)
        return sorted(map(self._read, found), key=lambda version: int(version.version))

    def _delete(self, twins: Sequence[Version], model_id: str) -> None:
        """Versions of the same model that no alias is at: what somebody did with one of them by hand stays."""
        with_alias = set((self._model(twins[0].name) or {}).values()) if twins else set()
        for each in twins:
            if each.model_id == model_id and each.version not in with_alias:
                with translated(self._uri, f"deleting version {each.version} of {each.name}, which was registered twice"):
                    self._client.delete_model_version(each.name, each.version)

    def _create_version(self, action: RegisterVersion) -> None:
        with translated(self._uri, f"registering {action.model_id} as a version of {action.name}"):
            self._client.get_logged_model(action.model_id)  # one that was never logged makes MLflow answer 500, as if it were down
            self._client.create_model_version(
                action.name,
                source=f"models:/{action.model_id}",
                run_id=action.run_id,
                tags={labels.TAG_UID: action.uid, **action.tags},
                model_id=action.model_id,
                await_creation_for=_READY_WITHIN_SECONDS,
            )

    def _experiment(self, namespace: str, model: str) -> Experiment | None:
        name = labels.experiment(namespace, model)
        with translated(self._uri, f"reading experiment {name}"):
            found = self._client.get_experiment_by_name(name)
        if found is not None and found.lifecycle_stage == "deleted":
            raise RegistryRefused(
                f"MLflow at {self._uri}: experiment {name} was deleted; restore it (mlflow experiments restore "
                f"--experiment-id {found.experiment_id}) or give the model another name"
            )
        return found

    def _create_experiment(self, action: EnsureModel) -> str:
        name = labels.experiment(action.namespace, action.model)
        with translated(self._uri, f"creating experiment {name}"):
            return str(self._client.create_experiment(name, tags={labels.TAG_NAMESPACE: action.namespace}))

    def _model(self, name: str) -> dict[str, str] | None:
        """Aliases of a registered model; None: there is no such model."""
        try:
            with translated(self._uri, f"reading registered model {name}"):
                return dict(self._client.get_registered_model(name).aliases)
        except Missing:
            return None


def _version(found: ModelVersion) -> Version:
    return Version(
        name=found.name,
        version=str(found.version),
        run_id=found.run_id or "",
        model_id=found.model_id or str(found.source).removeprefix("models:/"),
        ready=found.status == "READY",
        created=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC),
        tags=dict(found.tags),
    )
