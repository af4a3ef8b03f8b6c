"""The receiver of alerts as a process of this machine. It outlives the demo, until ``make demo-down`` or the next demo."""

import subprocess
import sys
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict

_GRACE_SECONDS = 5
_SCRIPT = Path(__file__).with_name("receiver.py")


class RunningReceiver(BaseModel):
    """Which process it is: a process id alone may belong to another one tomorrow."""

    model_config = ConfigDict(frozen=True)

    pid: int
    started: float  # seconds since the epoch, as the operating system says
    url: str


def start(log: Path) -> RunningReceiver:
    """On a free port of the loopback address; listens when this returns."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, _SCRIPT, "127.0.0.1", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    assert process.stdout
    with process.stdout as output:
        url = output.readline().decode().strip()
    if not url:
        raise OSError(f"the receiver of alerts did not start: {log}")
    return RunningReceiver(pid=process.pid, started=psutil.Process(process.pid).create_time(), url=url)


def stop(receiver: RunningReceiver) -> None:
    """Ends it if it still runs."""
    try:
        process = psutil.Process(receiver.pid)
        if process.create_time() != receiver.started:
            return
        process.terminate()
        process.wait(_GRACE_SECONDS)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired:
        process.kill()
