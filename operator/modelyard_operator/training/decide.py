"""One decision from everything that was observed: which chain of policies is asked depends on how far the TrainingJob is."""

from datetime import datetime

from modelyard_api.conditions import Reason
from modelyard_api.status import TrainingOutcome

from modelyard_operator.pod_template import Images
from modelyard_operator.training import comparison, criteria, evaluation, finished, promotion, registration, standing, start, validation
from modelyard_operator.training.attempts import Attempts
from modelyard_operator.training.decision import Decision, failed, first
from modelyard_operator.training.observed import Observed
from modelyard_operator.training.standing import Standing
from modelyard_operator.training.start import Situation

AFTER_TRAINING = (
    standing.falling_short,
    standing.registry_unavailable,
    promotion.promoted,
    comparison.comparing,
    registration.unprepared,
    registration.unregistered,
    promotion.unapproved,
    promotion.outrun,
    promotion.unintended,
    promotion.moving,
)


def decide(observed: Observed, attempts: Attempts, images: Images, now: datetime) -> Decision:
    """Finished is terminal, but for an approval in doubt; then comes the spec, then what the result allows."""
    if observed.finished:
        return _finished(observed, images, now)
    decision = _unfinished(observed, attempts, images, now)
    is_over_again = decision.finished and decision.promotion is None  # an approval was in vain
    return finished.with_time_to_live(decision, observed, now) if is_over_again else decision


def _finished(observed: Observed, images: Images, now: datetime) -> Decision:
    result = observed.status.result
    if result is not None and finished.is_approval_withdrawn(observed):
        decision = standing.falling_short(Standing(observed, result, images, now))
        if decision is not None:
            return finished.with_time_to_live(decision, observed, now)
    return finished.decide(observed, now)


def _unfinished(observed: Observed, attempts: Attempts, images: Images, now: datetime) -> Decision:
    if observed.spec is None or not attempts.records:
        problems = validation.problems(observed)
        if problems:
            return failed(Reason.INVALID_SPEC, "; ".join(problems))
    if observed.status.result is not None:
        return first(AFTER_TRAINING, _standing(observed, observed.status.result, images, now))
    if attempts.result is not None:
        return _evaluate(observed, attempts, images, now)
    return first(start.POLICIES, Situation(observed, attempts, images, now))


def _evaluate(observed: Observed, attempts: Attempts, images: Images, now: datetime) -> Decision:
    assert attempts.result is not None
    try:
        outcome = evaluation.outcome_of(observed, attempts.result)
    except criteria.UnusableResult as unusable:
        hint = "do operator and jobs image have the same version?"
        return failed(Reason.RESULT_MISSING, f"{unusable}; {hint}")
    return registration.evaluated(Standing(observed, outcome, images, now))


def _standing(observed: Observed, outcome: TrainingOutcome, images: Images, now: datetime) -> Standing:
    """With everything that the registry and a comparison have added to the outcome since it was stored."""
    if observed.registry.version and observed.registry.version.ready:
        outcome = outcome.model_copy(update={"model_version": observed.registry.version.version})
    return Standing(observed, comparison.latest(observed, outcome), images, now)
