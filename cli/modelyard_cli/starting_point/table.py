"""The file as the trainer reads it. What would only fail in a pod an hour later is said here."""

from pathlib import Path
from typing import TYPE_CHECKING

from modelyard_jobs.data import reading
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.data.source import SourceFile, SourceFiles

from modelyard_cli.starting_point.problems import NoStart

if TYPE_CHECKING:
    import polars as pl

_ENDINGS = (".csv", ".csv.gz", ".parquet")
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_LONGEST_NAME = 128  # of a column, as manifests take it


def read_table(path: Path) -> RawTable:
    """All rows. Raises NoStart, or the trainer's own InvalidOrder."""
    _require_file(path)
    table = reading.read(SourceFiles(path.name, (SourceFile(path.name, path, path.stat().st_size, ""),)))
    _require_separated(path, table.cells)
    _require_names(path, table.cells)
    return table


def _require_file(path: Path) -> None:
    if not path.exists():
        raise NoStart(f"there is no file {path}; {_nearby(path)}")
    if path.is_dir():
        raise NoStart(f"{path} is a folder; name one file in it: {', '.join(_endings())}")
    if not path.name.endswith(_ENDINGS):
        raise NoStart(f"{path.name} has to end in {', '.join(_endings())} (lowercase): the name says how it is read. Convert or rename it")


def _endings() -> tuple[str, ...]:
    return (*(f"*{ending}" for ending in _ENDINGS[:-1]), f"or *{_ENDINGS[-1]}")


def _nearby(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"the folder {folder} doesn't exist either"
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(_ENDINGS))
    return f"beside it there are {', '.join(names[:8])}" if names else f"the folder {folder.absolute()} has no CSV or Parquet file"


def _require_separated(path: Path, table: "pl.DataFrame") -> None:
    """The trainer reads commas: another separator makes one column of everything."""
    if table.width > 1 or path.suffix == ".parquet":
        return
    for sign, words in _OTHER_SEPARATORS.items():
        if sign in table.columns[0]:
            raise NoStart(
                f"{path.name} is separated by {words}, the trainer reads commas: save it with commas, or as Parquet, and start again"
            )


def _require_names(path: Path, table: "pl.DataFrame") -> None:
    """A manifest can't speak about a column without a name."""
    for number, name in enumerate(table.columns, start=1):
        if not name:
            hint = "an index that pandas wrote? to_csv(index=False) leaves it out"
            raise NoStart(f"column {number} of {path.name} has no name in the header ({hint}): name it, or take it out")
        if len(name) > _LONGEST_NAME:
            raise NoStart(
                f"the name of column {number} of {path.name} has {len(name)} characters, {_LONGEST_NAME} are the most: shorten it"
            )
