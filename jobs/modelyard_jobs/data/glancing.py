"""What the beginning of files shows, however large they are: what would keep them from being read, and their columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard_api.conditions import Reason

from modelyard_jobs.data.contents import HEAD, Content, content_in
from modelyard_jobs.data.json_lines import objects_in_head
from modelyard_jobs.data.parquet_table import columns_of_parquet
from modelyard_jobs.data.reading import require_column, require_same_columns, require_same_content
from modelyard_jobs.data.source import SourceFile
from modelyard_jobs.data.text_table import header_and_rows
from modelyard_jobs.data.unpacking import beginning_of, content_of, packing_of
from modelyard_jobs.failures import InvalidOrder


@dataclass(frozen=True)
class Glance:
    """The columns that were seen."""

    columns: tuple[str, ...]
    are_all: bool  # lines of JSON further down may have others


def glance_at(files: Sequence[tuple[str, Path]]) -> Glance:
    """``files``: the key and the place of each file of one set. Raises InvalidOrder."""
    seen = [_glance(SourceFile.where_it_lies(path, key)) for key, path in files]
    (first, _), (content, glance) = files[0], seen[0]
    for (other, _), (other_content, other_glance) in zip(files[1:], seen[1:], strict=True):
        require_same_content(first, content, other, other_content)
        if content is not Content.JSON_LINES:
            require_same_columns(first, glance.columns, other, other_glance.columns)
    names = tuple(dict.fromkeys(name for _, each in seen for name in each.columns))
    return Glance(names, all(each.are_all for _, each in seen))


def require_seen(field: str, name: str, glance: Glance) -> None:
    """Raises InvalidOrder where column ``name``, given in the manifest's ``field``, can't be in the data."""
    if glance.are_all:
        require_column(field, name, glance.columns)


def _glance(file: SourceFile) -> tuple[Content, Glance]:
    head = beginning_of(file, HEAD)
    content, is_whole = content_in(head, file.key), len(head) < HEAD
    if content is Content.PARQUET:
        columns, rows = columns_of_parquet(file.path if packing_of(file) is None else content_of(file), file.key)
        is_whole = True
    elif content is Content.JSON_LINES:
        found = objects_in_head(head, file.key, is_whole=is_whole)
        columns, rows = tuple(dict.fromkeys(name for each in found for name in each)), len(found)
    else:
        columns, rows = header_and_rows(head, file.key, is_whole=is_whole)
    if is_whole and not rows:
        raise InvalidOrder(Reason.DATA_INVALID, f"{file.key} has no rows below its header; upload data with rows")
    return content, Glance(columns, is_whole or content is Content.TEXT)
