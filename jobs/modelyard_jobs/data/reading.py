"""Files as one table, each read by what is in it; several files have to agree about their columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import polars as pl
from modelyard_api.catalogue.formats import FORMATS, Format
from modelyard_api.conditions import Reason
from modelyard_api.reading_notes import ReadingNote, ReadingRule

from modelyard_jobs.data.contents import HEAD, beginning_of, content_in, content_of, is_in_name, packing_of
from modelyard_jobs.data.format_reader import FileTable, Source, reader_of
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.data.source import SourceFile, SourceFiles
from modelyard_jobs.termination import InvalidRequest


@dataclass(frozen=True)
class _Table:
    """One file, read."""

    file: SourceFile
    content: Format
    table: FileTable
    said: tuple[ReadingNote, ...]  # of how it is packed

    @property
    def cells(self) -> pl.DataFrame:
        """All rows."""
        return self.table.cells


def read(source: SourceFiles) -> RawTable:
    """All rows of all files, columns in the first file's order; raises InvalidRequest."""
    tables = [_read_one(file) for file in source.files]
    first = tables[0]
    for table in tables[1:]:
        require_same_content(first.file.key, first.content, table.file.key, table.content)
    cells = _joined(tables)
    if cells.height == 0:
        raise InvalidRequest(Reason.DATA_INVALID, f"{source.uri} has no rows (columns: {_listed(cells.columns)}); upload data with rows")
    notes = _summed([note for table in tables for note in (*table.said, *table.table.notes)])
    return RawTable(cells, notes, first.table.separator, is_text=FORMATS[first.content].is_text)


def _read_one(file: SourceFile) -> _Table:
    packing = packing_of(file)
    said = () if packing is None or is_in_name(file, packing) else (ReadingNote(rule=ReadingRule.COMPRESSION, detail=packing),)
    content = content_in(beginning_of(file, HEAD), file.key)
    return _Table(file, content, reader_of(content).read(source_of(file, content), file.key), said)


def source_of(file: SourceFile, content: Format) -> Source:
    """As the format's reader takes the file; raises InvalidRequest."""
    return file.path if FORMATS[content].lies_open and packing_of(file) is None else content_of(file)


def _joined(tables: Sequence[_Table]) -> pl.DataFrame:
    first = tables[0]
    if FORMATS[first.content].columns_vary:
        names = list(dict.fromkeys(name for table in tables for name in table.cells.columns))
        frames = [
            table.cells.with_columns(pl.lit(None).alias(name) for name in names if name not in table.cells.columns) for table in tables
        ]
    else:
        names = first.cells.columns
        for table in tables[1:]:
            require_same_columns(first.file.key, names, table.file.key, table.cells.columns)
        frames = [table.cells for table in tables]
    frames = [pl.DataFrame([frame[name] for name in names]) for frame in frames]  # select would take the name ^.*$ for a pattern
    if not FORMATS[first.content].is_text:
        frames = _same_types([table.file for table in tables], [_without_values_untyped(frame) for frame in frames])
    return pl.concat(frames, rechunk=False) if len(frames) > 1 else frames[0]


def _summed(notes: Sequence[ReadingNote]) -> tuple[ReadingNote, ...]:
    """What holds for several files is said once."""
    counts: dict[tuple[ReadingRule, str, str], int] = {}
    for note in notes:
        one = (note.rule, note.column, note.detail)
        counts[one] = counts.get(one, 0) + note.count
    return tuple(ReadingNote(rule=rule, column=column, detail=detail, count=count) for (rule, column, detail), count in counts.items())


def require_same_content(first: str, wanted: Format, other: str, found: Format) -> None:
    """Raises InvalidRequest where two files of one set, named by their keys, are of different kinds."""
    if wanted is not found:
        raise InvalidRequest(
            Reason.DATA_INVALID,
            f"the files of one set must be of one kind: {first} is {FORMATS[wanted].description} and {other} is {FORMATS[found].description};"
            " convert one of them, or name a set that leaves it out",
        )


def _without_values_untyped(frame: pl.DataFrame) -> pl.DataFrame:
    """A column without any value may be anything, whatever type one file gives it: Null agrees with everything."""
    empty = [column.name for column in frame.get_columns() if column.null_count() == frame.height]
    return frame.with_columns(pl.Series(name, [None] * frame.height, dtype=pl.Null) for name in empty)


def require_same_columns(first: str, wanted: Sequence[str], other: str, found: Sequence[str]) -> None:
    """Raises InvalidRequest where two files of one set, named by their keys, have different columns."""
    missing, extra = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    if not missing and not extra:
        return
    differences = [f"lacks {_listed(missing)}"] * bool(missing) + [f"has {_listed(extra)} besides"] * bool(extra)
    raise InvalidRequest(
        Reason.DATA_INVALID,
        f"the files of one set must have the same columns: {other} {' and '.join(differences)}, compared with {first}",
    )


def _same_types(files: Sequence[SourceFile], frames: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """Numbers of different width and columns without any value are brought together; anything else is an error in the data."""
    stored = [frame.schema for frame in frames]
    casts = {name: _common_type(name, files, [schema[name] for schema in stored]) for name in stored[0]}
    return [
        frame.with_columns(frame[name].cast(kind) for name, kind in casts.items() if schema[name] != kind)
        for frame, schema in zip(frames, stored, strict=True)
    ]


def _common_type(name: str, files: Sequence[SourceFile], kinds: Sequence[pl.DataType]) -> pl.DataType:
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
            raise InvalidRequest(
                Reason.DATA_INVALID,
                f"column {name!r} is {_described(first)} in {where.key} and {_described(kind)} in {file.key}: the files of one set must agree",
            )
    return first


def _described(kind: pl.DataType) -> str:
    if kind.is_numeric():
        return "a number"
    return "text" if kind == pl.String else "a timestamp" if kind.is_temporal() else str(kind)


def require_column(field: str, name: str, columns: Sequence[str]) -> None:
    """Raises InvalidRequest where ``name``, given in the manifest's ``field``, is not among the data's ``columns``."""
    if name in columns:
        return
    close = get_close_matches(name.lower(), [column.lower() for column in columns], n=3, cutoff=0.6)
    alike = [column for column in columns if column.lower() in close]
    hint = f"did you mean {' or '.join(repr(column) for column in alike)}?" if alike else f"the columns are {_listed(columns)}"
    raise InvalidRequest(Reason.DATA_INVALID, f"{field} names column {name!r}, which the data doesn't have; {hint}")


def _listed(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(str(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
