"""What is inside a file: gzip, zip and zstd are told by their first bytes, whatever the file's name says."""

import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

from modelyard_api.conditions import Reason
from modelyard_model.packing import Packing, members_of, packing_in

from modelyard_jobs.data.source import SourceFile
from modelyard_jobs.termination import InvalidRequest

_INSIDE_OF = {"xl/": "an Excel workbook", "word/": "a Word document", "mimetype": "an OpenDocument file", "META-INF/": "a program"}


_ENDINGS = {Packing.GZIP: (".gz", ".gzip"), Packing.ZIP: (".zip",), Packing.ZSTD: (".zst", ".zstd")}


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
            import zstandard  # noqa: PLC0415

            yield zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
        else:
            yield packed


def _of_zstd(packed: bytes) -> bytes:
    """Frame by frame: the library's stream reader takes a frame that was cut off for the end."""
    import zstandard  # noqa: PLC0415

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
