"""Which platform a command talks to: the cluster that was named, this machine, or the cluster of the user's kubeconfig."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard_cli.connection import UP, Connection
from modelyard_cli.errors import NotReachable
from modelyard_cli.target import Target

if TYPE_CHECKING:
    from modelyard_cli.cluster_connection import ClusterConnection


def connect(target: Target) -> Connection:
    """The cluster that was named, else this machine, else the cluster of the user's kubeconfig if this machine has no platform."""
    if target.is_cluster:
        return _cluster(target)
    from modelyard_local.home import home  # noqa: PLC0415  # not needed for a cluster

    place = home()
    if place.store.exists():
        from modelyard_cli.local_connection import LocalConnection  # noqa: PLC0415  a quarter of a second

        return LocalConnection(place, target.namespace)
    if _has_kubeconfig():
        connection = _cluster(target)
        print(f"no platform on this machine: using {connection.name}", file=sys.stderr)  # noqa: T201
        return connection
    raise NotReachable(f"there is no platform on this machine yet; {UP} (or name a cluster with --context)")


def connect_to_read(target: Target) -> Connection:
    """As ``connect``; says on stderr when what is read is what a stopped platform knew last."""
    connection = connect(target)
    try:
        connection.require_running()
    except NotReachable as stopped:
        print(f"note: {stopped}; this is what it knew last", file=sys.stderr)  # noqa: T201
    return connection


def _cluster(target: Target) -> "ClusterConnection":
    from modelyard_cli.cluster_connection import connect_to_cluster  # noqa: PLC0415  a quarter of a second

    return connect_to_cluster(target)


def _has_kubeconfig() -> bool:
    named = os.environ.get("KUBECONFIG") or "~/.kube/config"
    return any(Path(each).expanduser().is_file() for each in named.split(os.pathsep) if each)
