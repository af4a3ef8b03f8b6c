"""A body that is a packed file, as training takes it: gzip, zip with one file, zstd. Recognised by its first bytes, unpacked up to a limit."""

import io
import zipfile
from collections.abc import Callable
from typing import BinaryIO

import pyarrow as pa
from modelyard_model.packing import Packing, members_of, packing_in

from modelyard_serving.errors import InvalidRequest

LARGEST = 64 * 2**20  # bytes unpacked: a small body must not fill the memory
_DAMAGED = (OSError, EOFError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError)


def unpacked(body: bytes) -> bytes:
    """The file in the body, or the body itself where it isn't packed. Raises InvalidRequest."""
    packing = packing_in(body)
    if packing is None:
        return body
    try:
        with _OPENERS[packing](body) as file:
            content = bytes(file.read(LARGEST + 1))
    except _DAMAGED:
        raise InvalidRequest("malformed_csv", "the body is a packed file and can't be unpacked; send it unpacked") from None
    if len(content) > LARGEST:
        raise InvalidRequest("too_large", f"the body has more than {LARGEST} bytes when it is unpacked; send several requests", 413)
    return content


def _stream(codec: str) -> Callable[[bytes], BinaryIO]:
    return lambda body: pa.CompressedInputStream(pa.BufferReader(body), codec)


def _only_file(body: bytes) -> BinaryIO:
    archive = zipfile.ZipFile(io.BytesIO(body))
    names = [each.filename for each in members_of(archive)]
    if len(names) != 1:
        raise InvalidRequest("malformed_csv", f"the body is a zip file of {len(names)} files; send one with one file")
    return archive.open(names[0])  # type: ignore[return-value]  # reads bytes, as a binary file does


_OPENERS: dict[Packing, Callable[[bytes], BinaryIO]] = {
    Packing.GZIP: _stream("gzip"),
    Packing.ZIP: _only_file,
    Packing.ZSTD: _stream("zstd"),
}
