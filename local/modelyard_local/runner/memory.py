"""How much memory processes use, group by group."""

import contextlib
import os
from collections.abc import Collection, Mapping

import psutil
from kubernetes.utils.quantity import parse_quantity
from modelyard_operator.kube.interface import Object


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
