"""A pod in one line, by the rules of the API server's printer."""

from datetime import datetime
from typing import Any

from modelyard_operator.kube.interface import Object

from modelyard_cli.printing.age import since


def ready(pod: Object, _now: datetime) -> str:
    """``1/1``."""
    return f"{sum(bool(each.get('ready')) for each in _containers(pod))}/{len(pod['spec'].get('containers') or ())}"


def status(pod: Object, _now: datetime) -> str:
    """The phase, or what says more: why a container waits or how it ended."""
    found = pod.get("status", {})
    word = str(found.get("reason") or found.get("phase") or "")
    for container in reversed(_containers(pod)):
        word = _of_container(container.get("state") or {}) or word
    if word == "Completed" and any(each.get("ready") and (each.get("state") or {}).get("running") for each in _containers(pod)):
        word = "Running" if _is_ready(found) else "NotReady"
    if pod["metadata"].get("deletionTimestamp") and found.get("phase") not in ("Succeeded", "Failed"):
        return "Unknown" if found.get("reason") == "NodeLost" else "Terminating"
    return word


def restarts(pod: Object, now: datetime) -> str:
    """``2 (5m ago)``."""
    count = sum(int(each.get("restartCount", 0)) for each in _containers(pod))
    ended = [str(last["finishedAt"]) for each in _containers(pod) if (last := _last_end(each)).get("finishedAt")]
    return f"{count} ({since(max(ended), now)} ago)" if count and ended else str(count)


def _containers(pod: Object) -> list[dict[str, Any]]:
    return list(pod.get("status", {}).get("containerStatuses") or ())


def _of_container(state: dict[str, Any]) -> str:
    if reason := (state.get("waiting") or {}).get("reason"):
        return str(reason)
    if not (ended := state.get("terminated")):
        return ""
    if ended.get("reason"):
        return str(ended["reason"])
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _last_end(container: dict[str, Any]) -> dict[str, Any]:
    return (container.get("lastState") or {}).get("terminated") or {}


def _is_ready(found: dict[str, Any]) -> bool:
    return any(each["type"] == "Ready" and each["status"] == "True" for each in found.get("conditions") or ())
