"""Brings a built image into the node, sending only the layers the node lacks.

skopeo writes the image as an OCI layout with uncompressed layers. The layers the node's content store holds are put
there first as hard links, so skopeo finds and skips them, and only the new files go through `ctr images import`: a
changed line of code moves kilobytes although PyTorch's layer below has 5 GB.
"""

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from dev.cluster import containerd, image_builder, kubectl, locations
from dev.cluster.commands import ClusterError, run, succeeds

_SMALLEST_LAYER_LINKED = 65536


def present() -> set[str]:
    """Full references of all images the node has."""
    return set(containerd.ctr("images", "list", "--quiet").split())


def transfer(full: str) -> None:
    """Bring the image `full` from the build store into the node."""
    folder = locations.image_builds() / "transfer"
    shutil.rmtree(folder, ignore_errors=True)
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    try:
        held = _link_held_layers(blobs)
        _write_layout(full, folder)
        _import(full, folder, [file for file in sorted(blobs.iterdir()) if file.name not in held])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remember_use(references: Iterable[str]) -> None:
    """Note that these images were used just now."""
    for full in references:
        note = _use_note(full)
        note.parent.mkdir(parents=True, exist_ok=True)
        note.touch()


def remove_old(kept: int) -> None:
    """Remove images of ours but the `kept` last used of each name, and those that workloads name."""
    used = set(kubectl.kubectl("get", "pods,deployments,statefulsets,jobs,cronjobs", "-A", "-o", "jsonpath={..image}").split())
    for folder in (locations.image_builds() / "used").iterdir():
        notes = sorted(folder.iterdir(), key=lambda note: note.stat().st_mtime, reverse=True)
        for note in notes[kept:]:
            full = f"localhost/modelyard/{folder.name}:{note.name}"
            if full not in used:
                image_builder.remove(full)
                succeeds(["ctr", "--address", containerd.socket_file(), "-n", containerd.NAMESPACE, "images", "remove", full])
                note.unlink()


def _use_note(full: str) -> Path:
    name, tag = full.rsplit("/", 1)[1].split(":")
    return locations.image_builds() / "used" / name / tag


def _link_held_layers(blobs: Path) -> set[str]:
    held = set()
    for digest in containerd.ctr("content", "list", "--quiet").split():
        file = containerd.content_blob(digest)
        if file.exists() and file.stat().st_size >= _SMALLEST_LAYER_LINKED:
            os.link(file, blobs / file.name)
            held.add(file.name)
    return held


def _write_layout(full: str, folder: Path) -> None:
    options: list[str | Path] = [
        "--quiet",
        "--insecure-policy",
        "--dest-oci-accept-uncompressed-layers",
        "--dest-shared-blob-dir",
        folder / "blobs",
    ]
    run(["skopeo", "copy", *options, image_builder.storage_name(full), f"oci:{folder / 'layout'}"])


def _import(full: str, folder: Path, new_blobs: Iterable[Path]) -> None:
    index = json.loads((folder / "layout" / "index.json").read_text())
    index["manifests"][0]["annotations"] = {"io.containerd.image.name": full}
    (folder / "index.json").write_text(json.dumps(index))
    command = ["ctr", "--address", str(containerd.socket_file()), "--namespace", containerd.NAMESPACE, "images", "import", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both are pipes")
        broken = _stream(process.stdin, folder, new_blobs)
        said = process.stdout.read().decode(errors="replace")
    if process.returncode != 0 or broken:
        raise ClusterError(f"importing {full} into the node failed:\n{said}")


def _stream(pipe: IO[bytes], folder: Path, new_blobs: Iterable[Path]) -> bool:
    """Send an OCI archive; true if the reader went away before its end."""
    try:
        with tarfile.open(fileobj=pipe, mode="w|") as archive:
            for file in new_blobs:
                archive.add(file, f"blobs/sha256/{file.name}")
            archive.add(folder / "layout" / "oci-layout", "oci-layout")
            archive.add(folder / "index.json", "index.json")
        pipe.close()
    except BrokenPipeError:
        return True
    return False
