"""How a file or the body of a request is packed, by its first bytes."""

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import zipfile


class Packing(StrEnum):
    """What can be unpacked."""

    GZIP = "gzip"
    ZIP = "zip"
    ZSTD = "zstd"


_OF_SYSTEMS = ("__MACOSX/", ".DS_Store", "Thumbs.db")  # what is packed beside the file that somebody meant
_MAGIC = {b"\x1f\x8b": Packing.GZIP, b"PK\x03\x04": Packing.ZIP, b"PK\x05\x06": Packing.ZIP, b"\x28\xb5\x2f\xfd": Packing.ZSTD}


def packing_in(head: bytes) -> Packing | None:
    """``head``: the first four bytes or more. None: it isn't packed, or in a way that nothing here unpacks."""
    return next((packing for magic, packing in _MAGIC.items() if head.startswith(magic)), None)


def members_of(archive: "zipfile.ZipFile") -> "list[zipfile.ZipInfo]":
    """The files that somebody packed, without folders and what an operating system put beside them."""
    return [each for each in archive.infolist() if not each.is_dir() and not _is_of_system(each.filename)]


def _is_of_system(name: str) -> bool:
    return name.startswith(_OF_SYSTEMS) or name.endswith(_OF_SYSTEMS)
