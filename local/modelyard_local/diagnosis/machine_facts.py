"""Looks at disk, memory, clock, accelerator and the home's file system."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from modelyard_local import disk_space
from modelyard_local.diagnosis.facts import Folder, Machine
from modelyard_local.home import Home

_ASK_SECONDS = 10
_CUDA_LINE = re.compile(r"^cuda\b[^=]*=\s*'([^']+)'", re.MULTILINE)


def machine(home: Home) -> Machine:
    """Of the machine as a whole."""
    total, free = _memory()
    gpus, has_driver, error = nvidia_gpus()
    return Machine(
        free_disk=disk_space.free_bytes(_nearest(home.folder)),
        memory=total,
        free_memory=free,
        gpus=gpus,
        has_driver=has_driver,
        driver_error=error,
        torch_cuda=torch_cuda(),
        is_apple_silicon=platform.system() == "Darwin" and platform.machine() == "arm64",
    )


def folder(home: Home) -> Folder:
    """Of the home, which needn't exist yet."""
    there = _nearest(home.folder)
    files = [home.state, home.store, home.addresses, home.secrets]
    newest = max((file.stat().st_mtime for file in files if file.exists()), default=0.0)
    return Folder(home.folder, _write_error(there), file_system(there), max(0.0, newest - time.time()))


def nvidia_gpus() -> tuple[list[str], bool, str]:
    """Names, whether there is a driver, and its complaint."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return [], False, ""
    try:
        query = [command, "--query-gpu=name", "--format=csv,noheader"]
        done = subprocess.run(query, capture_output=True, text=True, timeout=_ASK_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [], True, str(error)
    if done.returncode:
        return [], True, (done.stdout or done.stderr).strip().splitlines()[0] if (done.stdout or done.stderr).strip() else ""
    return [line.strip() for line in done.stdout.splitlines() if line.strip()], True, ""


def torch_cuda() -> str:
    """What PyTorch was built for, read without importing it (that takes seconds)."""
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return ""
    try:
        match = _CUDA_LINE.search(Path(found.origin).with_name("version.py").read_text(encoding="utf-8"))
    except OSError:
        return ""
    return match.group(1) if match else ""


def file_system(path: Path) -> str:
    """Its type, such as ext4 or nfs4; empty if that can't be found out."""
    try:
        import psutil  # noqa: PLC0415  may be what is missing

        partitions = psutil.disk_partitions(all=True)
    except Exception:
        return ""
    resolved = path.resolve()
    mounts = [each for each in partitions if resolved.is_relative_to(each.mountpoint)]
    return max(mounts, key=lambda each: len(each.mountpoint)).fstype if mounts else ""


def _memory() -> tuple[int, int]:
    try:
        import psutil  # noqa: PLC0415  may be what is missing

        found = psutil.virtual_memory()
        return int(found.total), int(found.available)
    except ImportError:
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
        return pages * size, pages * size


def _write_error(path: Path) -> str:
    try:
        with tempfile.NamedTemporaryFile(dir=path, prefix=".doctor-") as file:
            file.write(b"?")
            file.flush()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _nearest(path: Path) -> Path:
    """The folder, or the one that it would be made in."""
    return next(each for each in (path, *path.parents) if each.exists())
