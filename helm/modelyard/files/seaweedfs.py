"""Runs SeaweedFS and makes it read access keys that are new, without a restart. It forgets none that way: where keys went, it starts anew."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

KEYS = Path("/etc/seaweedfs/s3.json")
LOOK_EVERY_SECONDS = 2.0
ENDS_WITHIN_SECONDS = 5.0


def identities() -> list[Any]:
    """Who may do what, with which keys."""
    return list(json.loads(KEYS.read_text())["identities"])


def ended(server: "subprocess.Popen[bytes]") -> int:
    """It is asked first, and often stays half alive."""
    server.terminate()
    try:
        return server.wait(ENDS_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        return server.wait()


def main() -> int:
    """Until SeaweedFS ends."""
    known = identities()
    server = subprocess.Popen(sys.argv[1:])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.terminate())
    while True:
        try:
            return server.wait(LOOK_EVERY_SECONDS)
        except subprocess.TimeoutExpired:
            found = identities()
        if found == known:
            continue
        if any(one not in found for one in known):
            return ended(server)
        server.send_signal(signal.SIGHUP)
        known = found


if __name__ == "__main__":
    sys.exit(main())
