"""CSV and Parquet files as one table; several files have to agree about their columns."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelyard_api.conditions import Reason

from modelyard_jobs.data.source import SourceFile, SourceFiles
from modelyard_jobs.failures import InvalidOrder

if TYPE_CHECKING:
    import polars as pl

# What stands for a missing value in CSV files, as pandas reads them by default; "None" is left alone, it is often a category.
MISSING_WORDS = ("", "NA", "N/A", "n/a", "<NA>", "NaN", "nan", "-nan", "NULL", "null", "#N/A")


def read(source: SourceFiles) -> "pl.DataFrame":
    """All rows of all files, columns in the first file's order."""
    import polars as pl  # noqa: PLC0415

    frames = [_without_values_untyped(_read_one(file)) for file in source.files]
    for file, frame in zip(source.files[1:], frames[1:], strict=True):
        _require_same_columns(source.files[0].key, frames[0].columns, file.key, frame.columns)
    frames = _same_types(source.files, [frame.select(frames[0].columns) for frame in frames])
    table = pl.concat(frames, rechunk=False)
    if table.height == 0:
        raise InvalidOrder(Reason.DATA_INVALID, f"{source.uri} has no rows (columns: {_listed(table.columns)}); upload data with rows")
    return table


def _read_one(file: SourceFile) -> "pl.DataFrame":
    import polars as pl  # noqa: PLC0415

    try:
        if file.path.suffix == ".parquet":
            return pl.read_parquet(file.path)
        return pl.read_csv(_opened(file.path), null_values=list(MISSING_WORDS), infer_schema_length=None)
    except pl.exceptions.NoDataError as error:
        raise InvalidOrder(Reason.DATA_INVALID, f"{file.key} is empty: it has no header and no rows; upload data with rows") from error
    except (pl.exceptions.PolarsError, OSError, EOFError) as error:
        kind = "Parquet" if file.path.suffix == ".parquet" else "CSV"
        raise InvalidOrder(
            Reason.DATA_INVALID,
            f"{file.key} can't be read as {kind} ({type(error).__name__}): the file is damaged or has another format than its name says",
        ) from error


def _without_values_untyped(frame: "pl.DataFrame") -> "pl.DataFrame":
    """A CSV column without any value is read as text, though it may be a number in the other files: Null agrees with everything."""
    import polars as pl  # noqa: PLC0415

    empty = [name for name in frame.columns if frame[name].null_count() == frame.height]
    return frame.with_columns(pl.lit(None, dtype=pl.Null).alias(name) for name in empty)


def _opened(path: Path) -> Any:
    """The path itself, or the unpacked bytes: polars recognises gzip by content, so a wrong name is found here."""
    import gzip  # noqa: PLC0415

    if path.suffix != ".gz":
        return path
    with gzip.open(path) as file:
        return file.read()


def _require_same_columns(first: str, wanted: Sequence[str], other: str, found: Sequence[str]) -> None:
    missing, extra = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    if not missing and not extra:
        return
    differences = [f"lacks {_listed(missing)}"] * bool(missing) + [f"has {_listed(extra)} besides"] * bool(extra)
    raise InvalidOrder(
        Reason.DATA_INVALID,
        f"the files of one set must have the same columns: {other} {' and '.join(differences)}, compared with {first}",
    )


def _same_types(files: Sequence[SourceFile], frames: list["pl.DataFrame"]) -> list["pl.DataFrame"]:
    """Numbers of different width and columns without any value are brought together; anything else is an error in the data."""
    casts = {name: _common_type(name, files, [frame.schema[name] for frame in frames]) for name in frames[0].columns}
    return [frame.cast({name: kind for name, kind in casts.items() if frame.schema[name] != kind}) for frame in frames]


def _common_type(name: str, files: Sequence[SourceFile], kinds: Sequence["pl.DataType"]) -> "pl.DataType":
    import polars as pl  # noqa: PLC0415

    known = [(kind, file) for kind, file in zip(kinds, files, strict=True) if kind != pl.Null]
    if not known:
        return pl.String()
    first, where = known[0]
    if all(kind == first for kind, _ in known):
        return first
    if all(kind.is_numeric() for kind, _ in known):
        return pl.Float64()
    for kind, file in known:
        if kind != first and not (kind.is_numeric() and first.is_numeric()):
            raise InvalidOrder(
                Reason.DATA_INVALID,
                f"column {name!r} is {_in_words(first)} in {where.key} and {_in_words(kind)} in {file.key}: the files of one set must agree",
            )
    return first


def _in_words(kind: "pl.DataType") -> str:
    import polars as pl  # noqa: PLC0415

    if kind.is_numeric():
        return "a number"
    return "text" if kind == pl.String else "a timestamp" if kind.is_temporal() else str(kind)


def require_column(field: str, name: str, columns: Sequence[str]) -> None:
    """Raises InvalidOrder where ``name``, given in the manifest's ``field``, is not among the data's ``columns``."""
    if name in columns:
        return
    close = get_close_matches(name.lower(), [column.lower() for column in columns], n=3, cutoff=0.6)
    alike = [column for column in columns if column.lower() in close]
    hint = f"did you mean {' or '.join(repr(column) for column in alike)}?" if alike else f"the columns are {_listed(columns)}"
    raise InvalidOrder(Reason.DATA_INVALID, f"{field} names column {name!r}, which the data doesn't have; {hint}")


def _listed(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(str(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
