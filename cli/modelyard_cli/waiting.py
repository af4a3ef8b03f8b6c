"""What `modelyard wait` waits for, and when there is nothing left to wait for."""

import difflib
from dataclasses import dataclass

from modelyard_api.conditions import DeploymentCondition, TrainingCondition
from modelyard_api.resource_status import TrainingJobStatus
from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, TRAINING_JOB, Kind, Object
from modelyard_operator.training import approval
from pydantic import ValidationError

from modelyard_cli.errors import WrongUsage

_CONDITIONS: dict[str, tuple[str, ...]] = {
    TRAINING_JOB.name: tuple(TrainingCondition),
    MODEL_DEPLOYMENT.name: tuple(DeploymentCondition),
}


@dataclass(frozen=True)
class Awaited:
    """A condition with a status; without a condition: that the resource is gone."""

    condition: str = ""
    status: str = "True"

    def __str__(self) -> str:  # noqa: D105
        return f"condition {self.condition}={self.status}" if self.condition else "its deletion"


def awaited(text: str, kind: Kind) -> Awaited:
    """Of ``condition=Promoted``, ``condition=Available=False``, ``delete``; raises WrongUsage."""
    if text == "delete":
        return Awaited()
    word, _, rest = text.partition("=")
    name, _, status = rest.partition("=")
    if word != "condition" or not name:
        raise WrongUsage(f"--for {text}: write condition=<type>, condition=<type>=<True, False or Unknown>, or delete")
    return Awaited(_condition(name, kind), (status or "True").capitalize())


def is_met(obj: Object, wanted: Awaited) -> bool:
    """Whether the condition has that status, for the newest spec."""
    found = condition(obj, wanted.condition)
    seen = found.get("observedGeneration") or obj.get("status", {}).get("observedGeneration") or 0
    is_outdated = 0 < seen < obj["metadata"].get("generation", 0)
    return found.get("status") == wanted.status and not is_outdated


def why_never(obj: Object, wanted: Awaited) -> str:
    """Why the condition can't come any more; empty: it still can. For a condition that isn't met."""
    status = obj.get("status", {})
    if obj["kind"] != TRAINING_JOB.name or not wanted.condition or not status.get("completionTime") or _is_reopened(obj):
        return ""
    return f"it is over: {standing(obj, wanted)}"


def _is_reopened(job: Object) -> bool:
    """Whether somebody approved a model in doubt, and that isn't carried out yet."""
    try:
        return approval.is_to_be_promoted(job, TrainingJobStatus.model_validate(job["status"]))
    except ValidationError:  # of another release
        return False


def standing(obj: Object, wanted: Awaited) -> str:
    """Where a resource stands, with the message of the condition that tells most."""
    status = obj.get("status", {})
    awaited, failed = condition(obj, wanted.condition), condition(obj, TrainingCondition.FAILED)
    telling = failed if failed.get("status") == "True" else awaited
    said = ": ".join(part for part in (telling.get("reason", ""), telling.get("message", "")) if part)
    return "; ".join(part for part in (status.get("state", ""), said) if part) or "nothing is known yet"


def condition(obj: Object, name: str) -> Object:
    """The condition of that type; empty: there is none yet."""
    found = obj.get("status", {}).get("conditions") or ()
    return next((dict(each) for each in found if each.get("type") == name), {})


def _condition(name: str, kind: Kind) -> str:
    """As it is written; people may write it small. Of kinds that aren't ours anything goes."""
    known = _CONDITIONS.get(kind.name)
    if known is None:
        return name
    exact = {each.lower(): each for each in known}
    if name.lower() in exact:
        return str(exact[name.lower()])
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f" (did you mean {near[0]}?)" if near else ""
    raise WrongUsage(f"a {kind.name} has no condition {name}{hint}; it has {', '.join(known)}")
