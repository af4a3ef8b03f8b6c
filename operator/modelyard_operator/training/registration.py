"""Policies of registration: a model whose criteria hold becomes a version, once."""

from modelyard_api import labels
from modelyard_api.conditions import Reason, TrainingCondition

from modelyard_operator.plan import EnsureModel, RegisterVersion
from modelyard_operator.training.decision import SOON, Decision
from modelyard_operator.training.judged import JudgedModel, falling_short


def evaluated(judged: JudgedModel) -> Decision:
    """The result has just arrived; the registry is asked about champion and versions next time."""
    message = "all criteria hold; the champion and the registered versions are looked up"
    soon = judged.waiting(TrainingCondition.REGISTERED, Reason.CRITERIA_HELD, message, requeue_after=SOON)
    return falling_short(judged) or soon


def unprepared(judged: JudgedModel) -> Decision | None:
    """``spec.promotion.model`` may have been changed since the first attempt."""
    observed = judged.observed
    if judged.outcome.model_version or observed.registry.prepared:
        return None
    message = f"registered model {observed.registered_name} is being made"
    action = EnsureModel(observed.namespace, observed.model)
    return judged.waiting(TrainingCondition.REGISTERED, judged.basis, message, registry=(action,), requeue_after=SOON)


def unregistered(judged: JudgedModel) -> Decision | None:
    """All criteria hold, or somebody approved: register, once."""
    observed = judged.observed
    if judged.outcome.model_version:
        return None
    run = observed.status.mlflow
    tags = {
        labels.TAG_UID: observed.uid,
        labels.TAG_NAMESPACE: observed.namespace,
        labels.TAG_TRAINING_JOB: observed.name,
    }
    action = RegisterVersion(observed.registered_name, judged.outcome.model_id, run.run_id if run else "", observed.uid, tags)
    message = f"{judged.basis_text}; a version of {observed.registered_name} is being registered"
    return judged.waiting(TrainingCondition.REGISTERED, judged.basis, message, registry=(action,), requeue_after=SOON)
