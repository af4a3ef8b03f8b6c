"""Command line of the development cluster: `python -m dev.cluster --help`."""

import argparse
import os
import sys

from dev.cluster import binaries, current_cluster, kubectl, lifecycle, locations
from dev.cluster.commands import ClusterError, say


def main() -> int:
    """Run one command; 0 if it worked."""
    arguments = _parser().parse_args()
    try:
        return _run(arguments)
    except ClusterError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; run the same command again to go on.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev.cluster", description="A real one-node Kubernetes on this Linux machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start the cluster, or make sure that it runs, and load the project's images")
    up.add_argument("--no-images", action="store_true", help="leave the project's images out")
    down = commands.add_parser("down", help="stop the cluster and forget its state; images and binaries stay")
    down.add_argument("--purge", action="store_true", help="forget images and binaries as well")
    commands.add_parser("status", help="how each part is; fails unless all is well")
    commands.add_parser("kubeconfig", help="print the path of the kubeconfig")
    commands.add_parser("images", help="build and load the project's images")
    tool = commands.add_parser("tool", help="print the path of a program, building it where needed")
    tool.add_argument("name", choices=["kubectl", *sorted(binaries.BINARIES)])
    return parser


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "tool":
        print(kubectl.program() if arguments.name == "kubectl" else binaries.ensure([arguments.name])[arguments.name])
        return 0
    if os.environ.get("CLUSTER", "") == "current":
        return current_cluster.run_command(arguments.command)
    return _run_own(arguments)


def _run_own(arguments: argparse.Namespace) -> int:
    kubeconfig = locations.CLONE_STATE / "kubeconfig"
    match arguments.command:
        case "up":
            lifecycle.up(with_images=not arguments.no_images)
            if not arguments.no_images:
                lifecycle.load_images()
            say(f"The cluster is ready. Use it with:  export KUBECONFIG={kubeconfig}")
        case "images":
            lifecycle.load_images()
        case "down":
            lifecycle.down(purge=arguments.purge)
        case "status":
            return 0 if lifecycle.status() else 1
        case "kubeconfig":
            if not kubeconfig.exists():
                raise ClusterError(f"{kubeconfig} does not exist: start the cluster first (python -m dev.cluster up)")
            print(kubeconfig)
    return 0


if __name__ == "__main__":
    sys.exit(main())
