"""The platform of this home, its ports, and the cluster of the kubeconfig: looked at, then judged."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelyard_local import lifecycle, preparation, state
from modelyard_local.diagnosis.facts import Cluster, Finding, Platform, Port, hint, ok, problem
from modelyard_local.home import Home
from modelyard_local.servers.supervision import responds_at
from modelyard_local.state import PartPhase, PartState, PlatformPhase, PlatformState

_AGAIN = "modelyard down, then modelyard up"
_CHART = "helm install modelyard helm/modelyard (docs/operating.md)"
_S3_STATUS = "/status"  # SeaweedFS serves it without a signature
_CLUSTER_SECONDS = 3
_OPERATOR = "app.kubernetes.io/name=modelyard,app.kubernetes.io/component=operator"
_VERSION = "app.kubernetes.io/version"


def check_ports(found: Sequence[Port]) -> Finding:
    """Those that the next start would use; none of a platform that runs."""
    taken = [port for port in found if port.holder]
    if not found:
        return ok("Ports", "in use by the platform itself")
    if not taken:
        return ok("Ports", ", ".join(f"{port.title} {port.number}" for port in found))
    what = "; ".join(f"{port.title} {port.number}: {port.holder}" for port in taken)
    moved = " (links to it will not work)" if any(port.was_used for port in taken) else ""
    options = " ".join(f"{port.option} PORT" for port in taken)
    return hint("Ports", f"{what}. `modelyard up` will take another one{moved}", f"end that program, or: modelyard up {options}")


def check_platform(facts: Platform) -> Finding:
    """Whether it runs, in which version, and how its parts are."""
    said = facts.said
    if facts.pid is None:
        return _not_running(facts)
    if said is None or said.pid != facts.pid:
        return hint("Platform", f"process {facts.pid} is just starting")
    passing = {PlatformPhase.STARTING: "is starting", PlatformPhase.STOPPING: "is being stopped"}.get(said.phase)
    if passing:
        return hint("Platform", f"{passing} (process {said.pid})")
    return _running(said, facts)


def check_restarts(facts: Platform) -> Finding | None:
    """Parts that ended and came back; None if there is nothing to say."""
    if facts.pid is None or facts.said is None:
        return None
    came_back = [part for part in facts.said.parts if part.restarts]
    what = [f"{part.title} was started again {part.restarts} times (log: {part.log})" for part in came_back]
    what += facts.said.notes
    return hint("Notes", "; ".join(what)) if what else None


def check_cluster(found: Cluster | None) -> Finding:
    """Only ever a hint: nobody needs a cluster here."""
    if found is None:
        return ok("Cluster", "no kubeconfig; nothing here needs one")
    if found.error:
        return hint("Cluster", f"context {found.context}: {found.error}", "needed only for commands with --context")
    if not found.has_resources:
        return hint("Cluster", f"context {found.context} responds and doesn't know TrainingJob", f"to use Modelyard there: {_CHART}")
    if not found.operator_version:
        return hint(
            "Cluster", f"context {found.context} knows TrainingJob; no operator was found there", f"see its Deployment, or: {_CHART}"
        )
    return ok("Cluster", f"context {found.context}: operator {found.operator_version}")


def _running(said: PlatformState, facts: Platform) -> Finding:
    troubled = [part for part in said.parts if part.phase is not PartPhase.READY]
    if troubled or facts.silent:
        return problem("Platform", _trouble(troubled, facts.silent), f"it tries again by itself; if that doesn't help: {_AGAIN}")
    if said.version != facts.version:
        return hint("Platform", f"runs as Modelyard {said.version}, this command is {facts.version}", _AGAIN)
    return ok("Platform", f"Modelyard {said.version} runs (process {said.pid}): {', '.join(part.title for part in said.parts)}")


def _not_running(facts: Platform) -> Finding:
    said = facts.said
    if said is not None and said.phase is PlatformPhase.FAILED:
        return problem("Platform", f"not running; the last start failed: {said.message}", "mend that, then: modelyard up")
    if said is not None and said.phase is not PlatformPhase.STOPPED:
        return hint(
            "Platform", "not running; it ended without being stopped (killed, or the power went)", "modelyard up goes on from there"
        )
    return hint("Platform", "not running", "modelyard up")


def _trouble(parts: Sequence[PartState], silent: Sequence[str]) -> str:
    words = [
        f"{part.title} is {part.phase}{f': {part.message}' if part.message else ''}{f' (log: {part.log})' if part.log else ''}"
        for part in parts
    ]
    known = {part.title for part in parts}
    return "; ".join([*words, *(f"{title} doesn't answer" for title in silent if title not in known)])


def platform(home: Home) -> Platform:
    """Asks each part that has an address."""
    pid, said = lifecycle.holder(home.lock), state.read(home)
    silent = []
    if pid is not None and said is not None and said.pid == pid and said.addresses is not None:
        urls = {
            "mlflow": f"{said.addresses.mlflow_url}/health",
            "s3": f"{said.addresses.s3_url}{_S3_STATUS}",
            "gateway": f"{said.addresses.gateway_url}/ping",
            "operator": f"{said.operator_url}/healthz" if said.operator_url else "",
        }
        silent = [part.title for part in said.parts if (url := urls.get(part.name)) and not responds_at(url)]
    return Platform(pid, said, state.own_version(), silent)


def ports_of_next_start(home: Home) -> list[Port]:
    """None while the platform runs: they are its own."""
    if lifecycle.holder(home.lock) is not None:
        return []
    before = home.read_addresses()
    found = []
    for name, request in (("mlflow", preparation.MLFLOW), ("s3", preparation.S3), ("gateway", preparation.GATEWAY)):
        remembered = preparation.port_of(str(getattr(before, f"{name}_url"))) if before else 0
        number = remembered or request.usual
        holder = "" if preparation.is_free_port(number) else preparation.holder(number)
        found.append(Port(request.title, request.option, number, holder, was_used=bool(remembered)))
    return found


def cluster() -> Cluster | None:
    """None without a kubeconfig. Asks the API server twice, for seconds at most."""
    named = os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())
    if not any(Path(each).is_file() for each in named.split(os.pathsep) if each):
        return None
    from kubernetes import config  # noqa: PLC0415  half a second
    from modelyard_operator.kube.client import Timeouts, connect  # noqa: PLC0415  a second, and only where there is a kubeconfig
    from modelyard_operator.kube.interface import DEPLOYMENT, TRAINING_JOB, KubeError, NotFound  # noqa: PLC0415  a second, and only where there is a kubeconfig

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
