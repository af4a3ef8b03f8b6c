"""What a file holds, by its first bytes: rows in one of the formats of the catalogue, packed or not, or something else, and what to do with that."""

import gzip
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

import zstandard
from modelyard_api.catalogue.formats import FORMATS, Format
from modelyard_api.conditions import Reason
from modelyard_model.packing import Packing, members_of, packing_in
from modelyard_model.text_files import encoding_of

from modelyard_jobs.data.format_reader import reader_of
from modelyard_jobs.data.source import SourceFile
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
_INSIDE_OF = {"xl/": "an Excel workbook", "word/": "a Word document", "mimetype": "an OpenDocument file", "META-INF/": "a program"}
_ENDINGS = {Packing.GZIP: (".gz", ".gzip"), Packing.ZIP: (".zip",), Packing.ZSTD: (".zst", ".zstd")}


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


def packing_of(file: SourceFile) -> Packing | None:
    """By content."""
    with file.path.open("rb") as content:
        return packing_in(content.read(4))


def is_in_name(file: SourceFile, packing: Packing) -> bool:
    """Whether the file's name says how it is packed."""
    return file.key.lower().endswith(_ENDINGS[packing])


def content_of(file: SourceFile) -> bytes:
    """All that is inside; raises InvalidRequest."""
    packing = packing_of(file)
    with _problems_described(file, packing):
        if packing is Packing.ZSTD:
            return _of_zstd(file.path.read_bytes())
        with _opened(file, packing) as content:
            return content.read()


def beginning_of(file: SourceFile, most: int) -> bytes:
    """The first ``most`` bytes inside; raises InvalidRequest."""
    packing = packing_of(file)
    with _problems_described(file, packing), _opened(file, packing) as content:
        found = content.read(most)
        return _of_zstd(file.path.read_bytes()) if packing is Packing.ZSTD and len(found) < most else found


@contextmanager
def _opened(file: SourceFile, packing: Packing | None) -> Iterator[IO[bytes]]:
    with file.path.open("rb") as packed:
        if packing is Packing.GZIP:
            with gzip.open(packed) as content:
                yield cast("IO[bytes]", content)
        elif packing is Packing.ZIP:
            with zipfile.ZipFile(packed) as archive, archive.open(_only_member(archive, file.key)) as content:
                yield content
        elif packing is Packing.ZSTD:
            yield zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
        else:
            yield packed


def _of_zstd(packed: bytes) -> bytes:
    """Frame by frame: the library's stream reader takes a frame that was cut off for the end."""
    found = []
    while packed:
        frame = zstandard.ZstdDecompressor().decompressobj()
        found.append(frame.decompress(packed))
        if not frame.eof:
            raise EOFError
        packed = frame.unused_data
    return b"".join(found)


def _only_member(archive: zipfile.ZipFile, key: str) -> zipfile.ZipInfo:
    members = members_of(archive)
    for part, words in _INSIDE_OF.items():
        if any(each.filename.startswith(part) for each in members):
            raise InvalidRequest(Reason.DATA_INVALID, f"{key} is {words}; save the rows as CSV in UTF-8, or as Parquet")
    if len(members) != 1:
        raise InvalidRequest(
            Reason.DATA_INVALID,
            f"{key} is a zip file of {len(members)} files, one is wanted; pack each by itself, and name them all with a * in the URI",
        )
    if members[0].flag_bits & 1:
        raise InvalidRequest(Reason.DATA_INVALID, f"{key} is a zip file with a password, which can't be opened; pack it without one")
    return members[0]


@contextmanager
def _problems_described(file: SourceFile, packing: Packing | None) -> Iterator[None]:
    try:
        yield
    except EOFError as error:
        raise InvalidRequest(
            Reason.DATA_INVALID, f"{file.key} ends too early: it is packed with {packing} and was cut off on its way; upload it again"
        ) from error
    except Exception as error:
        if packing is None or not _is_of_packing(error):
            raise
        raise InvalidRequest(
            Reason.DATA_INVALID,
            f"{file.key} is packed with {packing} and can't be unpacked ({error}): was it cut off? Upload it again, or unpacked",
        ) from error


def _is_of_packing(error: Exception) -> bool:
    """Python's unpacking of a damaged file raises almost anything."""
    known = OSError | ValueError | RuntimeError | struct.error | zlib.error | lzma.LZMAError | zipfile.BadZipFile
    return isinstance(error, known) or type(error).__module__.startswith("zstandard")
