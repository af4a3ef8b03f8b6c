"""Files of this machine, where pods are processes that see them. In a cluster a pod's disk is nobody's."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import fsspec
from modelyard_api.conditions import Reason
from modelyard_clients.platform import is_on_one_machine

from modelyard_jobs.data.source import Copied, is_full, matching, place_for
from modelyard_jobs.termination import InvalidRequest, Unavailable


def copy(_: Any, uri: str, folder: Path) -> Copied:
    """Path and copy of each file, in the order of the paths. Raises InvalidRequest or Unavailable."""
    if not is_on_one_machine():
        raise _invalid(f"{uri}: file:// is for the platform on one machine; upload the file and name it with s3://")
    disk, path = fsspec.filesystem("file"), unquote(uri.removeprefix("file://"))
    try:
        paths = _matching(disk, path) if "*" in path.rpartition("/")[2] else [path]
        return [(one, _copied(disk, one, place_for(folder, index, one))) for index, one in enumerate(paths)]
    except FileNotFoundError as error:
        raise _invalid(f"there is no file {path} on this machine; correct spec.data.source.uri") from error
    except PermissionError as error:
        raise _invalid(f"{path} may not be read by the user of the platform; change its mode, or copy the file") from error
    except OSError as error:
        if is_full(error):
            raise
        raise Unavailable(Reason.DATA_UNAVAILABLE, f"{path} can't be read ({error.strerror}); trying again") from error


def _matching(disk: Any, pattern: str) -> list[str]:
    folder, _, last = pattern.rpartition("/")
    names = [str(found["name"]).rpartition("/")[2] for found in disk.ls(folder or "/", detail=True) if found["type"] == "file"]
    found = [f"{folder}/{name}" for name in matching(names, last)]
    if not found:
        raise _invalid(f"no file matches {pattern} on this machine; correct spec.data.source.uri")
    return found


def _copied(disk: Any, path: str, place: Path) -> Path:
    if disk.isdir(path):
        raise _invalid(f"{path} is a folder; name a file in it, or several with a * in the last part of the path")
    disk.get_file(path, str(place))
    return place


def _invalid(message: str) -> InvalidRequest:
    return InvalidRequest(Reason.DATA_UNAVAILABLE, message)
