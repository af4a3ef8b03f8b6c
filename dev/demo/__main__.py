"""``python -m dev.demo up|down``: the whole life of a model on the development cluster."""

import os
import subprocess
import sys

import httpx

from dev.cluster.commands import ClusterError
from dev.demo import environment
from dev.demo.narration import step, tell
from dev.demo.story import Story


def main() -> int:
    """Run the demo, or take it away."""
    if sys.argv[1:] == ["down"]:
        removed = environment.remove()
        tell(f"deleting {', '.join(removed)}" if removed else "no demo is running")
        return 0
    try:
        step("The cluster and the platform")
        if os.environ.get("CLUSTER") != "current":
            subprocess.run([sys.executable, "-m", "dev.cluster", "up"], check=True)
        tell("helm upgrade --install modelyard helm/modelyard   (1 to 2 minutes the first time)")
        where = environment.prepare()
        tell(f"namespace {where.namespace}; MLflow at {where.mlflow_url}")
        Story(where).tell_it()
    except (ClusterError, httpx.HTTPError, OSError, subprocess.CalledProcessError) as error:
        print(f"\nThe demo stopped: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
