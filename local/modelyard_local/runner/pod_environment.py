"""What a pod's process is told by its environment. Nothing of this process's own environment gets into it."""

import sys
from collections.abc import Mapping
from pathlib import Path

from modelyard_api.pod_contract import TERMINATION_PATH_VARIABLE
from modelyard_model.platform import ONE_MACHINE_VARIABLE, ROOT_VARIABLE
from modelyard_operator.kube.interface import Object

from modelyard_local.runner import pod_files
from modelyard_local.runner.accelerators import VISIBLE_VARIABLE
from modelyard_local.runner.job_controller import INDEX_ANNOTATION

_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
_LOOPBACK = "127.0.0.1"


def termination_path(folder: Path) -> Path:
    """What the pod finds where a container has ``/dev/termination-log``."""
    return folder / "termination-log"


def environment(pod: Object, folder: Path, given: Mapping[str, str], *, port: int, gpus: tuple[str, ...]) -> dict[str, str]:
    """``given`` is what the manifest says; places are those of this pod's folder. Commands are looked up beside this Python first."""
    scratch = str(pod_files.scratch(folder))
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
        "HOME": scratch,
        "TMPDIR": scratch,
        "MODELYARD_SCRATCH": scratch,
        ONE_MACHINE_VARIABLE: "true",
        ROOT_VARIABLE: str(pod_files.root(folder)),
        TERMINATION_PATH_VARIABLE: str(termination_path(folder)),
    }
    if port:
        found |= {"MODELYARD_HOST": _LOOPBACK, "MODELYARD_PORT": str(port)}
    index = (pod["metadata"].get("annotations") or {}).get(INDEX_ANNOTATION)
    return found if index is None else found | {"JOB_COMPLETION_INDEX": index}
