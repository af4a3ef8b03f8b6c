"""How a file or the body of a request is packed, told by its first bytes."""

from enum import StrEnum


class Packing(StrEnum):
    """What can be unpacked."""

    GZIP = "gzip"
    ZIP = "zip"
    ZSTD = "zstd"


_MAGIC = {b"\x1f\x8b": Packing.GZIP, b"PK\x03\x04": Packing.ZIP, b"PK\x05\x06": Packing.ZIP, b"\x28\xb5\x2f\xfd": Packing.ZSTD}


def packing_in(head: bytes) -> Packing | None:
    """``head``: the first four bytes or more. None: it isn't packed, or in a way that nothing here unpacks."""
    return next((packing for magic, packing in _MAGIC.items() if head.startswith(magic)), None)
