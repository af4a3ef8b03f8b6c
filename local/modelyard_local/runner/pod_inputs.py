"""What a pod's process finds: its folder instead of mounts, and its environment. Nothing of this process's own environment gets into it."""

import base64
import binascii
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from modelyard_api import labels
from modelyard_api.pod_contract import TERMINATION_PATH_VARIABLE
from modelyard_clients.platform import ONE_MACHINE_VARIABLE, ROOT_VARIABLE
from modelyard_operator.kube.interface import Kind, Object
from modelyard_operator.pods.facts import INDEX_ANNOTATION

from modelyard_local.kinds import CONFIG_MAP, SECRET
from modelyard_local.runner.machine_resources import VISIBLE_VARIABLE

Lookup = Callable[[Kind, str], Object | None]  # an object of the pod's namespace by name
_ROOT = Path(labels.PLATFORM_CONFIG_DIRECTORY).parent
_FILE_NAME = re.compile(r"(?!\.\.?$)[-._a-zA-Z0-9]+")  # what a cluster takes as a key
_READ_ONLY = 0o400
_PRIVATE = 0o700
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
_LOOPBACK = "127.0.0.1"


class ConfigMissing(Exception):
    """A ConfigMap, a Secret or a key of one isn't there; in the kubelet's words."""


def root(folder: Path) -> Path:
    """What the pod finds where a container has ``/etc/modelyard``."""
    return folder / _ROOT.relative_to("/")


def scratch(folder: Path) -> Path:
    """What the pod finds where a container has ``/tmp``."""
    return folder / "tmp"


def make_folders(folder: Path) -> None:
    """Scratch space and a place for mounts."""
    scratch(folder).mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    root(folder).mkdir(mode=_PRIVATE, parents=True, exist_ok=True)


def write_mounts(pod: Object, folder: Path, lookup: Lookup) -> None:
    """One file per key, as the objects are now. Raises ConfigMissing for one that isn't optional."""
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", ())}
    for mount in pod["spec"]["containers"][0].get("volumeMounts", ()):
        place = Path(mount["mountPath"])
        if place.is_relative_to(_ROOT):
            content = _content(volumes.get(mount["name"], {}), lookup)
            _write_folder(root(folder) / place.relative_to(_ROOT), content)


def variables(container: Object, namespace: str, lookup: Lookup) -> dict[str, str]:
    """The container's environment. Raises ConfigMissing."""
    found = {}
    for variable in container.get("env", ()):
        source = variable.get("valueFrom")
        value = _referenced(source, namespace, lookup) if source else str(variable.get("value", ""))
        if value is not None:
            found[variable["name"]] = value
    return found


def forget(folder: Path) -> None:
    """Remove secrets and scratch space of a container that has ended; its log stays."""
    for part in (root(folder).parent, scratch(folder)):
        shutil.rmtree(part, ignore_errors=True)


def _content(volume: Object, lookup: Lookup) -> Mapping[str, bytes]:
    if source := volume.get("configMap"):
        return _data(CONFIG_MAP, source["name"], bool(source.get("optional")), lookup)
    if source := volume.get("secret"):
        return _data(SECRET, source["secretName"], bool(source.get("optional")), lookup)
    return {}


def _referenced(source: Object, namespace: str, lookup: Lookup) -> str | None:
    kind, reference = (SECRET, source["secretKeyRef"]) if "secretKeyRef" in source else (CONFIG_MAP, source["configMapKeyRef"])
    name, key, is_optional = reference["name"], reference["key"], bool(reference.get("optional"))
    content = _data(kind, name, is_optional, lookup)
    if key in content:
        return content[key].decode()
    if is_optional:
        return None
    raise ConfigMissing(f"couldn't find key {key} in {kind.name} {namespace}/{name}")


def _data(kind: Kind, name: str, is_optional: bool, lookup: Lookup) -> Mapping[str, bytes]:
    found = lookup(kind, name)
    if found is None:
        if is_optional:
            return {}
        raise ConfigMissing(f'{kind.name.lower()} "{name}" not found')
    if kind is CONFIG_MAP:
        return {key: str(value).encode() for key, value in (found.get("data") or {}).items()}
    return {**{key: _decoded(name, key, value) for key, value in (found.get("data") or {}).items()}, **_plain(found)}


def _plain(secret: Object) -> dict[str, bytes]:
    return {key: str(value).encode() for key, value in (secret.get("stringData") or {}).items()}


def _decoded(name: str, key: str, value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ConfigMissing(f'key {key} of secret "{name}" is not base64; put plain text under stringData') from None


def _write_folder(folder: Path, content: Mapping[str, bytes]) -> None:
    """Each file is replaced as a whole, and only if it changed: who reads never sees half of a key."""
    folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    for file in folder.iterdir():
        if file.is_file() and file.name not in content:
            file.unlink()
    for key, value in content.items():
        file = folder / key
        if _FILE_NAME.fullmatch(key) and not (file.exists() and file.read_bytes() == value):
            new = folder / f".{key}.new"
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _READ_ONLY)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(value)
            new.replace(file)


def termination_path(folder: Path) -> Path:
    """What the pod finds where a container has ``/dev/termination-log``."""
    return folder / "termination-log"


def environment(pod: Object, folder: Path, given: Mapping[str, str], *, port: int, gpus: tuple[str, ...]) -> dict[str, str]:
    """``given`` is what the manifest says; places are those of this pod's folder. Commands are looked up beside this Python first."""
    own = str(scratch(folder))
    found = {
        "PATH": f"{Path(sys.executable).parent}:{_SYSTEM_PATH}",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",  # as in the images: what is printed is in the log at once
        "OMP_WAIT_POLICY": "PASSIVE",  # pods share the cores: threads that spin while they wait made three trainings 20 times slower
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        VISIBLE_VARIABLE: ",".join(gpus),
        **given,
        "HOME": own,
        "TMPDIR": own,
        "MODELYARD_SCRATCH": own,
        ONE_MACHINE_VARIABLE: "true",
        ROOT_VARIABLE: str(root(folder)),
        TERMINATION_PATH_VARIABLE: str(termination_path(folder)),
    }
    if port:
        found |= {"MODELYARD_HOST": _LOOPBACK, "MODELYARD_PORT": str(port)}
    index = (pod["metadata"].get("annotations") or {}).get(INDEX_ANNOTATION)
    return found if index is None else found | {"JOB_COMPLETION_INDEX": index}
