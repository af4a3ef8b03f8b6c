"""The Jobs of a TrainingJob: one per attempt, and one per champion that came after the model was judged."""

from collections.abc import Mapping
from typing import Literal

from modelyard_api import labels
from modelyard_api.pod_contract import CompareRequest, TrainRequest
from modelyard_api.workers import Workers

from modelyard_operator.kube.interface import Object
from modelyard_operator.ownership import child_metadata
from modelyard_operator.pod_template import Images, MountedSecret, pod_spec, restricted_container
from modelyard_operator.training.observed import Observed

_SHARED_MEMORY = "512Mi"  # PyTorch's data loaders pass batches through it; the runtime's default is 64 MiB
_COMPARISON_RETRIES = 3

# A pod that was taken away is often gone before anyone looks. This rule writes the reason into the Job's own condition.
_DISRUPTION = [{"type": "DisruptionTarget", "status": "True"}]


def attempt_name(name: str, number: int) -> str:
    """Name of an attempt's Job."""
    return f"{name}-{number}"


def comparison_name(name: str, version: str) -> str:
    """Name of the Job that compares with that champion."""
    return f"{name}-compare-{version}"


def train_request(observed: Observed, number: int) -> TrainRequest:
    """The request of an attempt's pod."""
    return TrainRequest(
        namespace=observed.namespace,
        name=observed.name,
        uid=observed.uid,
        attempt=number,
        model=observed.model,
        spec=observed.valid_spec,
        split_run=observed.registry.champion_run or None,
    )


def attempt_job(observed: Observed, number: int, images: Images) -> Object:
    """The Job of attempt ``number``. One pod, never restarted: the next attempt is another Job."""
    pod_failure = {"rules": [{"action": "FailJob", "onPodConditions": _DISRUPTION}]}
    spec = {"backoffLimit": 0, "podFailurePolicy": pod_failure}
    own_labels = {labels.COMPONENT_LABEL: "training", labels.ATTEMPT_LABEL: str(number)}
    return _job(observed, attempt_name(observed.name, number), "train", train_request(observed, number), images, own_labels, spec)


def comparison_job(observed: Observed, champion: str, images: Images) -> Object:
    """The Job that compares with ``champion``. It is small and has no state, so its pod may simply be tried again."""
    run = observed.status.mlflow
    request = CompareRequest(
        namespace=observed.namespace,
        name=observed.name,
        uid=observed.uid,
        model=observed.model,
        run_id=run.run_id if run else "",
        champion_version=champion,
        spec=observed.valid_spec,
    )
    rules = [
        {"action": "Ignore", "onPodConditions": _DISRUPTION},
        {"action": "FailJob", "onExitCodes": {"containerName": "compare", "operator": "In", "values": [65]}},
    ]
    spec = {"backoffLimit": _COMPARISON_RETRIES, "podFailurePolicy": {"rules": rules}}
    own_labels = {labels.COMPONENT_LABEL: "comparison", labels.VERSION_LABEL: champion}
    return _job(observed, comparison_name(observed.name, champion), "compare", request, images, own_labels, spec)


def _job(
    observed: Observed,
    name: str,
    command: Literal["train", "compare"],
    request: TrainRequest | CompareRequest,
    images: Images,
    own_labels: Mapping[str, str],
    job_spec: Object,
) -> Object:
    all_labels = {labels.TRAINING_JOB_LABEL: observed.name, labels.MODEL_LABEL: observed.model, **own_labels}
    metadata = child_metadata(observed.resource, name, all_labels)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {
            "completionMode": "Indexed",
            "completions": 1,
            "parallelism": 1,
            "podReplacementPolicy": "Failed",
            **job_spec,
            "template": {"metadata": {"labels": dict(metadata["labels"])}, "spec": _pod(observed, command, request, images)},
        },
    }


def _pod(observed: Observed, command: str, request: TrainRequest | CompareRequest, images: Images) -> Object:
    workers, secrets = observed.valid_spec.workers, _source_credentials(observed)
    container = restricted_container(command, images.jobs, ["modelyard-job", command], request, workers.resources, secrets)
    container["volumeMounts"].append({"name": "shared-memory", "mountPath": "/dev/shm"})  # noqa: S108
    pod = pod_spec(container, images, restart_policy="Never", grace_period_seconds=workers.grace_period_seconds, secrets=secrets)
    pod["volumes"].append({"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": _SHARED_MEMORY}})
    return pod | _scheduling(workers)


def _source_credentials(observed: Observed) -> tuple[MountedSecret, ...]:
    credentials = observed.valid_spec.data.source.credentials
    if credentials is None:
        return ()
    name, directory = credentials.secret_ref.name, labels.SOURCE_CREDENTIALS_DIRECTORY
    return (MountedSecret(name, "source-credentials", directory, required_key="AWS_ACCESS_KEY_ID"),)


def _scheduling(workers: Workers) -> Object:
    wire = workers.to_wire()
    return {key: wire[key] for key in ("nodeSelector", "tolerations", "priorityClassName", "imagePullSecrets") if wire.get(key)}
