"""A ModelDeployment with its children in memory: plans are carried out on it, readiness and runs are scripted."""

import copy
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from modelyard_api import labels
from modelyard_operator.deployment.model_deployments import ModelDeploymentReconciler
from modelyard_operator.kube.interface import CRON_JOB, DEPLOYMENT, JOB, MODEL_DEPLOYMENT, POD, SERVICE, Kind, Object
from modelyard_operator.ownership import controller_uid
from modelyard_operator.plan import Plan
from modelyard_operator.pod_template import Images
from modelyard_operator.reconciler import Key, Problem
from modelyard_operator.registry.interface import Evidence, RegistryError, RegistryReader, RegistryUnavailable, Run, RunProgress, Version

NAMESPACE, NAME, UID = "ml", "flights", "0d5f4f5e-0000-4000-8000-000000000001"
IMAGES = Images(jobs="modelyard/jobs:1", serving="modelyard/serving:1", monitoring="modelyard/monitoring:1")
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
KEY = Key("ModelDeployment", NAMESPACE, NAME)


def model_deployment(**spec: Any) -> Object:
    """As the API server stores it: with the defaults of the schema."""
    return {
        "apiVersion": MODEL_DEPLOYMENT.api_version,
        "kind": "ModelDeployment",
        "metadata": {"name": NAME, "namespace": NAMESPACE, "uid": UID, "generation": 1, "creationTimestamp": "2026-01-31T11:00:00Z"},
        "spec": {"model": {"name": NAME, "alias": "champion"}, "replicas": 1, **spec},
    }


def monitoring(**changes: Any) -> dict[str, Any]:
    return {"schedule": "* * * * *", "window": {"rows": 500}, **changes}


def digest(version: str) -> str:
    """sha256 of the files of a version."""
    return version * 64


class FakeRegistry(RegistryReader):
    """Models with versions and aliases; ``down`` makes every question fail."""

    def __init__(self, namespace: str = NAMESPACE, **aliases: str) -> None:
        self._name = f"{namespace}.{NAME}"
        self.aliases_of = {self._name: dict(aliases)}
        self.versions = {self._name: [str(n) for n in range(1, 10)]}
        self.evidence = {
            n: Evidence(self._name, n, f"m-{n}", digest(n), namespace, "u-1", "TrainingJob") for n in self.versions[self._name]
        }
        self.tags: dict[str, dict[str, str]] = {}
        self.has_newest_key = True
        self.results: dict[str, Any] | RegistryError = {}
        self.prepared: bool | RegistryError = True
        self.down = ""

    def _ask(self) -> None:
        if self.down:
            raise RegistryUnavailable(self.down)

    def model_exists(self, name: str) -> bool:
        self._ask()
        return name in self.versions

    def alias_version(self, name: str, alias: str) -> str:
        self._ask()
        return self.aliases_of.get(name, {}).get(alias, "")

    def version(self, name: str, version: str) -> Version | None:
        self._ask()
        if version not in self.versions.get(name, ()):
            return None
        evidence = self.evidence.get(version)
        return Version(name, version, "run", f"m-{version}", True, NOON, self.tags.get(version, {}), evidence, self.has_newest_key)

    def move(self, alias: str, version: str) -> None:
        self.aliases_of[self._name] = {**self.aliases_of[self._name], alias: version}

    def is_prepared(self, namespace: str, model: str) -> bool:
        if isinstance(self.prepared, RegistryError):
            raise self.prepared
        return self.prepared

    def find_run(self, namespace: str, model: str, uid: str, attempt: int) -> Run | None:
        raise AssertionError("a ModelDeployment looks for no run")

    def result(self, run_id: str, file: str = "") -> dict[str, Any] | None:
        if isinstance(self.results, RegistryError):
            raise self.results
        return self.results or None

    def progress(self, run_id: str) -> RunProgress:
        raise AssertionError("a ModelDeployment follows no run")

    def version_of(self, name: str, uid: str) -> Version | None:
        raise AssertionError("a ModelDeployment looks for no TrainingJob's version")

    def aliases(self) -> dict[tuple[str, str], str]:
        self._ask()
        return {(name, alias): version for name, aliases in self.aliases_of.items() for alias, version in aliases.items()}


class World:
    """A View on one namespace, and what changes it."""

    def __init__(self, owner: Object, registry: FakeRegistry) -> None:
        self.registry = registry
        self.now = NOON
        self.objects: dict[tuple[str, str], Object] = {("ModelDeployment", NAME): owner}
        self.events: list[Object] = []  # about whichever pod
        self.hidden: set[tuple[str, str]] = set()  # objects that the mirror doesn't show yet
        self._uids = 0

    # View
    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        return None if (kind.name, name) in self.hidden else self.fresh(kind, namespace, name)

    def fresh(self, kind: Kind, namespace: str, name: str) -> Object | None:
        assert namespace == NAMESPACE
        return self.objects.get((kind.name, name))

    def children(self, kind: Kind, owner_uid: str) -> Sequence[Object]:
        return [
            o
            for (k, n), o in sorted(self.objects.items())
            if k == kind.name and controller_uid(o) == owner_uid and (k, n) not in self.hidden
        ]

    def labelled(self, kind: Kind, namespace: str, label: str, value: str) -> Sequence[Object]:
        found = [o for (k, _), o in sorted(self.objects.items()) if k == kind.name]
        return [o for o in found if o["metadata"].get("labels", {}).get(label) == value]

    def pod_events(self, namespace: str, pod_uid: str) -> Sequence[Object]:
        return self.events

    # what the operator does
    def reconcile(self, problem: Problem | None = None) -> Plan:
        """Gather, decide, carry out."""
        reconciler = ModelDeploymentReconciler(IMAGES)
        observed = reconciler.gather(KEY, self, self.registry, problem)
        assert observed is not None
        before = copy.deepcopy(observed)
        plan = reconciler.reconcile(observed, self.now)
        assert plan == reconciler.reconcile(observed, self.now), "the same question has the same answer"
        assert observed == before, "deciding changes nothing"
        self._run_plan(plan)
        return plan

    def settle(self) -> Plan:
        """Reconcile until a plan changes nothing any more."""
        for _ in range(10):
            before = copy.deepcopy(self.objects)
            plan = self.reconcile()
            if self.objects == before:
                return plan
        raise AssertionError("the plans never come to rest")

    def _run_plan(self, plan: Plan) -> None:
        for body in (*plan.create, *plan.apply):
            self._apply(body)
        for deletion in plan.delete:
            gone = self.objects.pop((deletion.kind.name, deletion.name))
            assert gone["metadata"]["uid"] == deletion.uid
        if plan.status is not None:
            self.owner = {**self.owner, "status": json.loads(json.dumps(plan.status))}

    def _apply(self, body: Object) -> None:
        key = (body["kind"], body["metadata"]["name"])
        old = self.objects.get(key)
        self._uids += 0 if old else 1
        metadata = {**body["metadata"], "uid": old["metadata"]["uid"] if old else f"uid-{self._uids}"}
        generation = old["metadata"]["generation"] + (old["spec"] != body["spec"]) if old else 1
        self.objects[key] = {**body, "metadata": {**metadata, "generation": generation}, "status": old["status"] if old else {}}

    # what the cluster and people do
    @property
    def owner(self) -> Object:
        return self.objects["ModelDeployment", NAME]

    @owner.setter
    def owner(self, owner: Object) -> None:
        self.objects["ModelDeployment", NAME] = owner

    def edit(self, **spec: Any) -> None:
        metadata = {**self.owner["metadata"], "generation": self.owner["metadata"]["generation"] + 1}
        self.owner = {**self.owner, "metadata": metadata, "spec": {**self.owner["spec"], **spec}}

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def make_ready(self, version: str, pods: int | None = None) -> None:
        """The Deployment controller reports that many ready pods (default: all)."""
        deployment = self.deployment(version)
        wanted = deployment["spec"]["replicas"]
        ready = wanted if pods is None else pods
        deployment["status"] = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": wanted,
            "updatedReplicas": wanted,
            "readyReplicas": ready,
            "conditions": [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}] if ready >= wanted else [],
        }

    def stall(self, version: str) -> None:
        """The Deployment's progress deadline passes."""
        deployment = self.deployment(version)
        progressing = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
        deployment["status"] = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": 1,
            "updatedReplicas": 1,
            "conditions": [progressing],
        }

    def add_pod(self, version: str, status: Object, suffix: str = "a", created: str = "2026-01-31T12:00:00Z") -> None:
        self.add(POD, f"{NAME}-v{version}-{suffix}", self.deployment(version)["spec"]["template"]["metadata"]["labels"], status, created)

    def add_run(self, number: int, job_status: Object, pod_status: Object | None) -> None:
        """A Job of the CronJob and its pod."""
        cron_job = self.objects["CronJob", f"{NAME}-monitor"]
        name = f"{cron_job['metadata']['name']}-{number}"
        pod_labels = cron_job["spec"]["jobTemplate"]["metadata"]["labels"]
        job = self.add(JOB, name, pod_labels, job_status, controller=cron_job)
        if pod_status is not None:
            pod = self.add(POD, f"{name}-x", pod_labels, pod_status, controller=job)
            pod["spec"] = {"containers": [{"name": "monitor", "image": "monitoring:1"}]}

    def add(
        self,
        kind: Kind,
        name: str,
        object_labels: dict[str, str],
        status: Object,
        created: str = "2026-01-31T12:00:00Z",
        controller: Object | None = None,
    ) -> Object:
        references = []
        if controller:
            references = [
                {
                    "kind": controller["kind"],
                    "name": controller["metadata"]["name"],
                    "uid": controller["metadata"]["uid"],
                    "controller": True,
                }
            ]
        metadata = {"name": name, "namespace": NAMESPACE, "uid": f"uid-of-{name}", "labels": object_labels, "creationTimestamp": created}
        made = {"kind": kind.name, "metadata": {**metadata, "ownerReferences": references}, "spec": {}, "status": status}
        self.objects[kind.name, name] = made
        return made

    # what tests ask
    def deployment(self, version: str) -> Object:
        return self.objects["Deployment", f"{NAME}-v{version}"]

    def names(self, kind: Kind) -> list[str]:
        return sorted(name for k, name in self.objects if k == kind.name)

    @property
    def deployments(self) -> list[str]:
        return self.names(DEPLOYMENT)

    @property
    def services(self) -> list[str]:
        return self.names(SERVICE)

    @property
    def answers(self) -> str:
        """The version that the stable Service selects."""
        return str(self.objects["Service", NAME]["spec"]["selector"][labels.VERSION_LABEL])

    @property
    def status(self) -> dict[str, Any]:
        return dict(self.owner["status"])

    def condition(self, condition_type: str) -> tuple[str, str, str]:
        """(status, reason, message)."""
        found = next(c for c in self.status["conditions"] if c["type"] == condition_type)
        assert found["observedGeneration"] == self.owner["metadata"]["generation"]
        return found["status"], found["reason"], found["message"]

    @property
    def monitor(self) -> Object:
        return self.objects[CRON_JOB.name, f"{NAME}-monitor"]


def order_of(pod_spec: Object) -> dict[str, Any]:
    """The order in a pod's environment."""
    variable = next(e for e in pod_spec["containers"][0]["env"] if e["name"] == "MODELYARD_REQUEST")
    return dict(json.loads(variable["value"]))


def world(aliases: dict[str, str] | None = None, **spec: Any) -> World:
    return World(model_deployment(**spec), FakeRegistry(**(aliases if aliases is not None else {"champion": "1"})))


def serving_world(**spec: Any) -> World:
    """Version 1 is rolled out and answers."""
    made = world(**spec)
    made.reconcile()
    made.make_ready("1")
    made.settle()
    return made
