"""One decision from everything that was observed: which chain of policies is asked depends on how far the TrainingJob is."""

from datetime import datetime

from modelyard_api.conditions import Reason

from modelyard_operator.pod_template import Images
from modelyard_operator.training import criteria, evaluation, finished, promotion, start, validation
from modelyard_operator.training.attempts import Attempts
from modelyard_operator.training.decision import Decision, failed, first
from modelyard_operator.training.observed import Observed
from modelyard_operator.training.start import Situation


def decide(observed: Observed, attempts: Attempts, images: Images, now: datetime) -> Decision:
    """Finished is terminal; then comes the spec, then what the result allows."""
    if observed.finished:
        return finished.decide(observed, now)
    if observed.spec is None or not attempts.records:
        problems = validation.problems(observed)
        if problems:
            return failed(Reason.INVALID_SPEC, "; ".join(problems))
    if observed.status.result is not None:
        standing = promotion.standing_of(observed, observed.status.result, images, now)
        return first(promotion.POLICIES, standing)
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
    return promotion.evaluated(promotion.Standing(observed, outcome, images, now))
