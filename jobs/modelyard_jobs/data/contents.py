"""What a file holds, told by its first bytes: rows in one of the formats of the catalogue, or something else, and what to do with that."""

import re

from modelyard_api.catalogue.formats import FORMATS, Format
from modelyard_api.conditions import Reason
from modelyard_model.packing import packing_in
from modelyard_model.text_files import encoding_of

from modelyard_jobs.data.format_reader import reader_of
from modelyard_jobs.termination import InvalidRequest

HEAD = 1 << 20  # bytes that are looked at
_AS_TABLE = "save its rows as CSV in UTF-8, or as Parquet"
_UNPACKED = "pack the table itself with gzip, zip or zstd, or upload it unpacked"
# (first bytes, what it is, what to do)
_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "an Excel workbook or another Office file", _AS_TABLE),
    (b"SQLite format 3\0", "an SQLite database", _AS_TABLE),
    (b"ARROW1\0\0", "an Arrow file", "save it as Parquet"),
    (b"FEA1", "a Feather file", "save it as Parquet"),
    (b"ORC", "an ORC file", "save it as Parquet"),
    (b"Obj\x01", "an Avro file", "save it as Parquet"),
    (b"PARE", "an encrypted Parquet file", "save it without encryption"),
    (b"\x89HDF\r\n", "an HDF5 file", _AS_TABLE),
    (b"\x93NUMPY", "a NumPy array", _AS_TABLE),
    (b"RDX", "an R workspace", _AS_TABLE),
    (b"$FL", "an SPSS file", _AS_TABLE),
    (b"<stata_dta>", "a Stata file", _AS_TABLE),
    (b"%PDF", "a PDF", _AS_TABLE),
    (b"\x89PNG", "a picture", _AS_TABLE),
    (b"\xff\xd8\xff", "a picture", _AS_TABLE),
    (b"BZh", "packed with bzip2", _UNPACKED),
    (b"\xfd7zXZ\0", "packed with xz", _UNPACKED),
    (b"7z\xbc\xaf'\x1c", "packed with 7-Zip", _UNPACKED),
    (b"Rar!\x1a", "packed with RAR", _UNPACKED),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself", "fetch the file with git lfs pull and upload that"),
)
_NEED_MORE = frozenset({b"ORC", b"RDX", b"$FL", b"BZh", b"Obj\x01", b"FEA1"})  # letters that a header may begin with as well
_HTML = re.compile(r"<(!doctype|!--|\?xml|(html|head|body|meta|table|div)\b)", re.IGNORECASE)
_ARRAY = re.compile(r"\[\s*[\[{\"\d\]-]")
_CONTROLS = frozenset(map(chr, range(32))) - frozenset("\t\n\r\f\v\0\x1a\x1e")
_MOST_CONTROLS = 0.01


def content_in(head: bytes, key: str) -> Format:
    """``head``: the first bytes of the file, unpacked. Raises InvalidRequest for what is no table."""
    if not head.strip():
        raise _invalid(f"{key} is empty: it has no header and no rows; upload data with rows")
    found = next(name for name in reversed([*FORMATS]) if reader_of(name).recognises(head))
    if FORMATS[found].is_text:
        _require_no_other(head, key)
        _require_text(head.decode(encoding_of(head), errors="ignore").lstrip("\ufeff \t\r\n"), key)
    return found


def _require_no_other(head: bytes, key: str) -> None:
    if packing_in(head):
        raise _invalid(f"{key} is packed twice; {_UNPACKED}")
    for magic, what, remedy in _OTHERS:
        if head.startswith(magic) and (magic not in _NEED_MORE or _is_binary(head[:4096].decode("latin-1"))):
            raise _invalid(f"{key} is {what}; {remedy}")
    if head[257:262] == b"ustar":
        raise _invalid(f"{key} is a tar archive; {_UNPACKED}")


def _require_text(text: str, key: str) -> None:
    if _HTML.match(text):
        raise _invalid(f"{key} is a web page or XML, not a table: is it the page about the file? Name the address of the file itself")
    if _ARRAY.match(text):
        raise _invalid(f"{key} is a JSON array; write JSON lines, one object per line without brackets around them, or CSV")
    if _is_binary(text[:4096]):
        raise _invalid(f"{key} is neither text nor Parquet; {_AS_TABLE}")


def _is_binary(sample: str) -> bool:
    return sum(letter in _CONTROLS for letter in sample) > _MOST_CONTROLS * len(sample) or sample.count("\0") > len(sample) // 10


def _invalid(message: str) -> InvalidRequest:
    return InvalidRequest(Reason.DATA_INVALID, message)
