"""The file as the trainer reads it. What would only fail in a pod an hour later is said here."""

from pathlib import Path

from modelyard_api.catalogue.formats import endings
from modelyard_jobs.data import reading
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.data.source import SourceFile, SourceFiles

from modelyard_cli.init.problems import NoStart

_SHOWN = 8


def read_table(path: Path) -> RawTable:
    """All rows of the file, or of the files that match where its name has a ``*``. Raises NoStart, or the trainer's own InvalidRequest."""
    files = sorted(each for each in path.parent.glob(path.name) if each.is_file()) if "*" in path.name and not path.exists() else []
    _require_file(files[0] if files else path)
    try:
        found = tuple(SourceFile.where_it_lies(each) for each in files or [path])
        return reading.read(SourceFiles(path.name, found))
    except OSError as error:
        raise NoStart(f"{path} can't be read: {error.strerror or type(error).__name__}") from error


def _require_file(path: Path) -> None:
    if not path.exists():
        raise NoStart(f"there is no file {path}; {_nearby(path)}")
    if path.is_dir():
        raise NoStart(f"{path} is a folder; name one file in it{_named_in(path)}")
    if not path.is_file():
        raise NoStart(f"{path} is no file on a disk; save the rows to one")
    if not _has_known_ending(path):
        raise NoStart(
            f"{path.name} has to end in {_endings()}: so a manifest names its data. If it is one of these, rename it; if not, save its rows as CSV or Parquet"
        )


def _has_known_ending(path: Path) -> bool:
    return path.suffix[1:].lower() in endings()


def _endings() -> str:
    *most, last = (f".{ending}" for ending in endings())
    return f"{', '.join(most)} or {last}"


def _nearby(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"the folder {folder} doesn't exist either"
    names = _files_in(folder)
    return f"beside it there are {', '.join(names)}" if names else f"the folder {folder.absolute()} has no file of rows"


def _named_in(folder: Path) -> str:
    names = _files_in(folder)
    return f": {', '.join(names)}" if names else f", ending in {_endings()}"


def _files_in(folder: Path) -> list[str]:
    names = sorted(each.name for each in folder.iterdir() if _has_known_ending(each))
    return names if len(names) <= _SHOWN else [*names[:_SHOWN], f"{len(names) - _SHOWN} more"]
