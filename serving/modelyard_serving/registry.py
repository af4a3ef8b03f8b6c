"""Fetches the files of a registered version through MLflow's artifact proxy. The code packed with a model is fetched, too, and never run."""

import os
import shutil
from pathlib import Path

from modelyard_model.platform import Platform

from modelyard_serving.errors import ModelUnusable, RegistryUnavailable

# MLflow's own patience is minutes, without a word; ours is in the caller, who says what is being waited for
_CLIENT_LIMITS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_REFUSED = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED"})


def download_version(platform: Platform, model: str, version: str, directory: Path) -> Path:
    """The model folder of ``models:/<model>/<version>``, below ``directory`` (emptied before).

    Raises RegistryUnavailable (worth another try) or ModelUnusable (not a model of ours).
    """
    platform.configure_mlflow()
    os.environ.update(_CLIENT_LIMITS)
    from mlflow.artifacts import download_artifacts  # noqa: PLC0415  takes seconds, and reads the limits
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    try:
        root = Path(download_artifacts(f"models:/{model}/{version}", dst_path=str(directory)))
    except MlflowException as error:
        raise RegistryUnavailable(_explain(str(error.error_code), error.message, platform.mlflow_uri, model, version)) from None
    except OSError as error:  # connection errors of the HTTP client among them
        raise RegistryUnavailable(f"the files of {model!r} version {version} can't be fetched ({type(error).__name__}: {error})") from None
    return _data_folder(root)


def _explain(code: str, message: str, uri: str, model: str, version: str) -> str:
    if code == "RESOURCE_DOES_NOT_EXIST":
        return f"there is no version {version} of model {model!r} in the registry {uri}"
    if code in _REFUSED or " 401 " in message or " 403 " in message:
        return f"the registry {uri} refuses the credentials of this namespace for model {model!r}; check the Secret modelyard"
    first = (message.splitlines() or [""])[0][:300]
    return f"the registry {uri} doesn't give version {version} of model {model!r}: {first}"


def _data_folder(root: Path) -> Path:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415
    from mlflow.models import Model  # noqa: PLC0415

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
