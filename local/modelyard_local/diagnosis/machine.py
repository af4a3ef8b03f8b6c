"""Disk, memory, clock, accelerator and the home's file system: looked at, then judged."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from modelyard_local import disk
from modelyard_local.diagnosis.facts import Finding, Folder, Machine, hint, ok, problem
from modelyard_local.disk import readable
from modelyard_local.home import Home

_COMFORTABLE_DISK = 5_000_000_000
_IDLE_PLATFORM = 1_500_000_000
_COMFORTABLE_MEMORY = 3_000_000_000
_SMALLEST_MEMORY = 3_500_000_000
_CLOCK_TOLERANCE_SECONDS = 120
_NETWORK_FILE_SYSTEMS = (
    "nfs",
    "cifs",
    "smb",
    "afpfs",
    "9p",
    "ceph",
    "lustre",
    "glusterfs",
    "webdav",
    "davfs",
    "fuse.sshfs",
    "beegfs",
    "gpfs",
)
_MOVE = "set MODELYARD_HOME to a folder {}"
_ASK_SECONDS = 10
_CUDA_LINE = re.compile(r"^cuda\b[^=]*=\s*'([^']+)'", re.MULTILINE)


def check_disk(facts: Machine, folder: Folder) -> Finding:
    """Free space where the home is."""
    what = f"{readable(facts.free_disk)} free for {folder.path}"
    if facts.free_disk < disk.NEEDED_TO_START:
        fix = f"free some space, or {_MOVE.format('on another disk')}"
        return problem("Disk", f"{what}; the platform needs {readable(disk.NEEDED_TO_START)} to start", fix)
    if facts.free_disk < _COMFORTABLE_DISK:
        return hint("Disk", f"{what}; data sets, models and request logs go there", "free some space before large data sets")
    return ok("Disk", what)


def check_memory(facts: Machine, *, platform_runs: bool) -> Finding:
    """Of the machine, and what is left."""
    what = f"{readable(facts.free_memory)} of {readable(facts.memory)} free"
    if facts.memory < _SMALLEST_MEMORY:
        return problem(
            "Memory", f"{what}; the platform and one training need {readable(_SMALLEST_MEMORY)}", "use a machine with more memory"
        )
    needed = _COMFORTABLE_MEMORY if platform_runs else _COMFORTABLE_MEMORY + _IDLE_PLATFORM
    if facts.free_memory < needed:
        return hint(
            "Memory", f"{what}; training may be killed for lack of it", "close other programs, or lower the limits in your TrainingJob"
        )
    return ok("Memory", what)


def check_home(facts: Folder) -> Finding:
    """Can be written, on a local file system."""
    if facts.write_error:
        return problem("Home folder", f"{facts.path} can't be written: {facts.write_error}", _MOVE.format("of yours"))
    if facts.file_system.lower().startswith(_NETWORK_FILE_SYSTEMS):
        what = f"{facts.path} is on a network file system ({facts.file_system}), where databases get damaged"
        return problem("Home folder", what, _MOVE.format("on a local disk"))
    return ok("Home folder", f"{facts.path}{f' ({facts.file_system})' if facts.file_system else ''}")


def check_clock(facts: Folder) -> Finding:
    """Whether it was set back: schedules, timeouts and signatures of S3 depend on it."""
    ahead = facts.newest_change_seconds_ahead
    if ahead > _CLOCK_TOLERANCE_SECONDS:
        what = f"files of the platform are {_spoken(ahead)} newer than now: the clock was set back"
        return problem("Clock", what, "set the clock right (and let the system do it: NTP), then modelyard down and modelyard up")
    return ok("Clock", "not behind the platform's files")


def check_accelerator(facts: Machine) -> Finding:
    """What training will run on."""
    asks = "a TrainingJob that asks for nvidia.com/gpu"
    if facts.gpus and facts.torch_cuda:
        return ok("Accelerator", f"{', '.join(facts.gpus)}; PyTorch for CUDA {facts.torch_cuda}: {asks} gets one")
    if facts.gpus:
        fix = "install a PyTorch with CUDA (pytorch.org says how) in this environment"
        return hint("Accelerator", f"{', '.join(facts.gpus)}, but PyTorch is built without CUDA: {asks} runs on the CPU", fix)
    if facts.has_driver:
        what = f"NVIDIA's driver is there and shows no GPU ({facts.driver_error or 'none listed'}): {asks} runs on the CPU"
        return hint("Accelerator", what, "look at what nvidia-smi says")
    also = "; Apple's GPU is not used" if facts.is_apple_silicon else ""
    return hint("Accelerator", f"none: training runs on the CPU, also {asks} (an event says so){also}")


def _spoken(seconds: float) -> str:
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def machine(home: Home) -> Machine:
    """Of the machine as a whole."""
    total, free = _memory()
    gpus, has_driver, error = nvidia_gpus()
    return Machine(
        free_disk=disk.free_bytes(_nearest(home.folder)),
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
