"""Where the binaries, the cluster's state and this clone's own files are kept."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
GO_MODULES = Path(__file__).resolve().parent / "go"
CLONE_STATE = REPOSITORY / "build" / "cluster"


def cache() -> Path:
    """The machine-wide cache, shared by all clones: `MODELYARD_CACHE` or `~/.cache/modelyard`."""
    chosen = os.environ.get("MODELYARD_CACHE")
    return Path(chosen).expanduser().resolve() if chosen else Path.home() / ".cache" / "modelyard"


def binaries() -> Path:
    """What was built from the Go modules, one folder per content hash."""
    return cache() / "bin"


def cluster() -> Path:
    """State of the one cluster of this machine; a second clone finds and uses the same."""
    return cache() / "cluster"


def image_builds() -> Path:
    """The base image's file system and the images on their way into the node."""
    return cache() / "images"
