"""Text files of rows: their encoding, separator and header, found in the file itself, and their records.

One place for files that are trained on, files to predict for and bodies of requests. Messages name lines, never values.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

Separator = Literal[",", ";", "\t", "|"]
SEPARATORS: tuple[Separator, ...] = (",", ";", "\t", "|")
LINE_END = re.compile("\r\n|\r|\n")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]*)?")
_SAMPLE_RECORDS = 100
_MOST_PREAMBLE = 30  # lines before the header
_ALIKE = 0.9  # of the sampled records have as many fields as the header
_SAMPLE_BYTES = 1 << 16
_LONGEST_SAMPLE = 16 * _SAMPLE_BYTES
_LONGEST_FIELD = 1 << 27
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    *((mark, "utf-32") for mark in (b"\xff\xfe\0\0", b"\0\0\xfe\xff")),
    *((mark, "utf-16") for mark in (b"\xff\xfe", b"\xfe\xff")),
)
ENCODING_NAMES = {"cp1252": "Windows-1252", "latin-1": "Latin-1", "utf-8": "UTF-8", "utf-8-sig": "UTF-8"}
_NO_TEXT_IN_WINDOWS_1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")


class NotATable(ValueError):
    """A text that isn't rows of fields: ``line`` (from 1; None: the whole text), what was expected and what to do.

    ``is_open``: a quote may be closed by what follows the text.
    """

    def __init__(self, message: str, line: int | None = None, *, is_open: bool = False) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line
        self.is_open = is_open


@dataclass(frozen=True)
class TextForm:
    """How a text is written. ``preamble``: lines before the header; ``escape``: what stands before a quote inside quotes, empty where it is doubled."""

    separator: Separator = ","
    quote: Literal['"', "'"] = '"'
    escape: Literal["", "\\"] = ""
    preamble: int = 0
    spaced: bool = False  # a space follows the separator, before a quote
    unnamed: Literal["", "First", "Last"] = ""  # the field for which the header has no name at all: R's row names, a separator too many


@dataclass(frozen=True)
class Header:
    """Names of the columns as used: one that is empty gets its place as a name, the second of two equal ones a number."""

    names: tuple[str, ...]
    unnamed: tuple[str, ...] = ()  # names given to columns without one
    repeated: tuple[str, ...] = ()  # names given to columns whose name came before

    @classmethod
    def of(cls, raw: Sequence[str]) -> "Header":
        """From the fields of the header."""
        names: list[str] = []
        unnamed: list[str] = []
        repeated: list[str] = []
        taken, seen = set(raw), set[str]()
        for place, field in enumerate(raw, start=1):
            name = field
            if not field.strip(" \t"):
                name = _free(f"column_{place}", taken)
                unnamed.append(name)
            elif field in seen:
                name = next(free for number in range(len(raw)) if (free := f"{field}_duplicated_{number}") not in taken)
                repeated.append(name)
            taken.add(name)
            seen.add(name)
            names.append(name)
        return cls(tuple(names), tuple(unnamed), tuple(repeated))


def _free(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "_"
    return name


def encoding_of(data: bytes) -> str:
    """A Python codec: by a byte order mark, as UTF-16 without one, as UTF-8, else Windows-1252 or, where that has no character, Latin-1."""
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return codec
    sample = data[:_SAMPLE_BYTES]
    if len(sample) > 3 and b"\0" in sample:
        even, odd = sample[0::2].count(0), sample[1::2].count(0)
        if max(even, odd) > len(sample) // 4:
            return "utf-16-le" if odd > even else "utf-16-be"
    if data.isascii():
        return "utf-8"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1" if _NO_TEXT_IN_WINDOWS_1252 & set(data) else "cp1252"
    return "utf-8"


def form_of(text: str, fallback: TextForm | None = None, known: Collection[str] = ()) -> TextForm:
    """How ``text`` is written, seen from its first records. ``known``: names of columns that are expected, which decide where they are in
    the header; ``fallback`` where nothing does, as in a text of one column."""
    usual = fallback or TextForm()
    rated = [(_rating(text, form, known), form) for form in _candidates(text[:_SAMPLE_BYTES], usual.separator)]
    best = max(rating for rating, _ in rated)
    chosen = [form for rating, form in rated if rating == best]
    form = next((form for form in chosen if form.separator == usual.separator), chosen[0])
    if not any(best[:2]):  # nothing separates anything
        form = replace(form, separator=usual.separator)
    return _with_header_found(text, form, known)


def records(text: str, form: TextForm) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of every record that isn't blank, the header first; ``line`` is the record's last one, from 1. Raises NotATable."""
    stream = io.StringIO(text, newline="")
    for _ in range(form.preamble):
        stream.readline()
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(
        stream,
        delimiter=form.separator,
        quotechar=form.quote,
        escapechar=form.escape or None,
        doublequote=not form.escape,
        skipinitialspace=form.spaced,
        strict=True,
    )
    named = False  # the header was seen
    while True:
        begins = form.preamble + reader.line_num + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise _not_a_table(str(error), form, begins) from None
        if fields is None:
            return
        if fields and (len(fields) > 1 or fields[0].strip()):
            yield form.preamble + reader.line_num, fields if named else _completed(fields, form)
            named = True


def _completed(names: list[str], form: TextForm) -> list[str]:
    return [""] * (form.unnamed == "First") + names + [""] * (form.unnamed == "Last")


def require_width(fields: Sequence[str], header: Sequence[str], line: int, form: TextForm) -> None:
    """Raises NotATable where a record has more or fewer fields than the header."""
    if len(fields) == len(header):
        return
    few = len(fields) < len(header)
    raise NotATable(
        f"{len(fields)} field{'' if len(fields) == 1 else 's'}, the header has {len(header)}; "
        + (
            "give every column a field, also where its value is missing"
            if few
            else f"put a field that holds {form.separator!r} in quotes ({form.quote}), or take the extra field out"
        ),
        line,
    )


def _not_a_table(problem: str, form: TextForm, line: int) -> NotATable:
    """``problem``: what Python's csv says, which has no other way of telling."""
    if "unexpected end of data" in problem:
        said = f"a quote ({form.quote}) that begins here is never closed; close it, or double a quote that belongs to the text"
        return NotATable(said, line, is_open=True)
    if "expected after" in problem:
        return NotATable(f"text follows a closing quote ({form.quote}); double a quote that belongs to the text", line)
    if "field larger" in problem:
        said = f"a field is longer than {_LONGEST_FIELD} characters; is a quote ({form.quote}) never closed?"
        return NotATable(said, line, is_open=True)
    return NotATable(problem, line)


def _candidates(sample: str, usual: Separator) -> Iterator[TextForm]:
    """Forms that the text may have, those without peculiarities first."""
    for separator in SEPARATORS:
        if separator not in sample and separator != usual:
            continue
        around = [sample.count(f"{mark}{separator}") + sample.count(f"{separator}{mark}") for mark in ('"', "'")]
        quote: Literal['"', "'"] = "'" if around[1] > 2 and not around[0] and "'" in LINE_END.split(sample, 1)[0] else '"'
        plain = TextForm(separator, quote)
        yield plain
        if f"{separator} {quote}" in sample:
            yield replace(plain, spaced=True)
        if f"\\{quote}" in sample:
            yield replace(plain, escape="\\")
            yield replace(plain, escape="\\", spaced=True)


def _sampled(text: str, form: TextForm) -> tuple[list[tuple[int, list[str]]], bool]:
    """(lines before the record, fields) of the first records, and whether all of them could be split."""
    found: list[tuple[int, list[str]]] = []
    before = form.preamble
    try:
        for line, fields in islice(records(text[:_LONGEST_SAMPLE], form), _SAMPLE_RECORDS):
            found.append((before, fields))
            before = line
    except NotATable:
        return found, False
    return found, True


def _rating(text: str, form: TextForm, known: Collection[str]) -> tuple[int, int, bool, int, int, int, int]:
    """How many known names its header has; 2 where its records agree on more than one field, 1 where its first record doesn't; whether they
    could be split; how many fields have quotes that ought to have been taken off, and how many records come before those of that width (both
    negative: what a separator leaves out is more likely the header than another title); how many fields there are, and in how many records."""
    sampled, is_whole = _sampled(text, form)
    found = [fields for _, fields in sampled if not fields[0].startswith("#")]
    if not found:
        return 0, 0, False, 0, 0, 0, 0
    quoted = -sum(field[:2] == f" {form.quote}" and field.endswith(form.quote) for fields in found for field in fields)
    if known:
        return max(len(set(fields) & set(known)) for fields in found[:_MOST_PREAMBLE]), 0, is_whole, quoted, 0, len(found[0]), 0
    width, times = Counter(map(len, found)).most_common(1)[0]
    if width == 1 or times < _ALIKE * (len(found) - _MOST_PREAMBLE) or times * 2 <= len(found):
        return 0, 0, is_whole, quoted, 0, 1, 0
    before = next(at for at, fields in enumerate(found) if len(fields) == width)
    return 0, 1 if before else 2, is_whole, quoted, -before, width, times


def _with_header_found(text: str, form: TextForm, known: Collection[str]) -> TextForm:
    """Before it may be comments, Excel's ``sep=;``, and titles: lines with fewer fields than the records, or without any known name."""
    lines = LINE_END.split(text[:_LONGEST_SAMPLE], 2 * _MOST_PREAMBLE)[: 2 * _MOST_PREAMBLE]
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    begin = next((at for at, line in enumerate(lines) if not _is_before_header(line, first, form.separator)), 0)
    found, _ = _sampled(text, replace(form, preamble=begin))
    if not found:
        return replace(form, preamble=begin)
    at = _header_among([fields for _, fields in found], known)
    header, rows = found[at][1], [fields for _, fields in found[at + 1 :]]
    return replace(form, preamble=found[at][0], unnamed=_unnamed(header, rows))


def _header_among(found: Sequence[list[str]], known: Collection[str]) -> int:
    if known:
        return next((at for at, fields in enumerate(found[:_MOST_PREAMBLE]) if set(fields) & set(known)), 0)
    width = Counter(map(len, found)).most_common(1)[0][0]
    at = next((at for at, fields in enumerate(found[:_MOST_PREAMBLE]) if len(fields) >= width), 0)
    if at and len(found[at - 1]) == width - 1 and not any(map(_is_number, found[at - 1])) and any(map(_is_number, found[at])):
        return at - 1  # names, and below them values: no title
    return at if sum(len(fields) == width for fields in found[at:]) >= _ALIKE * len(found[at:]) else 0


def _unnamed(header: Sequence[str], rows: Sequence[list[str]]) -> Literal["", "First", "Last"]:
    """Whether every record has one field more than the header has names: numbers of rows before it, or nothing after it."""
    rows = rows[:-1] if len(rows) > 2 else rows  # the sample may end within its last record
    if not rows or any(len(fields) != len(header) + 1 for fields in rows):
        return ""
    if not any(fields[-1].strip() for fields in rows):
        return "Last"
    first = int(rows[0][0]) if _is_whole(rows[0][0]) else 0
    is_counting = [fields[0] for fields in rows] == [str(first + row) for row in range(len(rows))]
    return "First" if is_counting and len(rows) > 1 else ""


def _is_whole(field: str) -> bool:
    return field.isascii() and field.isdigit() and len(field) < 20


def _is_before_header(line: str, first: str, separator: str) -> bool:
    """``first``: the first line that is no comment. A header may begin with # too: then numbers follow it."""
    if not line.strip() or line.strip().lower() == f"sep={separator}":
        return True
    return line.startswith("#") and (line.count(separator) < first.count(separator) or not any(map(_is_number, first.split(separator))))


def _is_number(field: str) -> bool:
    return bool(_NUMBER.fullmatch(field.strip()))
