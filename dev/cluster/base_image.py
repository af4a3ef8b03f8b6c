"""The image all others stand on: Debian with Python, made with debootstrap since no registry is asked.

Elsewhere the Dockerfiles stand on `python:3.11-slim-bookworm` and `debian:bookworm-slim`.
"""

import hashlib
import shutil
from pathlib import Path

from dev.cluster import image_builder, locations
from dev.cluster.commands import run

USUALLY = "1 min"
_SUITE = "bookworm"
_MIRROR = "http://deb.debian.org/debian"
_PACKAGES = "python3,python3-venv,ca-certificates"
_LEFT_OUT = ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")
_RECIPE = f"{_SUITE} {_PACKAGES} without {' '.join(_LEFT_OUT)} 1"


def tag() -> str:
    """Changes with the recipe; the packages themselves are those of the day it is first made."""
    return hashlib.sha256(_RECIPE.encode()).hexdigest()[:16]


def build(full: str) -> None:
    """Make the image `full` in the build store."""
    folder = locations.image_builds() / "debootstrap"
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was interrupted
    folder.mkdir(parents=True)
    log = locations.image_builds() / "debootstrap.log"
    try:
        run(["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _SUITE, folder, _MIRROR], log=log)
        for path in _LEFT_OUT:
            _empty(folder / path)
        image_builder.commit_folder(folder, full, command="python3")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
