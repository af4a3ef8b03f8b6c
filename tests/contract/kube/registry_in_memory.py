"""A registry without a server: what MLflow would answer, for tests of the operator's other half."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from modelyard_api.labels import registered_model
from modelyard_operator.plan import EnsureModel, MoveAlias, RegisterVersion, SignVersion
from modelyard_operator.registry.interface import AliasChanged, Evidence, RegistryUnavailable, Run, RunProgress, Version


class RegistryInMemory:
    def __init__(self) -> None:
        self.models: dict[str, list[Version]] = {}
        self.moved: dict[tuple[str, str], str] = {}
        self.away = False

    def is_prepared(self, namespace: str, model: str) -> bool:
        return self.model_exists(registered_model(namespace, model))

    def find_run(self, namespace: str, model: str, uid: str, attempt: int) -> Run | None:
        return None

    def result(self, run_id: str, file: str = "") -> dict[str, Any] | None:
        return None

    def progress(self, run_id: str) -> RunProgress:
        return RunProgress()

    def model_exists(self, name: str) -> bool:
        self._answer()
        return name in self.models

    def alias_version(self, name: str, alias: str) -> str:
        self._answer()
        return self.moved.get((name, alias), "")

    def version(self, name: str, version: str) -> Version | None:
        return next((each for each in self.models.get(name, []) if each.version == version), None)

    def version_of(self, name: str, uid: str) -> Version | None:
        return next((each for each in self.models.get(name, []) if each.tags.get("uid") == uid), None)

    def aliases(self) -> Mapping[tuple[str, str], str]:
        self._answer()
        return dict(self.moved)

    def ensure_model(self, action: EnsureModel) -> None:
        self._answer()
        self.models.setdefault(registered_model(action.namespace, action.model), [])

    def register_version(self, action: RegisterVersion) -> Version:
        self._answer()
        versions = self.models[action.name]
        created = datetime(2026, 1, 1, tzinfo=UTC)
        number = str(len(versions) + 1)
        evidence = Evidence(action.name, number, action.model_id, action.digest, action.namespace, action.uid, action.accepted)
        version = Version(action.name, number, action.run_id, action.model_id, True, created, {"uid": action.uid}, evidence, True)
        versions.append(version)
        return version

    def sign_version(self, action: SignVersion) -> None:
        self._answer()
        versions = self.models[action.name]
        position, known = next((n, each) for n, each in enumerate(versions) if each.version == action.version)
        evidence = Evidence(known.name, known.version, known.model_id, action.digest, action.namespace, action.uid, action.accepted)
        versions[position] = replace(known, evidence=evidence, signed_by_newest_key=True)

    def move_alias(self, action: MoveAlias) -> None:
        self._answer()
        if self.moved.get((action.name, action.alias), "") != action.from_version:
            raise AliasChanged(action.alias)
        self.moved[action.name, action.alias] = action.to_version

    def _answer(self) -> None:
        if self.away:
            raise RegistryUnavailable("MLflow at http://mlflow: connection refused")
