"""GPUs of this machine and who has them, and how much memory the processes of a pod use."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import psutil
from kubernetes.utils.quantity import parse_quantity
from modelyard_operator.kube.interface import Object

RESOURCE = "nvidia.com/gpu"
VISIBLE_VARIABLE = "CUDA_VISIBLE_DEVICES"
_ASK_SECONDS = 10


def requested_gpus(pod: Object) -> int:
    """``limits`` of its container."""
    limits = (pod["spec"]["containers"][0].get("resources") or {}).get("limits") or {}
    return int(parse_quantity(str(limits.get(RESOURCE, 0))))  # type: ignore[no-untyped-call]


def gpus_of_this_machine() -> tuple[str, ...]:
    """Indexes of NVIDIA's GPUs as its driver counts them; none without the driver."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return ()
    try:
        query = [command, "--query-gpu=index", "--format=csv,noheader"]
        found = subprocess.run(query, capture_output=True, text=True, timeout=_ASK_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(found.stdout.split())


@dataclass
class Accelerators:
    """Hands out GPUs, each to one pod at a time."""

    gpus: Sequence[str]
    _taken: dict[Hashable, tuple[str, ...]] = field(default_factory=dict)

    def take(self, holder: Hashable, count: int) -> tuple[str, ...] | None:
        """So many GPUs, or None while they aren't free. On a machine without any GPU: none of them, and the pod runs on the CPU."""
        if holder in self._taken or not self.gpus:
            return self._taken.get(holder, ())
        taken = {gpu for gpus in self._taken.values() for gpu in gpus}
        free = [gpu for gpu in self.gpus if gpu not in taken]
        if len(free) < count:
            return None
        self._taken[holder] = tuple(free[:count])
        return self._taken[holder]

    def give_back(self, holder: Hashable) -> None:
        """What it holds is free again."""
        self._taken.pop(holder, None)


def memory_limit(pod: Object) -> int | None:
    """``limits.memory`` of its container in bytes."""
    limits = (pod["spec"]["containers"][0].get("resources") or {}).get("limits") or {}
    return int(parse_quantity(str(limits["memory"]))) if "memory" in limits else None  # type: ignore[no-untyped-call]


def resident_bytes(groups: Collection[int]) -> Mapping[int, int]:
    """Resident memory of process groups. Pages that processes of a group share count for each of them."""
    used = dict.fromkeys(groups, 0)
    for pid in psutil.pids() if groups else ():
        with contextlib.suppress(OSError, psutil.Error):  # gone meanwhile, or none of ours
            group = os.getpgid(pid)
            if group in used:
                used[group] += psutil.Process(pid).memory_info().rss
    return used
