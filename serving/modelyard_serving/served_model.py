"""What the server needs of a model (``modelyard_model`` provides it, tests may provide something smaller), and how it gets its files from the registry."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from modelyard_clients.platform import Platform
from modelyard_model.cells.input_column import InputColumn
from modelyard_model.model_folder import digest_of
from modelyard_model.signature import DType, Field, Model, PlainColumns
from modelyard_model.text_files import Separator

from modelyard_serving.failures import ModelUnusable, RegistryUnavailable

if TYPE_CHECKING:
    from modelyard_clients.mlflow_errors import MlflowError


__all__ = ["PlainColumns", "ServedModel", "datatype", "is_number", "output_names"]
# MLflow's own patience is minutes, without a word; ours is in the caller, who says what is being waited for
_CLIENT_LIMITS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


class ServedModel(Model, Protocol):
    """A loaded model of columns, which are read from texts too."""

    @property
    def inputs(self) -> tuple[InputColumn, ...]:
        """The columns it reads, in order: those of its signature, with how their cells are read."""

    @property
    def logged(self) -> tuple[Field, ...]:
        """What the request log keeps of the inputs."""

    def summarise(self, columns: PlainColumns) -> PlainColumns:
        """Checked rows as ``logged`` says."""

    @property
    def separator(self) -> Separator:
        """Between fields of the text that it was trained on: of a request in CSV that doesn't show another."""

    @property
    def classes(self) -> tuple[str, ...]:
        """What outcomes and outputs that are texts can be; empty where they are numbers."""


def output_names(model: Model) -> tuple[str, ...]:
    """The columns of every answer, in order."""
    return tuple(field.name for field in model.signature.outputs)


def datatype(field: Field) -> str:
    """In the Open Inference Protocol, which has BYTES for whatever is no number."""
    return field.dtype if field.dtype.startswith(("BOOL", "INT", "UINT", "FP")) else "BYTES"


def is_number(field: Field) -> bool:
    """Whether JSON has it as a number."""
    return field.dtype is not DType.BOOL and datatype(field) != "BYTES"


def download_version(platform: Platform, model: str, version: str, directory: Path) -> Path:
    """The model folder of ``models:/<model>/<version>``, below ``directory`` (emptied before).

    Raises RegistryUnavailable (worth another try) or ModelUnusable (not a model of ours).
    """
    platform.configure_mlflow()
    os.environ.update(_CLIENT_LIMITS)
    from mlflow.artifacts import download_artifacts  # noqa: PLC0415  # takes seconds, and reads the limits
    from modelyard_clients.mlflow_errors import MlflowError, translated  # noqa: PLC0415  imports MLflow

    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    try:
        with translated():
            root = Path(download_artifacts(f"models:/{model}/{version}", dst_path=str(directory)))
    except MlflowError as error:
        raise RegistryUnavailable(_describe(error, platform.mlflow_uri, model, version)) from None
    except OSError as error:
        raise RegistryUnavailable(f"the files of {model!r} version {version} can't be fetched ({type(error).__name__}: {error})") from None
    return _data_folder(root)


def require_accepted(folder: Path, digest: str | None) -> None:
    """Nothing is loaded from files that nobody accepted. Raises ModelUnusable; ``digest`` None: which were accepted isn't known."""
    if digest is None:
        return
    found = digest_of(folder)
    if found != digest:
        raise ModelUnusable(
            f"its files are not those that were accepted: sha256 {found[:12]}… instead of {digest[:12]}…;"
            " they were changed in MLflow's artifact store after the version was registered"
        )


def _describe(error: "MlflowError", uri: str, model: str, version: str) -> str:
    from modelyard_clients.mlflow_errors import MlflowProblem  # noqa: PLC0415  imports MLflow

    if error.problem is MlflowProblem.MISSING:
        return f"there is no version {version} of model {model!r} in the registry {uri}"
    if error.problem is MlflowProblem.LOGIN:
        return f"the registry {uri} refuses the credentials of this namespace for model {model!r}; check the Secret modelyard"
    return f"the registry {uri} doesn't give version {version} of model {model!r}: {str(error)[:300]}"


def _data_folder(root: Path) -> Path:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415  seconds
    from mlflow.models import Model  # noqa: PLC0415  seconds

    try:
        flavor = Model.load(str(root)).flavors.get("python_function", {})
    except (MlflowException, OSError, TypeError, ValueError) as error:
        raise ModelUnusable(f"its MLmodel file can't be read ({type(error).__name__})") from None
    loader, data = flavor.get("loader_module"), flavor.get("data")
    if loader != "modelyard_model.pyfunc_loader" or not isinstance(data, str):
        raise ModelUnusable("it was not logged by Modelyard: this server loads no other kind of model")
    folder = (root / data).resolve()
    if not folder.is_relative_to(root.resolve()) or not folder.is_dir():
        raise ModelUnusable("its MLmodel file names a data folder that isn't there")
    return folder
