"""Packed files: gzip, zip and zstd are told by their first bytes, whatever the file's name says."""

import gzip
import io
import zipfile
import zlib
from enum import StrEnum

_OF_SYSTEMS = ("__MACOSX/", ".DS_Store", "Thumbs.db")  # what is packed beside the file that somebody meant
_DOCUMENTS = {"xl/": "an Excel workbook", "word/": "a Word document", "mimetype": "an OpenDocument file"}


class Packing(StrEnum):
    """How a file is packed."""

    GZIP = "gzip"
    ZIP = "zip"
    ZSTD = "zstd"


_MAGIC = {b"\x1f\x8b": Packing.GZIP, b"PK\x03\x04": Packing.ZIP, b"PK\x05\x06": Packing.ZIP, b"\x28\xb5\x2f\xfd": Packing.ZSTD}


class NotUnpacked(ValueError):
    """What is wrong with a packed file, as the end of a sentence that begins with its name."""


def packing_of(data: bytes) -> Packing | None:
    """None: not packed."""
    return next((packing for magic, packing in _MAGIC.items() if data.startswith(magic)), None)


def unpack(data: bytes) -> bytes:
    """What is inside, or ``data`` itself where it isn't packed. Raises NotUnpacked."""
    packing = packing_of(data)
    if packing is None:
        return data
    try:
        if packing is Packing.GZIP:
            return gzip.decompress(data)
        return _only_member(data) if packing is Packing.ZIP else _frames(data)
    except EOFError:
        raise NotUnpacked(f"ends too early: it is packed with {packing} and was cut off; fetch it again") from None
    except (OSError, zlib.error, zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        raise NotUnpacked(f"is packed with {packing} and can't be unpacked ({error}); pack it again") from None


def _only_member(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [each for each in archive.infolist() if not each.is_dir() and not _is_of_system(each.filename)]
        for part, words in _DOCUMENTS.items():
            if any(each.filename.startswith(part) for each in members):
                raise NotUnpacked(f"is {words}; save the rows as CSV in UTF-8")
        if len(members) != 1:
            raise NotUnpacked(f"is a zip file of {len(members)} files; pack the one with the rows by itself")
        if members[0].flag_bits & 1:
            raise NotUnpacked("is a zip file with a password; pack it without one")
        return archive.read(members[0])


def _is_of_system(name: str) -> bool:
    return name.startswith(_OF_SYSTEMS) or name.endswith(_OF_SYSTEMS)


def _frames(data: bytes) -> bytes:
    """One by one: the library's stream reader takes a frame that was cut off for the end."""
    import zstandard  # noqa: PLC0415  # seldom needed, and not in every image

    found = []
    while data:
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            found.append(frame.decompress(data))
        except zstandard.ZstdError as error:
            raise NotUnpacked(f"is packed with zstd and can't be unpacked ({error}); pack it again") from None
        if not frame.eof:
            raise EOFError
        data = frame.unused_data
    return b"".join(found)
