"""A cluster and a registry in memory, with clock: scenarios are made by changing it and reconciling until nothing changes.

It keeps the promises of the seams (one Job per name, a resource version on status, one version per UID tag, aliases that move only from
where they are expected) and can be told to die after any single write.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from modelyard_api import artifacts, labels
from modelyard_api.pod_contract import PodError, TrainResult
from modelyard_api.resource_status import TrainingJobStatus
from modelyard_operator.kube.interface import JOB, KINDS, POD, TRAINING_JOB, Kind
from modelyard_operator.plan import EnsureModel, Event, MoveAlias, Plan, RegisterVersion, SignVersion
from modelyard_operator.pod_template import Images
from modelyard_operator.reconciler import Key, Problem
from modelyard_operator.registry.interface import AliasChanged, Evidence, NameTaken, RegistryUnavailable, Run, RunProgress, Version
from modelyard_operator.training.training_jobs import TrainingJobReconciler

from tests.unit.training_operator import manifests
from tests.unit.training_operator.manifests import NAMESPACE, START, stamp, true_condition

IMAGES = Images(jobs="registry.test/jobs:1", serving="registry.test/serving:1", monitoring="registry.test/monitoring:1")
Object = dict[str, Any]


class Died(Exception):
    """The operator was killed after a write."""


def run_url(experiment: str, run: str) -> str:
    return f"http://mlflow.test/#/experiments/{experiment}/runs/{run}"


class World:
    """View and Registry in one, and the ticking of the clock."""

    def __init__(self, *resources: Object) -> None:
        self.now = START
        self.objects: dict[tuple[str, str], Object] = {}
        self.mirrored_late: dict[str, Object] = {}  # what the mirror still shows of a pod that has changed
        self.pod_events_by_uid: dict[str, list[Object]] = {}
        self.events: list[Event] = []
        self.writes: list[str] = []
        self.die_after: int | None = None
        self.registry_down = ""
        self.name_taken = ""
        self.dies_before_signing = False
        self.models: set[str] = set()
        self.versions: list[Version] = []
        self.alias: dict[tuple[str, str], str] = {}
        self.moves: list[MoveAlias] = []
        self.runs: dict[tuple[str, int], Run] = {}
        self.results: dict[str, Object] = {}
        self.run_progress = RunProgress()
        self.reconciler = TrainingJobReconciler(IMAGES, run_url)
        for resource in resources:
            self.put(resource)

    # --- the cluster, as a View

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        return self.objects.get((kind.name, name))

    def fresh(self, kind: Kind, namespace: str, name: str) -> Object | None:
        return self.get(kind, namespace, name)

    def children(self, kind: Kind, owner_uid: str) -> Sequence[Object]:
        found = [one for one in self._all(kind) if any(ref["uid"] == owner_uid for ref in one["metadata"].get("ownerReferences", ()))]
        return [self.mirrored_late.get(one["metadata"]["name"], one) for one in found]

    def labelled(self, kind: Kind, namespace: str, label: str, value: str) -> Sequence[Object]:
        return [one for one in self._all(kind) if one["metadata"].get("labels", {}).get(label) == value]

    def pod_events(self, namespace: str, pod_uid: str) -> Sequence[Object]:
        return self.pod_events_by_uid.get(pod_uid, [])

    def _all(self, kind: Kind) -> list[Object]:
        return [one for (name, _), one in sorted(self.objects.items()) if name == kind.name]

    # --- the registry

    def is_prepared(self, namespace: str, model: str) -> bool:
        if self.name_taken:
            raise NameTaken(self.name_taken)
        return f"{namespace}.{model}" in self.models

    def find_run(self, namespace: str, model: str, uid: str, attempt: int) -> Run | None:
        self._answer()
        return self.runs.get((uid, attempt))

    def result(self, run_id: str, file: str = artifacts.RESULT) -> Object | None:
        self._answer()
        return self.results.get(run_id if file == artifacts.RESULT else f"{run_id}/{file}")

    def progress(self, run_id: str) -> RunProgress:
        self._answer()
        return self.run_progress

    def model_exists(self, name: str) -> bool:
        return name in self.models

    def alias_version(self, name: str, alias: str) -> str:
        self._answer()
        return self.alias.get((name, alias), "")

    def version(self, name: str, version: str) -> Version | None:
        self._answer()
        return next((one for one in self.versions if (one.name, one.version) == (name, version)), None)

    def version_of(self, name: str, uid: str) -> Version | None:
        self._answer()
        return next((one for one in self.versions if one.name == name and one.tags.get(labels.TAG_UID) == uid), None)

    def aliases(self) -> Mapping[tuple[str, str], str]:
        return self.alias

    def ensure_model(self, action: EnsureModel) -> None:
        self._answer()
        self.models.add(f"{action.namespace}.{action.model}")

    def register_version(self, action: RegisterVersion) -> Version:
        self._answer()
        found = self.version_of(action.name, action.uid)
        if found is None:
            found = self.add_version(action.name, action.run_id, action.model_id, {labels.TAG_UID: action.uid} | action.tags)
        if found.evidence is None:
            if self.dies_before_signing:
                self.dies_before_signing = False
                raise Died("before the version was signed")
            self.sign_version(SignVersion(action.name, found.version, action.namespace, action.uid, action.digest, action.accepted))
        return found

    def sign_version(self, action: SignVersion) -> None:
        self._answer()
        position = next(n for n, one in enumerate(self.versions) if (one.name, one.version) == (action.name, action.version))
        known = self.versions[position]
        evidence = Evidence(known.name, known.version, known.model_id, action.digest, action.namespace, action.uid, action.accepted)
        self.versions[position] = replace(known, evidence=evidence, signed_by_newest_key=True)

    def move_alias(self, action: MoveAlias) -> None:
        self._answer()
        current = self.alias.get((action.name, action.alias), "")
        if current not in {action.from_version, action.to_version}:
            raise AliasChanged(f"{action.alias} isn't at {action.from_version}")
        if current != action.to_version:
            self.alias[action.name, action.alias] = action.to_version
            self.moves.append(action)
            self._write("alias set")
            self._survive()
        position = next(n for n, one in enumerate(self.versions) if (one.name, one.version) == (action.name, action.to_version))
        known = self.versions[position]
        self.versions[position] = replace(known, tags={**known.tags, **action.tags})

    def add_version(self, name: str, run_id: str, model_id: str = "m-0", tags: Mapping[str, str] | None = None) -> Version:
        number = str(1 + sum(one.name == name for one in self.versions))
        version = Version(name, number, run_id, model_id, ready=True, created=self.now, tags=dict(tags or {}))
        self.versions.append(version)
        self.models.add(name)
        return version

    def _answer(self) -> None:
        if self.registry_down:
            raise RegistryUnavailable(self.registry_down)

    # --- the operator

    def plan(self, name: str = "penguins", problem: Problem | None = None) -> Plan:
        """What is decided now."""
        observed = self.reconciler.gather(Key("TrainingJob", NAMESPACE, name), self, self, problem)
        return self.reconciler.reconcile(observed, self.now) if observed else Plan()

    def reconcile(self, name: str = "penguins") -> Plan:
        """Decide and carry out, once."""
        plan = self.plan(name)
        for body in plan.create:
            if ("Job", body["metadata"]["name"]) not in self.objects:
                self._write(f"create {body['metadata']['name']}")
                self.put(self._made(body))
                self._survive()
        for suspension in plan.suspend:
            self._write(f"suspend {suspension.name} {suspension.suspend}")
            self.job(suspension.name)["spec"]["suspend"] = suspension.suspend
            self._survive()
        for deletion in plan.delete:
            self._write(f"delete {deletion.name}")
            self.objects.pop((deletion.kind.name, deletion.name), None)
        resource = self.objects.get(("TrainingJob", name))
        if resource and plan.status is not None and resource.get("status") != plan.status:
            self._write(f"status {plan.status['state']}")
            resource["status"] = plan.status
            self.events += plan.events
            self._survive()
        for action in plan.registry:
            self._write(type(action).__name__)
            carried_out_by: dict[type, Callable[[Any], object]] = {
                EnsureModel: self.ensure_model,
                RegisterVersion: self.register_version,
                SignVersion: self.sign_version,
                MoveAlias: self.move_alias,
            }
            carried_out_by[type(action)](action)
            self._survive()
        return plan

    def settle(self, name: str = "penguins") -> Plan:
        """Reconcile until nothing is written any more."""
        for _ in range(30):
            before = len(self.writes)
            plan = self.reconcile(name)
            if len(self.writes) == before:
                return plan
        raise AssertionError(f"it never settles: {self.writes[-6:]}")

    def _write(self, what: str) -> None:
        self.writes.append(what)

    def _survive(self) -> None:
        if self.die_after is not None and len(self.writes) >= self.die_after:
            self.die_after = None
            raise Died(self.writes[-1])

    def _made(self, body: Object) -> Object:
        made = copy.deepcopy(body)
        made["metadata"] |= {"uid": f"uid-of-{body['metadata']['name']}", "creationTimestamp": stamp(self.now)}
        return made | {"status": {"startTime": stamp(self.now)}}

    # --- what happens in the cluster

    def put(self, body: Object) -> Object:
        kind = KINDS[body["kind"]]
        self.objects[kind.name, body["metadata"]["name"]] = body
        return body

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def job(self, name: str) -> Object:
        return self.objects[JOB.name, name]

    def job_names(self) -> list[str]:
        return [job["metadata"]["name"] for job in self._all(JOB)]

    def pod_is(self, job_name: str, state: Object | None = None, **status: Any) -> Object:
        """The Job's pod, with its container in that state."""
        return self.put(manifests.pod_of(self.job(job_name), state, **status))

    def pod_runs(self, job_name: str) -> None:
        self.pod_is(job_name, manifests.running(self.now), phase="Running")

    def pod_ends(
        self, job_name: str, exit_code: int, said: TrainResult | PodError | str = "", *, reason: str = "", seconds: float = 60
    ) -> None:
        """It ran for so long, then its container and its Job ended."""
        since, self.now = self.now, self.now + timedelta(seconds=seconds)
        message = said if isinstance(said, str) else said.model_dump_json(by_alias=True)
        word = reason or ("Completed" if exit_code == 0 else "Error")
        phase = "Succeeded" if exit_code == 0 else "Failed"
        self.pod_is(job_name, manifests.terminated(exit_code, message, reason=word, since=since, until=self.now), phase=phase)
        self.job_ends(job_name, "Complete" if exit_code == 0 else "Failed")

    def job_ends(self, job_name: str, condition: str, reason: str = "", message: str = "") -> None:
        self.job(job_name)["status"]["conditions"] = [true_condition(condition, self.now, reason, message)]

    def drop(self, kind: Kind, name: str) -> None:
        del self.objects[kind.name, name]

    def drop_pod(self, job_name: str) -> None:
        self.drop(POD, f"{job_name}-0-abcde")

    # --- what can be seen

    def resource(self, name: str = "penguins") -> Object:
        return self.objects[TRAINING_JOB.name, name]

    def status(self, name: str = "penguins") -> TrainingJobStatus:
        return TrainingJobStatus.model_validate(self.resource(name)["status"])

    def condition(self, condition_type: str, name: str = "penguins") -> tuple[str, str, str] | None:
        """Status, reason and message."""
        for one in self.status(name).conditions:
            if one.type == condition_type:
                return one.status, one.reason, one.message
        return None

    def told(self) -> list[tuple[str, str]]:
        """Type and reason of all Events so far."""
        return [(event.type, event.reason) for event in self.events]
