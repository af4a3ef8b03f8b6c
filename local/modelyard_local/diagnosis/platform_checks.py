"""Ports, the platform itself, and the cluster of the kubeconfig."""

from collections.abc import Sequence

from modelyard_local.diagnosis.facts import Cluster, Platform, Port
from modelyard_local.diagnosis.finding import Finding, hint, ok, problem
from modelyard_local.state import PartPhase, PartState, PlatformPhase, PlatformState

_AGAIN = "modelyard down, then modelyard up"
_CHART = "helm install modelyard helm/modelyard (docs/operating.md)"


def ports(found: Sequence[Port]) -> Finding:
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


def platform(facts: Platform) -> Finding:
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


def restarts(facts: Platform) -> Finding | None:
    """Parts that ended and came back; None if there is nothing to say."""
    if facts.pid is None or facts.said is None:
        return None
    came_back = [part for part in facts.said.parts if part.restarts]
    what = [f"{part.title} was started again {part.restarts} times (log: {part.log})" for part in came_back]
    what += facts.said.notes
    return hint("Notes", "; ".join(what)) if what else None


def cluster(found: Cluster | None) -> Finding:
    """Only ever a hint: nobody needs a cluster here."""
    if found is None:
        return ok("Cluster", "no kubeconfig; nothing here needs one")
    if found.error:
        return hint("Cluster", f"context {found.context}: {found.error}", "needed only for commands with --context")
    if not found.has_resources:
        return hint("Cluster", f"context {found.context} answers and doesn't know TrainingJob", f"to use Modelyard there: {_CHART}")
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
