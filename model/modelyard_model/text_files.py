"""Text files of rows: their encoding, separator and header, found in the file itself, and their records.

One place for files that are trained on, files that are asked about and bodies of requests. Messages name lines, never values.
"""

import contextlib
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
SEPARATOR_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]*)?")
_SAMPLE_RECORDS = 100
_MOST_PREAMBLE = 30  # lines before the header
_ALIKE = 0.9  # of the sampled records have as many fields as the header
_SAMPLE_BYTES = 1 << 16
_SAMPLE_SIZE = 16 * _SAMPLE_BYTES  # characters in which the first records are looked for
_LONGEST_FIELD = 1 << 27
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_NO_TEXT_IN_WINDOWS_1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")


class NotATable(ValueError):
    """A text that isn't rows of fields: ``line`` (from 1; None: the whole text), what was expected and what to do."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line


@dataclass(frozen=True)
class TextForm:
    """How a text is written. ``preamble``: lines before the header; ``escape``: what stands before a quote inside quotes, empty where it is doubled."""

    separator: Separator = ","
    quote: Literal['"', "'"] = '"'
    escape: Literal["", "\\"] = ""
    preamble: int = 0
    spaced: bool = False  # a space follows the separator, before a quote


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
        taken = set(raw)
        for place, field in enumerate(raw, start=1):
            name = field
            if not field.strip():
                name = _free(f"column_{place}", taken)
                unnamed.append(name)
            elif field in names:
                name = next(free for number in range(len(raw)) if (free := f"{field}_duplicated_{number}") not in taken)
                repeated.append(name)
            taken.add(name)
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
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1" if _NO_TEXT_IN_WINDOWS_1252 & set(data) else "cp1252"
    return "utf-8"


def form_of(text: str, fallback: TextForm | None = None, known: Collection[str] = ()) -> TextForm:
    """How ``text`` is written, seen from its first records. ``known``: names of columns that are expected, which decide where they are in
    the header; ``fallback`` where nothing does, as in a text of one column."""
    usual = fallback or TextForm()
    candidates = [_quoted(text, separator) for separator in SEPARATORS]
    rated = [(_rating(text, form, known), form) for form in candidates]
    best = max(rating for rating, _ in rated)
    chosen = [form for rating, form in rated if rating == best]
    form = next((form for form in chosen if form.separator == usual.separator), chosen[0])
    if not any(best[:2]):  # nothing separates anything
        form = replace(form, separator=usual.separator)
    return _escaped(text, replace(form, preamble=_preamble(text, form, known)))


def records(text: str, form: TextForm) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of every record that isn't blank, the header first; ``line`` is where it begins, from 1. Raises NotATable."""
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
    while True:
        begins = form.preamble + reader.line_num + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise NotATable(_described(str(error), form), begins) from None
        if fields is None:
            return
        if fields and (len(fields) > 1 or fields[0].strip()):
            yield begins, fields


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


def _described(problem: str, form: TextForm) -> str:
    if "unexpected end of data" in problem:
        return f"a quote ({form.quote}) that begins here is never closed; close it, or double a quote that belongs to the text"
    if "expected after" in problem:
        return f"text follows a closing quote ({form.quote}); double a quote that belongs to the text"
    if "field larger" in problem:
        return f"a field is longer than {_LONGEST_FIELD} characters; is a quote ({form.quote}) never closed?"
    return problem


def _quoted(text: str, separator: Separator) -> TextForm:
    """With the quotes that are seen around fields, and whether a space stands before them."""
    sample = text[:_SAMPLE_BYTES]
    double, single = (sample.count(f"{mark}{separator}") + sample.count(f"{separator}{mark}") for mark in ('"', "'"))
    quote: Literal['"', "'"] = "'" if single > 2 and not double and "'" in sample.split("\n", 1)[0] else '"'
    return TextForm(separator, quote, spaced=f"{separator} {quote}" in sample)


def _escaped(text: str, form: TextForm) -> TextForm:
    """With a backslash before quotes, where only that makes records of one width: else it belongs to the text, as in ``C:\\``."""
    other = replace(form, escape="\\")
    if f"\\{form.quote}" not in text[:_SAMPLE_SIZE] or _agree(text, form) or not _agree(text, other):
        return form
    return other


def _agree(text: str, form: TextForm) -> bool:
    """Whether its first records have as many fields as its header, and none is cut short."""
    try:
        found = [fields for _, fields in islice(records(text[:_SAMPLE_SIZE], form), _SAMPLE_RECORDS)]
    except NotATable:
        return False
    return len({len(fields) for fields in found}) == 1


def _sampled(text: str, form: TextForm) -> list[tuple[int, list[str]]]:
    """(lines before the record, fields) of the first records; what can't be split any further ends the sample."""
    found: list[tuple[int, list[str]]] = []
    with contextlib.suppress(NotATable):
        found.extend((line - 1, fields) for line, fields in islice(records(text[:_SAMPLE_SIZE], form), _SAMPLE_RECORDS))
    return found


def _rating(text: str, form: TextForm, known: Collection[str]) -> tuple[int, int, int]:
    """How many known names its header has; 2 where its records agree on more than one field, 1 where its first record doesn't; on how many."""
    found = [fields for _, fields in _sampled(text, form) if not fields[0].startswith("#")]
    if not found:
        return 0, 0, 0
    if known:
        return max(len(set(fields) & set(known)) for fields in found[:_MOST_PREAMBLE]), 0, len(found[0])
    width, times = Counter(map(len, found)).most_common(1)[0]
    if width == 1 or times < _ALIKE * (len(found) - _MOST_PREAMBLE) or times * 2 <= len(found):
        return 0, 0, 1
    return 0, 2 if len(found[0]) == width else 1, width


def _preamble(text: str, form: TextForm, known: Collection[str]) -> int:
    """Lines before the header: comments, Excel's ``sep=;``, titles with fewer fields than the records have, or without any known name."""
    lines = text[:_SAMPLE_SIZE].split("\n")[: 2 * _MOST_PREAMBLE]
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    begin = next((at for at, line in enumerate(lines) if not _is_before_header(line, first, form.separator)), 0)
    found = _sampled(text, replace(form, preamble=begin))
    if known:
        return next((line for line, fields in found[:_MOST_PREAMBLE] if set(fields) & set(known)), begin)
    width = Counter(len(fields) for _, fields in found).most_common(1)[0][0] if found else 0
    return next((line for line, fields in found[:_MOST_PREAMBLE] if len(fields) >= width), begin)


def _is_before_header(line: str, first: str, separator: str) -> bool:
    """``first``: the first line that is no comment. A header may begin with # too: then numbers follow it."""
    if not line.strip() or line.strip().lower() == f"sep={separator}":
        return True
    return line.startswith("#") and (line.count(separator) < first.count(separator) or not any(map(_is_number, first.split(separator))))


def _is_number(field: str) -> bool:
    return bool(_NUMBER.fullmatch(field.strip()))
