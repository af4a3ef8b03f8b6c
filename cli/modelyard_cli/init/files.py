"""Both manifests in one folder; nothing of anybody's is overwritten unasked."""

import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import yaml
from modelyard_api.base import NAME_PATTERN
from modelyard_api.labels import registered_model
from modelyard_api.model_deployment import ModelDeploymentSpec
from modelyard_api.training_job import TrainingJobSpec
from modelyard_jobs.termination import InvalidRequest

from modelyard_cli.init.model_deployment_text import model_deployment_text
from modelyard_cli.init.options import NO_OPTIONS, Options
from modelyard_cli.init.survey import Survey, survey
from modelyard_cli.init.table import NoStart
from modelyard_cli.init.training_job_text import training_job_text

_LONGEST = 40
_NAMELESS = "my-model"  # of a file whose name has no letter
_NAMESPACE = "default"  # where most apply it; in another one rows go elsewhere, and the survey is as good
TRAINING_JOB_FILE, MODEL_DEPLOYMENT_FILE = "training-job.yaml", "model-deployment.yaml"


def name_from_file(path: Path) -> str:
    """``Überblick 2026.csv.gz`` becomes ``uberblick-2026``; digits in front go, names start with a letter."""
    plain = unicodedata.normalize("NFKD", path.name.split(".")[0] or path.name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).lstrip("-0123456789")[:_LONGEST].strip("-") or _NAMELESS


def valid_name(name: str) -> str:
    """``name`` itself. Raises NoStart where it can't be a resource's name."""
    if not re.match(NAME_PATTERN, name):
        raise NoStart(
            f"--name {name!r} can't be a resource's name: at most {_LONGEST} lowercase letters, digits and '-', starting with a letter"
        )
    return name


@dataclass(frozen=True)
class Start:
    """What was seen and where it was written."""

    seen: Survey
    name: str
    training_job: Path
    model_deployment: Path


def write_start(file: Path, target: str, *, name: str | None, folder: Path, force: bool, options: Options = NO_OPTIONS) -> Start:
    """Looks at ``file`` and writes both manifests. Raises NoStart."""
    name = valid_name(name) if name else name_from_file(file)
    start_files = folder / TRAINING_JOB_FILE, folder / MODEL_DEPLOYMENT_FILE
    if not force:
        _require_free(*start_files)
    try:
        seen = survey(file, target, registered_model(_NAMESPACE, name), options)
    except InvalidRequest as error:  # the trainer would say the same, later
        raise NoStart(str(error)) from error
    uri = _relative(file, folder)
    texts = training_job_text(seen, name, uri), model_deployment_text(seen, name)
    assert TrainingJobSpec.model_validate(yaml.safe_load(texts[0])["spec"]) == seen.spec(uri), "the manifest says what was proposed"
    ModelDeploymentSpec.model_validate(yaml.safe_load(texts[1])["spec"])
    _write(dict(zip(start_files, texts, strict=True)), folder)
    return Start(seen, name, *start_files)


def _require_free(*files: Path) -> None:
    if taken := [str(file) for file in files if file.exists()]:
        verb = "exists" if len(taken) == 1 else "exist"
        raise NoStart(f"{' and '.join(taken)} {verb} already: --force overwrites, --out writes to another folder")


def _relative(file: Path, folder: Path) -> str:
    """From the manifest's folder, as `modelyard apply` reads it."""
    relative = Path(os.path.relpath(file.absolute(), folder.absolute())).as_posix()
    return relative if relative.startswith("../") else f"./{relative}"


def _write(files: dict[Path, str], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NoStart(f"{error.filename or folder} can't be written: {error.strerror}; --out names another folder") from error
