"""The release after this one, made from this one: a field more in both specs, both statuses and in what pods answer, and an operator that uses them."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard_api.crds.resources import RESOURCES, custom_resource_definition
from modelyard_api.pod_contract import TrainResult

ROOT = Path(__file__).parents[4]
NAME = "next"  # what its operator writes into status.release
_LAST_OF_TRAINING_SPEC = '    promotion: Promotion = Field(Promotion(), description="Where the model goes when it meets its criteria.")\n'
_TEXT = 'Annotated[str, Field(max_length=16)] | None = Field(None, description="New.")\n'
_CHANGES = {
    "modelyard_api/training_job.py": (_LAST_OF_TRAINING_SPEC, f"{_LAST_OF_TRAINING_SPEC}    checkpoints: {_TEXT}"),
    "modelyard_api/resource_status.py": (
        '    state: ShortText = Field("", description="One word',
        '    release: ShortText = Field("", description="New.")\n    state: ShortText = Field("", description="One word',
    ),
    "modelyard_api/pod_contract.py": ("    evidence_left_out: bool", "    energy: float | None = None\n    evidence_left_out: bool"),
    "modelyard_operator/training/status.py": (
        "        state=state_of(conditions),\n",
        f'        state=state_of(conditions),\n        release="{NAME}",\n',
    ),
    "modelyard_operator/deployment/status.py": ("        url=url,\n", f'        url=url,\n        release="{NAME}",\n'),
}
_PRINT_DEFINITIONS = "from tests.contract.training.upgrade import next_release; next_release.print_definitions()"


class NextTrainResult(TrainResult):
    """What a pod of that release answers."""

    energy: float = 12.5


@dataclass(frozen=True)
class Release:
    """``python_path`` has its packages, in place of this one's; ``definitions`` are its CustomResourceDefinitions by name."""

    python_path: str
    definitions: dict[str, dict[str, Any]]


def this_release() -> Release:
    """What is in this clone."""
    return Release("", definitions())


def make(folder: Path) -> Release:
    """The next one, in ``folder``."""
    for package in ("api/modelyard_api", "operator/modelyard_operator"):
        shutil.copytree(ROOT / package, folder / Path(package).name, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (before, after) in _CHANGES.items():
        text = (folder / name).read_text()
        assert before in text, f"{name} has no line {before!r} any more: choose another for the next release"
        (folder / name).write_text(text.replace(before, after))
    command, environment = [sys.executable, "-c", _PRINT_DEFINITIONS], os.environ | {"PYTHONPATH": f"{folder}:{ROOT}"}
    printed = subprocess.run(command, env=environment, cwd=folder, check=True, capture_output=True, text=True)
    return Release(str(folder), json.loads(printed.stdout))


def definitions() -> dict[str, dict[str, Any]]:
    """Of the packages that this process has loaded."""
    made = [custom_resource_definition(resource) for resource in RESOURCES]
    return {each["metadata"]["name"]: each for each in made}


def print_definitions() -> None:
    """For another process."""
    print(json.dumps(definitions()))
