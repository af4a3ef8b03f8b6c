"""CSV and its relatives as a table of texts: every cell as the file holds it, "" for an empty field.

Polars splits the text, ten times as fast as Python's csv. But it fills up short lines, makes rows of blank ones, and names no line where it fails; so
what it found is checked against counts over the bytes, and wherever anything is unusual the text is split record by record instead.
"""

import codecs
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from modelyard_api.conditions import Reason
from modelyard_api.reading import ReadingNote, ReadingRule
from modelyard_model.text_files import (
    ENCODING_NAMES,
    LINE_END,
    Header,
    NotATable,
    Separator,
    TextForm,
    encoding_of,
    form_of,
    records,
    require_width,
)
from numpy.typing import NDArray

from modelyard_jobs.data.contents import HEAD
from modelyard_jobs.failures import InvalidOrder

if TYPE_CHECKING:
    import polars as pl

_BLOCK = 1 << 18  # bytes that are counted at a time: they stay in the processor's cache
_NEWLINE, _RETURN = ord("\n"), ord("\r")
_UTF8 = frozenset({"utf-8", "utf-8-sig"})


@dataclass(frozen=True)
class TextTable:
    """One file."""

    cells: "pl.DataFrame"
    notes: tuple[ReadingNote, ...]
    separator: Separator


def read_text(data: bytes, key: str) -> TextTable:
    """``data``: the file, unpacked; ``key`` names it in messages. Raises InvalidOrder."""
    text = _Text.of(data, key)
    header = Header.of(text.header)
    cells = _split_by_polars(text, header.names)
    if cells is None:
        cells = _split_by_record(text, header.names)
    cells, unnamed = _without_empty_columns(cells, header.unnamed)
    renamed = [(ReadingRule.UNNAMED, name) for name in unnamed] + [(ReadingRule.REPEATED, name) for name in header.repeated]
    notes = [*_notes_on_form(text), *(ReadingNote(rule=rule, column=name) for rule, name in renamed)]
    return TextTable(cells, tuple(notes), text.form.separator)


def glance_at(head: bytes, key: str, *, is_whole: bool) -> tuple[tuple[str, ...], int]:
    """The columns' names of a file that begins with ``head``, and how many records follow in it; raises InvalidOrder."""
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
    return "never closed" in str(error) or (error.line or 0) >= text.data.count(b"\n")


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


def _split_by_record(text: _Text, names: Sequence[str]) -> "pl.DataFrame":
    import polars as pl  # noqa: PLC0415

    try:
        columns = list(zip(*_rows(text), strict=True)) or [()] * len(names)
    except NotATable as error:
        raise _invalid(text.key, error) from error
    return pl.DataFrame([pl.Series(name, values, dtype=pl.String) for name, values in zip(names, columns, strict=True)])


def _split_by_polars(text: _Text, names: Sequence[str]) -> "pl.DataFrame | None":
    """None where the result may differ from what record by record would give."""
    import polars as pl  # noqa: PLC0415

    form, start = text.form, text.body
    body = np.frombuffer(text.data, dtype=np.uint8)[start:]
    has_quotes = text.data.find(form.quote.encode(), start) >= 0
    if form.escape or form.spaced or (has_quotes and not _has_regular_quotes(body, form)):
        return None
    if b"\r" in text.data and _has_bare_returns(np.frombuffer(text.data, dtype=np.uint8)):
        return None
    try:
        cells = pl.read_csv(
            _with_proper_end(text.data, form),
            has_header=False,
            skip_lines=text.header_end,
            schema=dict.fromkeys(names, pl.String),
            separator=form.separator,
            quote_char=form.quote if has_quotes else None,
            empty_string_is_null=False,
            raise_if_empty=False,
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):  # what is wrong, and in which line, is found record by record
        return None
    if len(names) == 1:
        return cells.filter(pl.first().str.strip_chars() != "")  # blank lines
    if not (cells[:, -1] == "").any():
        return cells  # a short or blank line has an empty last cell here
    within = _separators_in(cells, form) if has_quotes else 0
    return cells if _count(body, form.separator) - within == cells.height * (cells.width - 1) else None


def _with_proper_end(data: bytes, form: TextForm) -> bytes:
    """Without blank lines; and Polars doesn't see an empty field at the very end."""
    if data.endswith((b"\n\n", b"\n\r\n")):
        data = data.rstrip(b"\r\n")
    return data + b"\n" if data.endswith(form.separator.encode()) else data


def _separators_in(cells: "pl.DataFrame", form: TextForm) -> int:
    import polars as pl  # noqa: PLC0415

    return sum(cells.lazy().select(pl.all().str.count_matches(form.separator, literal=True).sum()).collect().row(0))


def _count(body: NDArray[np.uint8], letter: str) -> int:
    return sum(int(np.count_nonzero(body[at : at + _BLOCK] == ord(letter))) for at in range(0, len(body), _BLOCK))


def _has_bare_returns(body: NDArray[np.uint8]) -> bool:
    """Carriage returns that no newline follows end a record for Python's csv, and are a letter for Polars."""
    for begin in range(0, len(body), _BLOCK):
        at = np.flatnonzero(body[begin : begin + _BLOCK] == _RETURN) + begin
        if len(at) and (at[-1] + 1 == len(body) or (body[at + 1] != _NEWLINE).any()):
            return True
    return False


def _has_regular_quotes(body: NDArray[np.uint8], form: TextForm) -> bool:
    """Whether every quote opens a field, closes one, or is one of two inside: then both ways of splitting agree."""
    quote, separator, seen = ord(form.quote), ord(form.separator), 0
    for begin in range(0, len(body), _BLOCK):
        at = np.flatnonzero(body[begin : begin + _BLOCK] == quote) + begin
        opening, closing = at[seen % 2 :: 2], at[1 - seen % 2 :: 2]
        before = body[opening[opening > 0] - 1]
        after = body[closing[closing + 1 < len(body)] + 1]
        if not np.isin(before, (separator, _NEWLINE, quote)).all() or not np.isin(after, (separator, _NEWLINE, _RETURN, quote)).all():
            return False
        seen += len(at)
    return seen % 2 == 0


def _without_empty_columns(cells: "pl.DataFrame", unnamed: Sequence[str]) -> "tuple[pl.DataFrame, list[str]]":
    """A column without a name and without any value is a separator too many. Gives the others without a name as well."""
    empty = [name for name in unnamed if len(unnamed) < cells.width and not (cells[name].str.strip_chars() != "").any()]
    return cells.drop(empty), [name for name in unnamed if name not in empty]


def _notes_on_form(text: _Text) -> Iterator[ReadingNote]:
    if text.encoding not in _UTF8:
        yield ReadingNote(rule=ReadingRule.ENCODING, detail=ENCODING_NAMES.get(text.encoding, text.encoding.upper()))
    if text.form.separator != ",":
        yield ReadingNote(rule=ReadingRule.SEPARATOR, detail=text.form.separator)
    before = [line for line in LINE_END.split(text.sample, text.form.preamble)[: text.form.preamble] if line.strip()]
    if before:
        yield ReadingNote(rule=ReadingRule.PREAMBLE, count=len(before))


def _invalid(key: str, problem: object) -> InvalidOrder:
    return InvalidOrder(Reason.DATA_INVALID, f"{key}: {problem}")
