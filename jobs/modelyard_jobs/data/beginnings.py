"""What the beginning of files shows, however large they are: what would keep them from being read, and their columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard_api.catalogue.formats import FORMATS, Format
from modelyard_api.conditions import Reason

from modelyard_jobs.data.contents import HEAD, beginning_of, content_in
from modelyard_jobs.data.format_reader import reader_of
from modelyard_jobs.data.reading import require_column, require_same_columns, require_same_content, source_of
from modelyard_jobs.data.source import SourceFile
from modelyard_jobs.termination import InvalidRequest


@dataclass(frozen=True)
class Glance:
    """The columns that were seen."""

    columns: tuple[str, ...]
    are_all: bool  # rows further down may have others where columns vary


def glance_at(files: Sequence[tuple[str, Path]]) -> Glance:
    """``files``: the key and the place of each file of one set. Raises InvalidRequest."""
    seen = [_glance(SourceFile.where_it_lies(path, key)) for key, path in files]
    (first, _), (content, glance) = files[0], seen[0]
    for (other, _), (other_content, other_glance) in zip(files[1:], seen[1:], strict=True):
        require_same_content(first, content, other, other_content)
        if not FORMATS[content].columns_vary:
            require_same_columns(first, glance.columns, other, other_glance.columns)
    names = tuple(dict.fromkeys(name for _, each in seen for name in each.columns))
    return Glance(names, all(each.are_all for _, each in seen))


def require_seen(field: str, name: str, glance: Glance) -> None:
    """Raises InvalidRequest where column ``name``, given in the manifest's ``field``, can't be in the data."""
    if glance.are_all:
        require_column(field, name, glance.columns)


def _glance(file: SourceFile) -> tuple[Format, Glance]:
    head = beginning_of(file, HEAD)
    content = content_in(head, file.key)
    seen = reader_of(content).glance(head, file.key, lambda: source_of(file, content), is_whole=len(head) < HEAD)
    if seen.is_whole and not seen.rows:
        raise InvalidRequest(Reason.DATA_INVALID, f"{file.key} has no rows below its header; upload data with rows")
    return content, Glance(seen.columns, seen.is_whole or not FORMATS[content].columns_vary)
