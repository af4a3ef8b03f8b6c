"""Looks at the platform of this home, its ports, and the cluster of the kubeconfig."""

import os
from pathlib import Path
from typing import Any

from modelyard_local import lock, ports, preparation, state
from modelyard_local.diagnosis.facts import Cluster, Platform, Port
from modelyard_local.home import Home
from modelyard_local.servers.definition import answers

_S3_STATUS = "/status"  # SeaweedFS answers it without a signature
_CLUSTER_SECONDS = 3
_OPERATOR = "app.kubernetes.io/name=modelyard,app.kubernetes.io/component=operator"
_VERSION = "app.kubernetes.io/version"


def platform(home: Home) -> Platform:
    """Asks each part that has an address."""
    pid, said = lock.holder(home.lock), state.read(home)
    silent = []
    if pid is not None and said is not None and said.pid == pid and said.addresses is not None:
        asked = {
            "mlflow": f"{said.addresses.mlflow_url}/health",
            "s3": f"{said.addresses.s3_url}{_S3_STATUS}",
            "gateway": f"{said.addresses.gateway_url}/ping",
            "operator": f"{said.operator_url}/healthz" if said.operator_url else "",
        }
        silent = [part.title for part in said.parts if (url := asked.get(part.name)) and not answers(url)]
    return Platform(pid, said, state.own_version(), silent)


def ports_of_next_start(home: Home) -> list[Port]:
    """None while the platform runs: they are its own."""
    if lock.holder(home.lock) is not None:
        return []
    before = home.read_addresses()
    found = []
    for name, request in (("mlflow", preparation.MLFLOW), ("s3", preparation.S3), ("gateway", preparation.GATEWAY)):
        remembered = preparation.port_of(str(getattr(before, f"{name}_url"))) if before else 0
        number = remembered or request.usual
        holder = "" if ports.is_free_port(number) else ports.holder(number)
        found.append(Port(request.title, request.option, number, holder, was_used=bool(remembered)))
    return found


def cluster() -> Cluster | None:
    """None without a kubeconfig. Asks the API server twice, for seconds at most."""
    named = os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())
    if not any(Path(each).is_file() for each in named.split(os.pathsep) if each):
        return None
    from kubernetes import config  # noqa: PLC0415  half a second
    from modelyard_operator.kube.client import Timeouts, connect  # noqa: PLC0415
    from modelyard_operator.kube.interface import DEPLOYMENT, TRAINING_JOB, KubeError, NotFound  # noqa: PLC0415

    try:
        _, current = config.list_kube_config_contexts(named)  # type: ignore[no-untyped-call]
        server = connect(Path(named), timeouts=Timeouts(connect=_CLUSTER_SECONDS, read=_CLUSTER_SECONDS, attempts=1))
    except Exception as error:  # whatever is in that file, the other checks go on
        return Cluster("(none)", f"the kubeconfig can't be used: {error}")
    name = str(current["name"])
    try:
        server.list_page(TRAINING_JOB, limit=1)
    except NotFound:
        return Cluster(name)
    except KubeError as error:
        return Cluster(name, str(error))
    try:
        operators = server.list_page(DEPLOYMENT, selector=_OPERATOR).items
    except KubeError:
        operators = []
    return Cluster(name, has_resources=True, operator_version=_version(operators))


def _version(operators: list[dict[str, Any]]) -> str:
    """Of the first operator; a word if it doesn't say."""
    return next((str(each["metadata"].get("labels", {}).get(_VERSION) or "of an unknown version") for each in operators), "")
