"""CSV and its relatives as a table of texts: every cell as the file holds it, "" for an empty field.

Polars splits the text, ten times as fast as Python's csv. But it fills up short lines, makes rows of blank ones, and names no line where it fails; so
what it found is checked against counts over the bytes, and wherever anything is unusual the text is split record by record instead.
"""

import codecs
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import polars as pl
from modelyard_api.conditions import Reason
from modelyard_api.reading_notes import ReadingNote, ReadingRule
from modelyard_model.text_files import (
    ENCODING_NAMES,
    LINE_END,
    Header,
    NotATable,
    TextForm,
    encoding_of,
    form_of,
    records,
    require_width,
)

from modelyard_jobs.data.contents import HEAD
from modelyard_jobs.data.format_reader import Beginning, FileTable, FormatReader, Source, bytes_of
from modelyard_jobs.data.text_column import Quotes, TextBytes
from modelyard_jobs.termination import InvalidRequest

_UTF8 = frozenset({"utf-8", "utf-8-sig"})


class SeparatedText(FormatReader):
    """CSV and its kin: a header and a row per record, whatever separates their fields."""

    def recognises(self, head: bytes) -> bool:  # noqa: ARG002
        """What no other format is may be text."""
        return True

    def read(self, source: Source, key: str) -> FileTable:
        """Texts."""
        return read_text(bytes_of(source), key)

    def glance(self, head: bytes, key: str, source: Callable[[], Source], *, is_whole: bool) -> Beginning:  # noqa: ARG002  the head is enough
        """Header and first records."""
        return Beginning(*header_and_rows(head, key, is_whole=is_whole), is_whole)


def read_text(data: bytes, key: str) -> FileTable:
    """``data``: the file, unpacked; ``key`` names it in messages. Raises InvalidRequest."""
    text = _Text.of(data, key)
    header = Header.of(text.header)
    cells = _split_by_polars(text, header.names)
    if cells is None:
        cells = _split_by_record(text, header.names)
    cells, unnamed = _without_empty_columns(cells, header.unnamed)
    renamed = [(ReadingRule.UNNAMED, name) for name in unnamed] + [(ReadingRule.REPEATED, name) for name in header.repeated]
    notes = [*_notes_on_form(text), *(ReadingNote(rule=rule, column=name) for rule, name in renamed)]
    return FileTable(cells, tuple(notes), text.form.separator)


def header_and_rows(head: bytes, key: str, *, is_whole: bool) -> tuple[tuple[str, ...], int]:
    """The columns' names of a file that begins with ``head``, and how many records follow in it; raises InvalidRequest."""
    if not is_whole:
        head = head[: head.rfind(b"\n") + 1] or head
    text = _Text.of(head, key, is_whole=is_whole)
    count = 0
    try:
        for _ in _rows(text):
            count += 1
    except NotATable as error:
        if is_whole or not _is_at_end(error, text):
            raise _invalid(key, error) from error
    return Header.of(text.header).names, count


def _is_at_end(error: NotATable, text: "_Text") -> bool:
    """Whether the error may come from cutting the file off: in the last line, or a quote that wasn't closed yet."""
    return error.is_open or (error.line or 0) >= text.data.count(b"\n")


@dataclass(frozen=True)
class _Text:
    """A file with its header read."""

    key: str
    data: bytes  # UTF-8
    sample: str  # its beginning
    encoding: str  # as it was found
    form: TextForm
    header: list[str]  # as it is written
    header_end: int  # the header's last line, from 1
    is_whole: bool

    @classmethod
    def of(cls, data: bytes, key: str, *, is_whole: bool = True) -> "_Text":
        data = data.removesuffix(b"\x1a")  # DOS ends a text so
        encoding = encoding_of(data)
        if encoding not in _UTF8:
            data = _decoded(data, encoding, key, is_whole=is_whole).encode()
        sample = codecs.getincrementaldecoder("utf-8-sig")("replace").decode(data[: 2 * HEAD])
        form = form_of(sample)
        try:
            first = _first_record(sample, form) if len(data) <= 2 * HEAD else _first_whole_record(sample, form)
            first = first or _first_record(_decoded(data, "utf-8-sig", key), form)
        except NotATable as error:
            raise _invalid(key, error) from error
        if not first:
            raise _invalid(key, "it has no header and no rows; upload data with rows")
        line, header = first
        return cls(key, data, sample, encoding, form, header, line, is_whole)

    @property
    def body(self) -> int:
        """Where the bytes after the header begin."""
        at = 0
        for _ in range(self.header_end):
            at = self.data.find(b"\n", at) + 1
            if not at:
                return len(self.data)
        return at


def _first_record(text: str, form: TextForm) -> tuple[int, list[str]] | None:
    return next(records(text, form), None)


def _first_whole_record(sample: str, form: TextForm) -> tuple[int, list[str]] | None:
    """None where the sample may end within it."""
    with suppress(NotATable):
        first = _first_record(sample, form)
        if first and first[0] <= sample.count("\n"):
            return first
    return None


def _decoded(data: bytes, encoding: str, key: str, *, is_whole: bool = True) -> str:
    try:
        return data.decode(encoding, errors="strict" if is_whole else "ignore")
    except UnicodeDecodeError as error:
        name = ENCODING_NAMES.get(encoding, encoding.upper())
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _invalid(key, f"line {line}: bytes that aren't {name}, as the file's first bytes say it is; save it as UTF-8") from error


def _rows(text: _Text) -> Iterator[list[str]]:
    """Fields of every record below the header; raises NotATable."""
    below = records(_decoded(text.data, "utf-8-sig", text.key, is_whole=text.is_whole), text.form)
    next(below, None)
    for line, fields in below:
        require_width(fields, text.header, line, text.form)
        yield fields


def _split_by_record(text: _Text, names: Sequence[str]) -> pl.DataFrame:
    try:
        columns = list(zip(*_rows(text), strict=True)) or [()] * len(names)
    except NotATable as error:
        raise _invalid(text.key, error) from error
    return pl.DataFrame([pl.Series(name, values, dtype=pl.String) for name, values in zip(names, columns, strict=True)])


def _split_by_polars(text: _Text, names: Sequence[str]) -> pl.DataFrame | None:
    """None where the result may differ from what record by record would give."""
    form = text.form
    content = TextBytes(_with_proper_end(text.data, form), text.body)
    quotes = content.quotes(form.quote, form.separator)
    if form.escape or form.spaced or quotes is None or content.has_bare_returns():
        return None
    try:
        cells = pl.read_csv(
            content.data,
            has_header=False,
            skip_lines=text.header_end,
            schema=dict.fromkeys(names, pl.String),
            separator=form.separator,
            quote_char=form.quote if quotes.count else None,
            empty_string_is_null=False,
            raise_if_empty=False,
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):  # what is wrong, and in which line, is found record by record
        return None
    if len(names) == 1:
        return cells.filter(pl.first().str.strip_chars() != "")  # blank lines
    return cells if _is_complete(cells, content, quotes, form.separator) else None


def _is_complete(cells: pl.DataFrame, content: TextBytes, quotes: Quotes, separator: str) -> bool:
    """Whether no line was short or blank: Polars makes empty cells of what such lines lack."""
    if not (cells[:, -1] == "").any():
        return True
    if not quotes.count:
        found = content.count(separator)
    elif content.lines == cells.height:
        found = content.separators(quotes, sum(cells.lazy().select(pl.all().str.len_bytes().sum()).collect().row(0)))
    else:  # line breaks in quotes
        within = cells.lazy().select(pl.all().str.count_matches(separator, literal=True).sum()).collect()
        found = content.count(separator) - sum(within.row(0))
    return found == cells.height * (cells.width - 1)


def _with_proper_end(data: bytes, form: TextForm) -> bytes:
    """Without blank lines; and Polars doesn't see an empty field at the very end."""
    if data.endswith((b"\n\n", b"\n\r\n")):
        data = data.rstrip(b"\r\n")
    return data + b"\n" if data.endswith(form.separator.encode()) else data


def _without_empty_columns(cells: pl.DataFrame, unnamed: Sequence[str]) -> "tuple[pl.DataFrame, list[str]]":
    """A column without a name and without any value is a separator too many. Gives the others without a name as well."""
    empty = [name for name in unnamed if len(unnamed) < cells.width and not (cells[name].str.strip_chars() != "").any()]
    return cells[[name for name in cells.columns if name not in empty]], [name for name in unnamed if name not in empty]


def _notes_on_form(text: _Text) -> Iterator[ReadingNote]:
    if text.encoding not in _UTF8:
        yield ReadingNote(rule=ReadingRule.ENCODING, detail=ENCODING_NAMES.get(text.encoding, text.encoding.upper()))
    if text.form.separator != ",":
        yield ReadingNote(rule=ReadingRule.SEPARATOR, detail=text.form.separator)
    before = [line for line in LINE_END.split(text.sample, text.form.preamble)[: text.form.preamble] if line.strip()]
    if before:
        yield ReadingNote(rule=ReadingRule.PREAMBLE, count=len(before))


def _invalid(key: str, problem: object) -> InvalidRequest:
    return InvalidRequest(Reason.DATA_INVALID, f"{key}: {problem}")
