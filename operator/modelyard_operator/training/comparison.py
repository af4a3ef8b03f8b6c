"""The champion changed since the model was compared with it: a small Job compares again, with the champion of now."""

from modelyard_api.conditions import Reason, TrainingCondition
from modelyard_api.pod_contract import PodError, TrainResult
from modelyard_api.resource_status import TrainingOutcome

from modelyard_operator.pods import facts
from modelyard_operator.pods.causes import why_not_running
from modelyard_operator.pods.facts import Child
from modelyard_operator.training import criteria, judged, render
from modelyard_operator.training.decision import PENDING_SECONDS, Decision
from modelyard_operator.training.judged import JudgedModel
from modelyard_operator.training.observed import Observed


def is_due(observed: Observed, outcome: TrainingOutcome) -> bool:
    """Whether the verdict is about another champion than the one of now."""
    champion = observed.registry.champion
    known = {"", outcome.champion_version, outcome.model_version}
    return champion not in known and criteria.concern_champion(observed.valid_spec.objective)


def latest(observed: Observed, outcome: TrainingOutcome) -> TrainingOutcome:
    """The outcome against the champion of now, if that comparison has succeeded; else as it was."""
    if not is_due(observed, outcome):
        return outcome
    child = observed.comparisons.get(observed.registry.champion)
    compared = (facts.result_of(child) or observed.registry.comparison) if child and facts.is_complete(child.job) else None
    try:
        return judged.rejudged(observed, outcome, compared) if compared else outcome
    except criteria.UnusableResult:
        return outcome


def comparing(judged: JudgedModel) -> Decision | None:
    """Policy: make the Job, wait for it, or say why there will be no comparison."""
    observed = judged.observed
    if not is_due(observed, judged.outcome):
        return None
    champion = observed.registry.champion
    child = observed.comparisons.get(champion)
    if child is None:
        return _started(judged, champion)
    if facts.is_active(child.job):
        return _awaited(judged, child, champion)
    message = f"the comparison with champion version {champion} (Job {child.name}) gave no verdict: {_complaint(child)}"
    return judged.short(Reason.COMPARISON_FAILED, message)


def _started(judged: JudgedModel, champion: str) -> Decision:
    before = judged.outcome.champion_version
    moved = f"moved from version {before} to {champion}" if before else f"is version {champion} now"
    message = f"the champion {moved} since the model was judged: it is compared again before it may be promoted"
    if judged.observed.valid_spec.policy.suspend:
        return judged.waiting(TrainingCondition.PROMOTED, Reason.SUSPENDED, f"{message}, once spec.policy.suspend is false")
    job = render.comparison_job(judged.observed, champion, judged.images)
    return judged.waiting(TrainingCondition.PROMOTED, Reason.CHAMPION_CHANGED, message, create=(job,))


def _awaited(judged: JudgedModel, child: Child, champion: str) -> Decision:
    cause = None if facts.running_since(child) or facts.ended(child) else why_not_running(child)
    message = f"Job {child.name} compares the model with champion version {champion}"
    explained = f"{message}; {cause.message}" if cause else message
    return judged.waiting(TrainingCondition.PROMOTED, Reason.COMPARING, explained, requeue_after=PENDING_SECONDS)


def _complaint(child: Child) -> str:
    said = facts.said(child)
    if isinstance(said, PodError):
        return f"{said.reason}: {said.message}"
    if isinstance(said, TrainResult):
        return "its evidence doesn't fit the criteria (do operator and jobs image have the same version?)"
    last = facts.ended(child)
    return f"exit code {last.exit_code}, no message" if last else "its pod is gone and left no message"
