"""What can be set on the server from its environment, and how many cores it may use; the request (what is served) comes apart from it."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from modelyard_api.labels import SCRATCH_DIRECTORY

_PREFIX = "MODELYARD_"
_WORDS = {str: "text", int: "a whole number", float: "a number", Path: "a path"}
_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")  # cgroup v2: "<quota> <period>" in microseconds, or "max <period>"


class InvalidSetting(ValueError):
    """An environment variable that can't be read; the message names it."""


@dataclass(frozen=True)
class Settings:
    """Each field is read from the variable ``MODELYARD_<FIELD>``, for example ``MODELYARD_DRAIN_SECONDS``.

    Draining, finishing and flushing together stay below the pod's grace period of 45 s.
    """

    host: str = "0.0.0.0"  # noqa: S104  a pod is reached at its own address
    port: int = 8080
    drain_seconds: float = 10.0  # unready, but still answering: until the last endpoint list has forgotten this pod
    finish_seconds: float = 10.0  # for requests that are in flight after that
    flush_seconds: float = 5.0  # for what the request log still holds
    max_rows: int = 10_000  # rows of one request
    max_body_bytes: int = 16 * 1024 * 1024
    threads: int = 0  # inference threads; 0: as many as this container may use cores
    log_interval_seconds: float = 5.0  # a file of the request log is written at least this often …
    log_rows_per_file: int = 10_000  # … or when this many rows wait
    log_buffer_rows: int = 100_000  # rows that may wait in memory for S3; more are dropped and counted
    log_buffer_bytes: int = 64 * 1024 * 1024
    scratch: Path = Path(SCRATCH_DIRECTORY)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Reads the variables that are set; raises InvalidSetting naming the one that can't be read."""
        given = {field.name: environment.get(_PREFIX + field.name.upper()) for field in fields(cls)}
        return cls(**{name: _read(name, text, type(getattr(cls, name))) for name, text in given.items() if text})


def _read(name: str, text: str, kind: type[Any]) -> Any:
    try:
        value = kind(text)
    except ValueError:
        raise InvalidSetting(f"{_PREFIX}{name.upper()} has to be {_WORDS[kind]}") from None
    if isinstance(value, int | float) and not 0 <= value < 2**40:
        raise InvalidSetting(f"{_PREFIX}{name.upper()} can't be negative, infinite or that large")
    return value


def usable_cores(cpu_max: Path = _CPU_MAX) -> int:
    """At least 1. Libraries see all cores of the node and would start a thread for each."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = cpu_max.read_text(encoding="ascii").split()
        return allowed if quota == "max" else max(1, min(allowed, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):
        return allowed
