"""Which fields of Jobs, Deployments, Services, CronJobs and Pods can be executed on one machine: those that the operator writes.

Any other is refused with its name: a field that silently did nothing would be worse. Some fields are accepted because they
are about a cluster and have no meaning on one machine (images, scheduling, security contexts, network policies); they stay
in the manifest, so that it is the same one that a cluster gets.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cronsim import CronSim, CronSimError
from jsonschema import Draft202012Validator
from modelyard_api import labels
from modelyard_api.pod_contract import TERMINATION_MESSAGE_PATH
from modelyard_operator.kube.interface import Object, Refused

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "integer", "minimum": 0}
_POSITIVE: Schema = {"type": "integer", "minimum": 1}
_BOOLEAN: Schema = {"type": "boolean"}
_QUANTITY: Schema = {"type": ["string", "number"]}
_ANYTHING: Schema = {}
_MOUNTS = rf"^({Path(labels.PLATFORM_CONFIG_DIRECTORY).parent}/.+|{labels.SCRATCH_DIRECTORY}|/dev/shm)$"


def refuse_others(body: Object) -> None:
    """Raises Refused naming the first field, or value of a field, that can't be executed here. Other kinds pass."""
    validator = _validators().get(str(body.get("kind")))
    errors = sorted(validator.iter_errors(body.get("spec")), key=lambda error: len(error.absolute_path)) if validator else []
    problem = _words(errors[0]) if errors else _schedule_problem(body)
    if problem:
        name = body.get("metadata", {}).get("name", "")
        raise Refused(f'{body["kind"]} "{name}" is invalid: {problem}')


def _schedule_problem(body: Object) -> str:
    if body.get("kind") != "CronJob":
        return ""
    schedule = body["spec"]["schedule"]
    try:
        CronSim(schedule, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        return f"spec.schedule: {schedule!r} is no schedule in cron's five fields: {error}"
    return ""


def _words(error: Any) -> str:
    """Of a ``jsonschema.ValidationError``, whose attributes are anything."""
    where = _path(["spec", *error.absolute_path])
    if error.validator == "additionalProperties":
        other = next(name for name in error.instance if name not in error.schema["properties"])
        return f"{where}.{other}: can't be executed on one machine; remove it, or use a cluster"
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"{where}.{missing}: is needed on one machine"
    if error.validator in {"const", "enum"}:
        values = error.validator_value if error.validator == "enum" else [error.validator_value]
        return f"{where}: on one machine it can only be {' or '.join(json.dumps(value) for value in values)}"
    return f"{where}: {error.message}"


def _path(parts: Sequence[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")


def _object(required: Sequence[str] = (), /, **fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(required), "additionalProperties": False}


def _list(item: Schema, most: int | None = None) -> Schema:
    return {"type": "array", "items": item} | ({"maxItems": most} if most is not None else {})


def _map(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _only(*values: object) -> Schema:
    return {"enum": list(values)}


_METADATA = _object(labels=_map(_TEXT), annotations=_map(_TEXT))
_KEY = _object(["name", "key"], name=_TEXT, key=_TEXT, optional=_BOOLEAN)
_ENV = _object(["name"], name=_TEXT, value=_TEXT, valueFrom=_object(configMapKeyRef=_KEY, secretKeyRef=_KEY))
_HTTP_GET = _object(["path", "port"], path=_TEXT, port={"type": ["string", "integer"]}, scheme=_only("HTTP"))
_PROBE = _object(
    ["httpGet"],
    httpGet=_HTTP_GET,
    periodSeconds=_POSITIVE,
    failureThreshold=_POSITIVE,
    timeoutSeconds=_POSITIVE,
    initialDelaySeconds=_NUMBER,
)
_MOUNT = _object(
    ["name", "mountPath"], name=_TEXT, mountPath={"type": "string", "pattern": _MOUNTS}, readOnly=_BOOLEAN
)  # a process sees only the folders in its environment
_VOLUME = _object(
    ["name"],
    name=_TEXT,
    configMap=_object(["name"], name=_TEXT, optional=_BOOLEAN, defaultMode=_NUMBER),
    secret=_object(["secretName"], secretName=_TEXT, optional=_BOOLEAN, defaultMode=_NUMBER),
    emptyDir=_object(medium=_TEXT, sizeLimit=_QUANTITY),
)
_CONTAINER = _object(
    ["name", "command"],
    name=_TEXT,
    image=_TEXT,
    imagePullPolicy=_TEXT,
    command={**_list(_TEXT), "minItems": 1},
    env=_list(_ENV),
    resources=_object(requests=_map(_QUANTITY), limits=_map(_QUANTITY)),
    securityContext=_ANYTHING,
    terminationMessagePath=_only(TERMINATION_MESSAGE_PATH),
    terminationMessagePolicy=_only("File"),
    volumeMounts=_list(_MOUNT),
    ports=_list(_object(["containerPort"], name=_TEXT, containerPort=_POSITIVE, protocol=_only("TCP")), most=1),
    startupProbe=_PROBE,
    readinessProbe=_PROBE,
    livenessProbe=_PROBE,
)


def _pod(*restart_policies: str) -> Schema:
    return _object(
        ["containers"] if "Always" in restart_policies else ["containers", "restartPolicy"],
        automountServiceAccountToken=_only(False),
        enableServiceLinks=_only(False),
        restartPolicy=_only(*restart_policies),
        terminationGracePeriodSeconds=_NUMBER,
        securityContext=_ANYTHING,
        containers={**_list(_CONTAINER, most=1), "minItems": 1},
        volumes=_list(_VOLUME),
        nodeSelector=_map(_TEXT),
        tolerations=_list(_ANYTHING),
        priorityClassName=_TEXT,
        imagePullSecrets=_list(_ANYTHING),
        topologySpreadConstraints=_list(_ANYTHING),
    )


def _template(restart_policy: str) -> Schema:
    return _object(["spec"], metadata=_METADATA, spec=_pod(restart_policy))


_FAILURE_RULE = _object(
    ["action"],
    action=_only("Ignore", "FailJob", "Count"),
    onExitCodes=_object(["operator", "values"], containerName=_TEXT, operator=_only("In", "NotIn"), values=_list({"type": "integer"})),
    onPodConditions=_list(_object(["type"], type=_TEXT, status=_TEXT)),
)
_JOB = _object(
    ["template"],
    completionMode=_only("Indexed", "NonIndexed"),
    completions=_POSITIVE,
    parallelism=_NUMBER,
    backoffLimit=_NUMBER,
    podFailurePolicy=_object(["rules"], rules=_list(_FAILURE_RULE)),
    podReplacementPolicy=_only("Failed"),
    suspend=_BOOLEAN,
    activeDeadlineSeconds=_POSITIVE,
    template=_template("Never"),
)
_CRON_JOB = _object(
    ["schedule", "jobTemplate", "concurrencyPolicy", "startingDeadlineSeconds"],
    schedule=_TEXT,
    timeZone=_only("Etc/UTC"),
    concurrencyPolicy=_only("Forbid"),
    startingDeadlineSeconds=_POSITIVE,
    successfulJobsHistoryLimit=_NUMBER,
    failedJobsHistoryLimit=_NUMBER,
    suspend=_BOOLEAN,
    jobTemplate=_object(["spec"], metadata=_METADATA, spec=_JOB),
)
_SELECTOR = _object(["matchLabels"], matchLabels=_map(_TEXT))
_DEPLOYMENT = _object(
    ["template", "selector"],
    replicas=_NUMBER,
    selector=_SELECTOR,
    strategy=_object(type=_only("RollingUpdate"), rollingUpdate=_object(maxUnavailable=_only(0), maxSurge=_only(1))),
    progressDeadlineSeconds=_POSITIVE,
    revisionHistoryLimit=_NUMBER,
    template=_template("Always"),
)
_PORT = _object(
    ["port"], name=_TEXT, port=_POSITIVE, targetPort={"type": ["string", "integer"]}, protocol=_only("TCP"), appProtocol=_only("http")
)
_SERVICE = _object(["selector", "ports"], type=_only("ClusterIP"), selector=_map(_TEXT), ports={**_list(_PORT, most=1), "minItems": 1})
_NETWORK_POLICY = _object(podSelector=_ANYTHING, policyTypes=_ANYTHING, ingress=_ANYTHING)
_DISRUPTION_BUDGET = _object(maxUnavailable=_ANYTHING, unhealthyPodEvictionPolicy=_TEXT, selector=_SELECTOR)
_KINDS = {
    "Pod": _pod("Always", "Never"),
    "Job": _JOB,
    "CronJob": _CRON_JOB,
    "Deployment": _DEPLOYMENT,
    "Service": _SERVICE,
    "NetworkPolicy": _NETWORK_POLICY,
    "PodDisruptionBudget": _DISRUPTION_BUDGET,
}


@cache
def _validators() -> Mapping[str, Draft202012Validator]:
    return {kind: Draft202012Validator(schema) for kind, schema in _KINDS.items()}
