"""Disk, memory, clock, accelerator."""

from modelyard_local import disk_space
from modelyard_local.diagnosis.facts import Folder, Machine
from modelyard_local.diagnosis.finding import Finding, hint, ok, problem
from modelyard_local.disk_space import readable

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


def disk(facts: Machine, folder: Folder) -> Finding:
    """Free space where the home is."""
    what = f"{readable(facts.free_disk)} free for {folder.path}"
    if facts.free_disk < disk_space.NEEDED_TO_START:
        fix = f"free some space, or {_MOVE.format('on another disk')}"
        return problem("Disk", f"{what}; the platform needs {readable(disk_space.NEEDED_TO_START)} to start", fix)
    if facts.free_disk < _COMFORTABLE_DISK:
        return hint("Disk", f"{what}; data sets, models and request logs go there", "free some space before large data sets")
    return ok("Disk", what)


def memory(facts: Machine, *, platform_runs: bool) -> Finding:
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


def home(facts: Folder) -> Finding:
    """Can be written, on a local file system."""
    if facts.write_error:
        return problem("Home folder", f"{facts.path} can't be written: {facts.write_error}", _MOVE.format("of yours"))
    if facts.file_system.lower().startswith(_NETWORK_FILE_SYSTEMS):
        what = f"{facts.path} is on a network file system ({facts.file_system}), where databases get damaged"
        return problem("Home folder", what, _MOVE.format("on a local disk"))
    return ok("Home folder", f"{facts.path}{f' ({facts.file_system})' if facts.file_system else ''}")


def clock(facts: Folder) -> Finding:
    """Whether it was set back: schedules, timeouts and signatures of S3 depend on it."""
    ahead = facts.newest_change_seconds_ahead
    if ahead > _CLOCK_TOLERANCE_SECONDS:
        what = f"files of the platform are {_spoken(ahead)} newer than now: the clock was set back"
        return problem("Clock", what, "set the clock right (and let the system do it: NTP), then modelyard down and modelyard up")
    return ok("Clock", "not behind the platform's files")


def accelerator(facts: Machine) -> Finding:
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
