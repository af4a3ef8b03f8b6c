"""The shape that all our pods share: no privileges, no credentials of the cluster, the platform's settings as mounted files.

It satisfies Pod Security "restricted". A pod gets its request in one environment variable and finds the namespace's
ConfigMap and Secret (both named ``modelyard``) as files.

Volumes are optional and a key of each required object is referenced from the environment as well: a missing volume
holds a pod in ContainerCreating with nothing in its status, a missing key shows there as CreateContainerConfigError
and names the object. Either way the pod goes on by itself once the object exists. Only keys that are no secrets are
referenced.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from modelyard_api import labels
from modelyard_api.base import ApiModel
from modelyard_api.pod_contract import REQUEST_VARIABLE, TERMINATION_MESSAGE_PATH
from modelyard_api.workers import Resources

from modelyard_operator.kube.interface import Object

USER_ID = 65532
_READ_ONLY_MODE = 0o444  # the files belong to root, the process does not


@dataclass(frozen=True)
class Images:
    """The images that pods run, as the operator got them at its start."""

    jobs: str
    serving: str
    monitoring: str
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"


@dataclass(frozen=True)
class MountedSecret:
    """A Secret of the namespace, one file per key in ``directory``. Without ``required_key`` the pod runs without it too."""

    name: str
    volume: str
    directory: str
    required_key: str = ""


PLATFORM_SECRET = MountedSecret(
    labels.PLATFORM_NAME, "platform-secret", labels.PLATFORM_SECRET_DIRECTORY, required_key=labels.SECRET_S3_ACCESS_KEY
)


def restricted_container(
    name: str, image: str, command: Sequence[str], request: ApiModel, resources: Resources, secrets: Sequence[MountedSecret] = ()
) -> Object:
    """The pod's one container. Add ports and probes to the result; ``imagePullPolicy`` is set by ``pod_spec``."""
    return {
        "name": name,
        "image": image,
        "command": list(command),
        "env": [
            {"name": REQUEST_VARIABLE, "value": as_variable(request)},
            {"name": "HOME", "value": labels.SCRATCH_DIRECTORY},
            *_required_objects(secrets),
        ],
        "resources": resources.to_wire(),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "terminationMessagePath": TERMINATION_MESSAGE_PATH,
        "terminationMessagePolicy": "File",
        "volumeMounts": [
            {"name": "platform-config", "mountPath": labels.PLATFORM_CONFIG_DIRECTORY, "readOnly": True},
            *({"name": s.volume, "mountPath": s.directory, "readOnly": True} for s in (PLATFORM_SECRET, *secrets)),
            {"name": "scratch", "mountPath": labels.SCRATCH_DIRECTORY},
        ],
    }


def as_variable(request: ApiModel) -> str:
    """JSON without a dollar sign: the kubelet replaces ``$(NAME)`` and ``$$`` in variables, and names of columns may have either."""
    return request.model_dump_json(by_alias=True, exclude_none=True).replace("$", "\\u0024")


def platform_volumes(secrets: Sequence[MountedSecret] = ()) -> list[Object]:
    """The volumes behind the mounts of ``restricted_container`` with the same Secrets."""
    config = {"name": labels.PLATFORM_NAME, "optional": True, "defaultMode": _READ_ONLY_MODE}
    return [
        {"name": "platform-config", "configMap": config},
        *(
            {"name": s.volume, "secret": {"secretName": s.name, "optional": True, "defaultMode": _READ_ONLY_MODE}}
            for s in (PLATFORM_SECRET, *secrets)
        ),
        {"name": "scratch", "emptyDir": {}},
    ]


def pod_spec(
    container: Object,
    images: Images,
    *,
    restart_policy: Literal["Always", "Never"],
    grace_period_seconds: int,
    secrets: Sequence[MountedSecret] = (),
) -> Object:
    """A pod spec around one restricted container. Add scheduling fields to the result."""
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,  # a namespace's Services are no business of ours
        "restartPolicy": restart_policy,
        "terminationGracePeriodSeconds": grace_period_seconds,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "fsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [{**container, "imagePullPolicy": images.pull_policy}],
        "volumes": platform_volumes(secrets),
    }


def _required_objects(secrets: Sequence[MountedSecret]) -> list[Object]:
    config = {"name": labels.PLATFORM_NAME, "key": labels.CONFIG_MLFLOW_URI}
    references = [{"name": "MODELYARD_NEEDS_CONFIG", "valueFrom": {"configMapKeyRef": config}}]
    for secret in (PLATFORM_SECRET, *secrets):
        if secret.required_key:
            variable = "MODELYARD_NEEDS_" + secret.volume.upper().replace("-", "_")
            reference = {"name": secret.name, "key": secret.required_key}
            references.append({"name": variable, "valueFrom": {"secretKeyRef": reference}})
    return references
