"""``python -m dev.demo machine|cluster up|down``: the whole life of a model, here or on the development cluster."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
from modelyard import ModelyardError

from dev.cluster.commands import ClusterError
from dev.demo import flights, on_cluster, on_this_machine
from dev.demo.place import DemoStopped, Place, elapsed, step, tell
from dev.demo.scenario import Scenario
from dev.platform.kubectl import NotInTime

USAGE = "usage: python -m dev.demo machine|cluster up|down"
_PLACES: dict[str, tuple[str, Callable[[], Place], Callable[[], None]]] = {
    "machine": ("The platform on this machine", on_this_machine.prepare, on_this_machine.remove),
    "cluster": ("The cluster and the platform", on_cluster.prepare, on_cluster.remove),
}


def main() -> int:
    """Run the demo, or take it away."""
    match sys.argv[1:]:
        case [("machine" | "cluster") as where, ("up" | "down") as what]:
            return _run(where, what)
        case _:
            print(USAGE, file=sys.stderr)
            return 2


def _run(where: str, what: str) -> int:
    title, place, remove = _PLACES[where]
    try:
        if what == "down":
            remove()
            return 0
        step(title)
        with ThreadPoolExecutor(1) as beside:  # the platform starts meanwhile
            rows = beside.submit(flights.load)
            Scenario(place(), rows.result).run()
        tell(f"Took:      {elapsed()}")
    except (DemoStopped, NotInTime, ClusterError, ModelyardError, httpx.HTTPError, OSError, subprocess.SubprocessError) as error:
        print(f"\nThe demo stopped: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
