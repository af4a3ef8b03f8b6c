"""Bodies of requests: unpacked within a limit, and JSON with a message that names the place."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any, BinaryIO

import pyarrow as pa
from modelyard_model.packing import Packing, members_of, packing_in

from modelyard_serving.failures import InvalidRequest

LARGEST = 64 * 2**20  # bytes unpacked: a small body must not fill the memory
_DAMAGED = (OSError, EOFError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError)


def read_object(body: bytes) -> dict[str, Any]:
    """Raises InvalidRequest, never with a part of the body."""
    parsed = read_value(body)
    if not isinstance(parsed, dict):
        raise InvalidRequest("malformed_json", "the body has to be a JSON object")
    return parsed


def read_value(body: bytes) -> Any:
    """Any JSON value; raises InvalidRequest with the place of the mistake."""
    try:
        return json.loads(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidRequest("malformed_json", "the body is not UTF-8") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidRequest("malformed_json", f"the body is not valid JSON: {error.msg} ({where})") from None
    except (ValueError, RecursionError):  # a number with thousands of digits; brackets nested thousands deep
        raise InvalidRequest("malformed_json", "the body is not valid JSON: too long a number or too deeply nested") from None


def write(value: object) -> bytes:
    """Compact UTF-8; raises ValueError for NaN and infinite numbers, which JSON doesn't have."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")


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
