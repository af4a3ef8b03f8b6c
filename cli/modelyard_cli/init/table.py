"""The file as the trainer reads it, and the memory that it needs. What would only fail in a pod an hour later is said here."""

import math
from pathlib import Path

from modelyard_api.catalogue.formats import endings
from modelyard_api.workers import DEFAULT_RESOURCES, Resources, Workers
from modelyard_jobs.data import reading
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.data.source import SourceFile, SourceFiles

from modelyard_cli.errors import WrongUsage

LONGEST_COLUMN_NAME = 128  # as manifests take it
_SHOWN = 8
# Measured (bench/training_memory.py, docs/timing.md): PyTorch, MLflow and the libraries take 950 MiB before rows count, and a cell at most 60 bytes while a
# Linear model is fitted: 16 as text, 8 as a number, the rest where it is encoded
_LIBRARIES = 950 * 2**20
_CELL = 60
_GIB = 2**30


class NoStart(WrongUsage):
    """The message says what is wrong with the file or an option, and what to do."""


def require_nameable(name: str) -> None:
    """Raises NoStart where a manifest can't name a column."""
    if len(name) > LONGEST_COLUMN_NAME:
        raise NoStart(
            f"the name of the column {name[:30]!r}… has {len(name)} characters, and a manifest names columns by {LONGEST_COLUMN_NAME} at most: shorten it"
        )


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


def proposed_workers(rows: int, columns: int) -> Workers | None:
    """None: the default of a TrainingJob suffices. ``columns``: of the file."""
    needed = math.ceil((_LIBRARIES + _CELL * rows * columns) / _GIB)
    if needed <= 1:
        return None
    return Workers(resources=Resources(requests={**(DEFAULT_RESOURCES.requests or {}), "memory": f"{needed}Gi"}))


def describe_memory(rows: int, columns: int) -> str:
    """Why more is requested than by default."""
    return f"{rows:,} rows x {columns:,} columns need more memory than the {(DEFAULT_RESOURCES.requests or {})['memory']} that a pod asks for by default"
