"""Plays the Job controller, the kubelet and the training pod: makes a Job's pod, writes both statuses and the MLflow run."""

import copy
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kubernetes import client, config
from modelyard_api import labels
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.objective import Bound
from modelyard_api.pod_contract import MetricValue, TrainResult
from modelyard_api.verdicts import ComparedWith, Evidence, VerdictReason

Object = dict[str, Any]
_BASELINE = {"metric": Metric.F1_MACRO, "bound": Bound.BETTER_THAN, "opponent": ComparedWith.BASELINE}
_CHAMPION = {"metric": Metric.F1_MACRO, "bound": Bound.NOT_WORSE_THAN, "opponent": ComparedWith.CHAMPION}
GOOD = (
    Evidence.model_validate(_BASELINE | {"value": 0.31, "low": 0.24, "high": 0.37, "standard_error": 0.03, "rows": 50}),
    Evidence.model_validate(_CHAMPION | {"reason": VerdictReason.NO_CHAMPION}),
)
UNDECIDED = (
    Evidence.model_validate(_BASELINE | {"value": 0.02, "low": -0.04, "high": 0.08, "standard_error": 0.03, "rows": 50}),
    GOOD[1],
)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class ScriptedPods:
    """What the cluster would do in one namespace."""

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        transport = config.new_client_from_config(str(kubeconfig))
        self._core, self._batch = client.CoreV1Api(transport), client.BatchV1Api(transport)
        self._namespace = namespace

    def jobs(self) -> list[Object]:
        found = self._batch.list_namespaced_job(self._namespace, _preload_content=False)
        return list(_json(found)["items"])

    def job(self, name: str) -> Object:
        return _json(self._batch.read_namespaced_job(name, self._namespace, _preload_content=False))

    def run(self, name: str) -> None:
        """The Job's pod is made and its container started."""
        job = self.job(name)
        self._core.create_namespaced_pod(self._namespace, _pod(job))
        self._batch.patch_namespaced_job_status(name, self._namespace, {"status": {"startTime": _now(), "active": 1, "ready": 1}})
        self._container(job, {"running": {"startedAt": _now()}}, "Running")

    def succeed(self, name: str, result: TrainResult) -> None:
        """The container ended with this termination message, and the Job is complete."""
        job = self.job(name)
        message = result.model_dump_json(by_alias=True, exclude_none=True)
        ended = {"exitCode": 0, "reason": "Completed", "message": message, "startedAt": job["status"]["startTime"], "finishedAt": _now()}
        self._container(job, {"terminated": ended}, "Succeeded")
        conditions = [_true("SuccessCriteriaMet", "CompletionsReached"), _true("Complete", "CompletionsReached")]
        counts = {"active": 0, "ready": 0, "succeeded": 1, "completedIndexes": "0", "completionTime": _now(), "terminating": 0}
        self._batch.patch_namespaced_job_status(name, self._namespace, {"status": {**counts, "conditions": conditions}})

    def _container(self, job: Object, state: Object, phase: str) -> None:
        spec = job["spec"]["template"]["spec"]["containers"][0]
        status = {"name": spec["name"], "image": spec["image"], "imageID": "", "ready": False, "restartCount": 0, "state": state}
        body = {"status": {"phase": phase, "containerStatuses": [status]}}
        self._core.patch_namespaced_pod_status(_pod_name(job), self._namespace, body)


def train(
    namespace: str, uid: str, mlflow_uri: str, attempt: int = 1, evidence: Sequence[Evidence] = GOOD, model: str = "penguins"
) -> TrainResult:
    """What a pod leaves in MLflow: the tagged run and a logged model."""
    from mlflow import MlflowClient  # noqa: PLC0415
    from mlflow.entities import LoggedModelStatus  # noqa: PLC0415

    mlflow = MlflowClient(mlflow_uri, mlflow_uri)
    experiment = mlflow.get_experiment_by_name(labels.experiment(namespace, model))
    assert experiment is not None, "the operator makes it before the first attempt"
    run = mlflow.create_run(experiment.experiment_id, tags={labels.TAG_UID: uid, labels.TAG_ATTEMPT: str(attempt)})
    logged = mlflow.create_logged_model(experiment.experiment_id, name="model", source_run_id=run.info.run_id)
    mlflow.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)
    mlflow.set_terminated(run.info.run_id)
    return TrainResult(
        run_id=run.info.run_id,
        experiment_id=experiment.experiment_id,
        model_id=logged.model_id,
        digest="0",
        metrics=[MetricValue(name="f1_macro", value=0.98)],
        evidence=list(evidence),
        resolved={"metric": "f1_macro"},
        metric=Metric.F1_MACRO,
    )


def _pod(job: Object) -> Object:
    template = copy.deepcopy(job["spec"]["template"])
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": job["metadata"]["name"], "uid": job["metadata"]["uid"], "controller": True}
    metadata = {"name": _pod_name(job), "labels": template["metadata"]["labels"], "ownerReferences": [owner]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**template["spec"], "nodeName": "node-1"}}


def _pod_name(job: Object) -> str:
    return f"{job['metadata']['name']}-0-abcde"


def _true(condition_type: str, reason: str) -> Object:
    return {
        "type": condition_type,
        "status": "True",
        "reason": reason,
        "message": "",
        "lastTransitionTime": _now(),
        "lastProbeTime": _now(),
    }


def _json(response: Any) -> Object:
    import json  # noqa: PLC0415

    return dict(json.loads(response.data))
