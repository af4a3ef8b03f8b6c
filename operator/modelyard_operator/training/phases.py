"""What is read and decided in each phase of a TrainingJob: one row per phase, one chain of policies each.

A policy is a function from what is given to a Decision, or None: then the next one is tried.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from modelyard_api.conditions import Reason
from modelyard_api.resource_status import TrainingOutcome

from modelyard_operator.pod_template import Images
from modelyard_operator.registry.interface import RegistryReader
from modelyard_operator.training import comparison, criteria, finished, judged, promotion, registry_facts, start
from modelyard_operator.training.attempts import Attempts, observe, stored
from modelyard_operator.training.decision import Decision, failed, first
from modelyard_operator.training.judged import JudgedModel
from modelyard_operator.training.observed import Observed, Phase, RegistryFacts, phase_of
from modelyard_operator.training.start import TrainingInput

WHILE_TRAINING = (
    start.given_up,
    start.suspended,
    start.result_awaited,
    start.in_progress,
    start.pausing,
    start.unrecorded,
    start.registry_unavailable,
    start.unprepared,
    start.next_attempt,
)
AFTER_TRAINING = (
    judged.falling_short,
    judged.registry_unavailable,
    promotion.promoted,
    comparison.comparing,
    promotion.unprepared,
    promotion.unregistered,
    promotion.unapproved,
    promotion.outrun,
    promotion.unintended,
    promotion.moving,
)


@dataclass(frozen=True)
class PhaseRow:
    """What is read from the registry, what the attempts have come to, and what is decided."""

    read: Callable[[Observed, RegistryReader], RegistryFacts]
    attempts: Callable[[Observed, datetime], Attempts]
    decide: Callable[[Observed, Attempts, Images, datetime], Decision]


def decide(observed: Observed, attempts: Attempts, images: Images, now: datetime) -> Decision:
    """By the phase that it is in."""
    return PHASES[phase_of(observed)].decide(observed, attempts, images, now)


def _while_training(observed: Observed, attempts: Attempts, images: Images, now: datetime) -> Decision:
    if (invalid := _invalid(observed, attempts)) is not None:
        return invalid
    if attempts.result is not None:
        return _evaluate(observed, attempts, images, now)
    return first(WHILE_TRAINING, TrainingInput(observed, attempts, images, now))


def _after_training(observed: Observed, attempts: Attempts, images: Images, now: datetime) -> Decision:
    outcome = observed.status.result
    assert outcome is not None
    decision = _invalid(observed, attempts) or first(AFTER_TRAINING, _judged(observed, outcome, images, now))
    is_over_again = decision.finished and decision.promotion is None  # an approval was in vain
    return finished.with_time_to_live(decision, observed, now) if is_over_again else decision


def _finished(observed: Observed, _attempts: Attempts, images: Images, now: datetime) -> Decision:
    outcome = observed.status.result
    if outcome is not None and finished.is_approval_withdrawn(observed):
        decision = judged.falling_short(JudgedModel(observed, outcome, images, now))
        if decision is not None:
            return finished.with_time_to_live(decision, observed, now)
    return finished.decide(observed, now)


def _invalid(observed: Observed, attempts: Attempts) -> Decision | None:
    """A spec that can't work is refused before anything was started; later changes of it concern what is still to come."""
    if (too_old := start.operator_too_old(observed, attempts)) is not None:
        return too_old
    if attempts.records:
        return None
    problems = start.problems(observed)
    return failed(Reason.INVALID_SPEC, "; ".join(problems)) if problems else None


def _evaluate(observed: Observed, attempts: Attempts, images: Images, now: datetime) -> Decision:
    assert attempts.result is not None
    try:
        outcome = judged.outcome_of(observed, attempts.result)
    except criteria.UnusableResult as unusable:
        hint = "do operator and jobs image have the same version?"
        return failed(Reason.RESULT_MISSING, f"{unusable}; {hint}")
    return promotion.evaluated(JudgedModel(observed, outcome, images, now))


def _judged(observed: Observed, outcome: TrainingOutcome, images: Images, now: datetime) -> JudgedModel:
    """With everything that the registry and a comparison have added to the outcome since it was stored."""
    facts = observed.registry
    if facts.version and facts.version.ready:
        outcome = outcome.model_copy(update={"model_version": facts.version.version if facts.version.evidence else ""})
    outcome = outcome.model_copy(update={"digest": outcome.digest or facts.digest})
    return JudgedModel(observed, comparison.latest(observed, outcome), images, now)


PHASES: Mapping[Phase, PhaseRow] = {
    Phase.TRAINING: PhaseRow(registry_facts.for_training, observe, _while_training),
    Phase.PROMOTING: PhaseRow(registry_facts.for_promotion, lambda observed, _now: stored(observed), _after_training),
    Phase.FINISHED: PhaseRow(registry_facts.after_the_end, lambda observed, _now: stored(observed), _finished),
}
