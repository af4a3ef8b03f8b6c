"""Run other programs (a failure says which one, how it ended and its last words), and say how far things are."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_started = time.monotonic()


class ClusterError(Exception):
    """Something the reader can act on; printed without a traceback."""


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    input_text: str | None = None,
    log: Path | None = None,
    timeout: float | None = None,
) -> str:
    """Standard output of `command`; `env` is added to the environment.

    With `log`, both streams go to that file instead, and the answer is empty.
    """
    result = _completed(command, {**os.environ, **(env or {})}, cwd, input_text, log, timeout)
    if result.returncode != 0:
        said = _tail(log.read_text(errors="replace")) if log else _tail(result.stderr or result.stdout)
        raise ClusterError(f"`{_shown(command)}` ended with {result.returncode}:\n{said}")
    return result.stdout or ""


def succeeds(command: Sequence[str | Path], timeout: float = 60) -> bool:
    """Whether `command` ends with 0; for questions, its output is dropped."""
    try:
        return subprocess.run(command, check=False, capture_output=True, timeout=timeout).returncode == 0
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False


def _completed(
    command: Sequence[str | Path],
    env: Mapping[str, str],
    cwd: Path | None,
    input_text: str | None,
    log: Path | None,
    timeout: float | None,
) -> "subprocess.CompletedProcess[str]":
    try:
        if log is None:
            return subprocess.run(command, check=False, env=env, cwd=cwd, input=input_text, capture_output=True, text=True, timeout=timeout)
        with log.open("a") as sink:
            return subprocess.run(
                command, check=False, env=env, cwd=cwd, input=input_text, stdout=sink, stderr=sink, text=True, timeout=timeout
            )
    except FileNotFoundError as error:
        raise ClusterError(f"program not found: {error.filename or command[0]}") from error
    except subprocess.TimeoutExpired as error:
        raise ClusterError(f"`{_shown(command)}` did not end within {error.timeout:.0f} s") from error


def _shown(command: Sequence[str | Path]) -> str:
    text = " ".join(str(word) for word in command)
    return text if len(text) <= 200 else text[:197] + "..."


def _tail(text: str, lines: int = 15) -> str:
    return "\n".join("  " + line for line in text.strip().splitlines()[-lines:])


def say(text: str) -> None:
    """Print one line with the seconds since the command began."""
    print(f"[{time.monotonic() - _started:6.1f} s] {text}", file=sys.stderr, flush=True)


@contextmanager
def step(what: str, usually: str = "") -> Iterator[None]:
    """Announce `what` and how long it usually takes, then say how long it took."""
    say(f"{what} ..." + (f" (usually {usually})" if usually else ""))
    began = time.monotonic()
    yield
    say(f"{what}: done in {time.monotonic() - began:.1f} s")
