"""What the operator writes can be executed; anything else is refused by its name."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from modelyard_local.runner.executable_fields import refuse_others
from modelyard_operator.kube.interface import Refused

Object = dict[str, Any]
_GOLDEN = Path(__file__).parents[2] / "golden"
_MANIFESTS = [
    pytest.param(body, id=f"{file.stem}-{body['kind']}-{body['metadata']['name']}")
    for folder in ("training", "deployment")
    for file in sorted((_GOLDEN / folder).glob("*.yaml"))
    for body in yaml.safe_load_all(file.read_text())
]


def _golden(kind: str) -> Object:
    found: Object = next(each.values[0] for each in _MANIFESTS if each.values[0]["kind"] == kind)  # type: ignore[assignment]
    return copy.deepcopy(found)


def _refusal(body: Object) -> str:
    with pytest.raises(Refused) as refused:
        refuse_others(body)
    return str(refused.value)


@pytest.mark.parametrize("body", _MANIFESTS)
def test_every_manifest_of_the_operator_passes(body: Object) -> None:
    refuse_others(body)


def test_there_are_manifests_of_every_kind() -> None:
    kinds = {each.values[0]["kind"] for each in _MANIFESTS}
    assert kinds == {"Job", "CronJob", "Deployment", "Service", "NetworkPolicy", "PodDisruptionBudget"}


@pytest.mark.parametrize(
    ("kind", "path", "field"),
    [
        ("Job", ["ttlSecondsAfterFinished"], "spec.ttlSecondsAfterFinished"),
        ("Job", ["template", "spec", "initContainers"], "spec.template.spec.initContainers"),
        ("Job", ["template", "spec", "hostNetwork"], "spec.template.spec.hostNetwork"),
        ("Job", ["template", "spec", "containers", 0, "args"], "spec.template.spec.containers[0].args"),
        ("Deployment", ["minReadySeconds"], "spec.minReadySeconds"),
        ("Deployment", ["template", "spec", "containers", 0, "lifecycle"], "spec.template.spec.containers[0].lifecycle"),
        ("Service", ["sessionAffinity"], "spec.sessionAffinity"),
        ("CronJob", ["jobTemplate", "spec", "manualSelector"], "spec.jobTemplate.spec.manualSelector"),
        ("NetworkPolicy", ["egress"], "spec.egress"),
        ("PodDisruptionBudget", ["minAvailable"], "spec.minAvailable"),
    ],
)
def test_a_field_that_nobody_executes_is_refused_by_name(kind: str, path: list[str | int], field: str) -> None:
    body = _golden(kind)
    _at(body["spec"], path[:-1])[path[-1]] = {}
    assert f"{field}: can't be executed on one machine" in _refusal(body)


@pytest.mark.parametrize(
    ("kind", "path", "value", "words"),
    [
        ("Deployment", ["strategy", "type"], "Recreate", 'spec.strategy.type: on one machine it can only be "RollingUpdate"'),
        (
            "Deployment",
            ["strategy", "rollingUpdate", "maxSurge"],
            2,
            "spec.strategy.rollingUpdate.maxSurge: on one machine it can only be 1",
        ),
        ("Job", ["template", "spec", "restartPolicy"], "OnFailure", 'restartPolicy: on one machine it can only be "Never"'),
        ("CronJob", ["timeZone"], "Europe/Berlin", 'spec.timeZone: on one machine it can only be "Etc/UTC"'),
        ("Service", ["type"], "LoadBalancer", 'spec.type: on one machine it can only be "ClusterIP"'),
        ("Deployment", ["replicas"], "three", "spec.replicas: 'three' is not of type 'integer'"),
        ("Job", ["template", "spec", "containers", 0, "volumeMounts", 0, "mountPath"], "/data", "volumeMounts[0].mountPath: '/data'"),
    ],
)
def test_a_value_that_nobody_executes_is_refused_with_those_that_are(kind: str, path: list[str | int], value: object, words: str) -> None:
    body = _golden(kind)
    _at(body["spec"], path[:-1])[path[-1]] = value
    assert words in _refusal(body)


def test_a_field_that_is_needed_is_named() -> None:
    body = _golden("CronJob")
    del body["spec"]["startingDeadlineSeconds"]
    assert "spec.startingDeadlineSeconds: is needed" in _refusal(body)


@pytest.mark.parametrize("schedule", ["61 * * * *", "* * * *", "often"])
def test_a_schedule_that_is_none_is_refused(schedule: str) -> None:
    body = _golden("CronJob")
    body["spec"]["schedule"] = schedule
    assert f"spec.schedule: {schedule!r} is no schedule in cron's five fields: " in _refusal(body)


def test_a_pod_is_held_to_the_same_fields() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": _golden("Job")["spec"]["template"]["spec"]}
    refuse_others(pod)
    pod["spec"]["hostPID"] = True
    assert "spec.hostPID: can't be executed on one machine" in _refusal(pod)


def test_a_manifest_without_spec_is_refused() -> None:
    assert _refusal({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "x"}}).startswith('Job "x" is invalid: spec:')


def test_kinds_that_nobody_executes_pass() -> None:
    refuse_others({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {}})


def _at(value: Any, path: list[str | int]) -> Any:
    for part in path:
        value = value[part]
    return value
