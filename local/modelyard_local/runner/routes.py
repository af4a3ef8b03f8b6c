"""Services as the dynamic configuration of a Traefik: each is reached by a path, ``/<namespace>/<name>/``, and by a host name.

https://doc.traefik.io/traefik/reference/routing-configuration/other-providers/file/
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from modelyard_operator.kube.interface import Object

from modelyard_local.runner import pods

_FILE = "services.yaml"  # JSON is YAML; Traefik looks at no other endings


def routing(services: Iterable[Object], all_pods: Sequence[Object], ports: Mapping[str, int]) -> Object:
    """``ports`` says by a pod's UID where its process listens. A Service without ready pods gives 503."""
    http: dict[str, Object] = {"routers": {}, "middlewares": {}, "services": {}}
    for service in services:
        if pods.is_deleting(service):
            continue
        namespace, name = service["metadata"]["namespace"], service["metadata"]["name"]
        key, prefix = f"{namespace}.{name}", f"/{namespace}/{name}"  # a dot is in neither name
        servers = [{"url": f"http://127.0.0.1:{port}"} for port in _ports(service, all_pods, ports)]
        http["services"][key] = {"loadBalancer": {"servers": servers}}
        http["middlewares"][key] = {"stripPrefix": {"prefixes": [prefix]}}
        by_path = {"rule": f"Path(`{prefix}`) || PathPrefix(`{prefix}/`)", "middlewares": [key], "service": key}
        http["routers"][f"{key}-path"] = by_path
        http["routers"][f"{key}-host"] = {"rule": f"Host(`{name}.{namespace}.localhost`)", "service": key}
    return {"http": http} if http["services"] else {}


class RouteFile:
    """Written only when something changed, as a whole."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / _FILE
        self._written: Object | None = None

    def write(self, wanted: Object) -> None:
        """Readers see the old configuration or the new one."""
        if wanted == self._written:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_name(f".{self._file.name}.new")
        new.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
        new.replace(self._file)
        self._written = wanted


def _ports(service: Object, all_pods: Sequence[Object], ports: Mapping[str, int]) -> list[int]:
    wanted, namespace = service["spec"].get("selector") or {}, service["metadata"]["namespace"]
    chosen = [
        pod
        for pod in all_pods
        if wanted
        and pod["metadata"]["namespace"] == namespace
        and wanted.items() <= (pod["metadata"].get("labels") or {}).items()
        and pods.is_ready(pod)
    ]
    return sorted(ports[pods.uid(pod)] for pod in chosen if pods.uid(pod) in ports)
