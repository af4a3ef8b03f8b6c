"""Where the binaries, the cluster's state and this clone's own files are kept, and the cluster's addresses and names: the same on every machine.

The node's address is put on the loopback interface: it stays when the machine changes its network, and nothing is offered to the
network outside.
"""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
GO_MODULES = Path(__file__).resolve().parent / "go"
CLONE_STATE = REPOSITORY / "build" / "cluster"
NODE_NAME = "modelyard"
NODE_ADDRESS = "10.245.0.1"
API_PORT = 6443
API_URL = f"https://{NODE_ADDRESS}:{API_PORT}"
POD_RANGE = "10.244.0.0/24"
SERVICE_RANGE = "10.96.0.0/16"
API_SERVICE_ADDRESS = "10.96.0.1"
DNS_ADDRESS = "10.96.0.10"
CNI_NETWORK = "modelyard"
BRIDGE = "modelyard0"
GPUS = 4


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


"""Pretended GPUs: the scheduler counts them, the pods that get one run on the CPU."""
