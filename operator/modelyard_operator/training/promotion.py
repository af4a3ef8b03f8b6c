"""Policies of registration and promotion: a model whose criteria hold becomes a version, once; then ask for approval, write the intent, move the
alias, confirm.

The intent is in status before the alias is touched, and Promoted is concluded from the alias itself, so an operator that dies in
between finds out where it was. Moving is done by the registry only while the alias is where the intent saw it.
"""

from dataclasses import replace
from datetime import datetime

from modelyard_api import labels
from modelyard_api.conditions import Reason, TrainingCondition
from modelyard_api.objective import Bound
from modelyard_api.resource_status import PromotionRecord
from modelyard_api.timestamps import to_timestamp
from modelyard_api.training_job import Approval
from modelyard_api.verdicts import ComparedWith, CriterionState, VerdictReason

from modelyard_operator.conditions import ConditionUpdate
from modelyard_operator.plan import EnsureModel, MoveAlias, RegisterVersion
from modelyard_operator.training import approval
from modelyard_operator.training.decision import SOON, Decision
from modelyard_operator.training.judged import JudgedModel, falling_short, verdict_text
from modelyard_operator.training.observed import Observed

_BY_US, _BY_HAND = "modelyard", "somebody, in the registry"
_RIVAL_SECONDS = 5.0
_SHORT = 256


def evaluated(judged: JudgedModel) -> Decision:
    """The result has just arrived; champion and versions are read from the registry next time."""
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
    action = RegisterVersion(
        name=observed.registered_name,
        model_id=judged.outcome.model_id,
        run_id=run.run_id if run else "",
        uid=observed.uid,
        namespace=observed.namespace,
        digest=judged.outcome.digest,
        accepted=f"TrainingJob {observed.name}: {judged.basis_text}",
        tags=tags,
    )
    message = f"{judged.basis_text}; a version of {observed.registered_name} is being registered"
    return judged.waiting(TrainingCondition.REGISTERED, judged.basis, message, registry=(action,), requeue_after=SOON)


def promoted(judged: JudgedModel) -> Decision | None:
    """The alias is at our version, whoever moved it there."""
    observed, version = judged.observed, judged.outcome.model_version
    if not version or observed.registry.champion != version:
        return None
    intent = _open_intent(observed)
    if intent and intent.to_version == version:
        if not _is_tagged(observed):  # moved, and died before the version's tags were written
            return _move(judged, intent)
        record = intent
    else:
        record = _moved_by_hand(observed, version)
    record = record.model_copy(update={"at": to_timestamp(judged.now)})
    message = (
        f"alias {record.alias} of {observed.registered_name} moved from {record.from_version or 'nothing'} to {version} by {record.by}"
    )
    update = ConditionUpdate(TrainingCondition.PROMOTED, "True", Reason.ALIAS_MOVED, message)
    waiting = judged.waiting(TrainingCondition.PROMOTED, Reason.ALIAS_MOVED, message, finished=True, promotion=record)
    return replace(waiting, updates=(update, *waiting.updates[1:]))


def unapproved(judged: JudgedModel) -> Decision | None:
    """Somebody has to say yes to this very model."""
    observed, version = judged.observed, judged.outcome.model_version
    if observed.valid_spec.promotion.approval is Approval.AUTOMATIC or approval.names_model(observed.resource, judged.outcome):
        return None
    commands = approval.commands(observed.name, observed.namespace, judged.outcome.model_id)
    message = f"all criteria hold; version {version} waits for approval: {commands}"
    return judged.waiting(TrainingCondition.PROMOTED, Reason.APPROVAL_PENDING, message)


def outrun(judged: JudgedModel) -> Decision | None:
    """One promotion at a time per model."""
    rivals = judged.observed.rivals
    if not rivals:
        return None
    message = f"waits until TrainingJob {rivals[0]} has moved its alias of {judged.observed.registered_name}"
    return judged.waiting(
        TrainingCondition.PROMOTED,
        Reason.ALIAS_MOVING,
        message,
        requeue_after=_RIVAL_SECONDS,
        promotion=_open_intent(judged.observed),
    )


def unintended(judged: JudgedModel) -> Decision | None:
    """Write down what is about to happen, before it does."""
    intent = _intent(judged)
    if _open_intent(judged.observed) == intent:
        return None
    return _moving(judged, intent)


def moving(judged: JudgedModel) -> Decision:
    """The intent is stored: move the alias. The next look at it confirms."""
    return _move(judged, _intent(judged))


def outside_gates(observed: Observed, version: str, now: datetime) -> tuple[ConditionUpdate, PromotionRecord]:
    """Somebody moved the alias to a model that didn't meet its criteria."""
    record = _moved_by_hand(observed, version).model_copy(update={"at": to_timestamp(now)})
    message = f"alias {record.alias} of {observed.registered_name} was moved to version {version} although not all criteria hold"
    return ConditionUpdate(TrainingCondition.PROMOTED, "True", Reason.PROMOTED_OUTSIDE_GATES, message), record


def is_open(record: PromotionRecord | None) -> bool:
    """Whether this is an intent that isn't confirmed."""
    return record is not None and record.at is None


def _open_intent(observed: Observed) -> PromotionRecord | None:
    return observed.status.promotion if is_open(observed.status.promotion) else None


def _intent(judged: JudgedModel) -> PromotionRecord:
    observed = judged.observed
    promotion = observed.valid_spec.promotion
    is_automatic = promotion.approval is Approval.AUTOMATIC and judged.basis is Reason.CRITERIA_HELD
    return PromotionRecord(
        alias=promotion.alias,
        from_version=observed.registry.champion,
        to_version=judged.outcome.model_version,
        by=_BY_US if is_automatic else approval.approver(observed.resource),
        why=verdict_text(judged.outcome, all_of_them=True)[:_SHORT],
    )


def _moved_by_hand(observed: Observed, version: str) -> PromotionRecord:
    before = observed.status.result.champion_version if observed.status.result else ""
    return PromotionRecord(alias=observed.valid_spec.promotion.alias, from_version=before, to_version=version, by=_BY_HAND)


def _move(judged: JudgedModel, intent: PromotionRecord) -> Decision:
    tags = {
        labels.TAG_ANCHOR: _anchor(judged, intent),
        labels.TAG_PROMOTED_AT: to_timestamp(judged.now),
        labels.TAG_PROMOTED_FROM: intent.from_version,
        labels.TAG_PROMOTED_WHY: intent.why,
        labels.TAG_PROMOTED_BY: intent.by,  # the last one: it says that all are there
    }
    action = MoveAlias(judged.observed.registered_name, intent.alias, intent.from_version, intent.to_version, tags)
    return replace(_moving(judged, intent), registry=(action,))


def _anchor(judged: JudgedModel, intent: PromotionRecord) -> str:
    """The version that later ones may not be worse than: this one if it is the first or has shown to be better than a champion."""
    outcome = judged.outcome
    is_better = any(
        (one.bound, one.opponent, one.state) == (Bound.BETTER_THAN, ComparedWith.CHAMPION, CriterionState.HELD)
        and one.reason is not VerdictReason.NO_CHAMPION
        for one in outcome.verdict
    )
    if is_better or not intent.from_version:
        return intent.to_version
    return outcome.anchor_version or judged.observed.registry.champion_anchor or outcome.champion_version or intent.from_version


def _is_tagged(observed: Observed) -> bool:
    """The tags are written after the alias was moved."""
    return observed.registry.version is not None and labels.TAG_PROMOTED_BY in observed.registry.version.tags


def _moving(judged: JudgedModel, intent: PromotionRecord) -> Decision:
    message = f"alias {intent.alias} moves from {intent.from_version or 'nothing'} to {intent.to_version}"
    return judged.waiting(TrainingCondition.PROMOTED, Reason.ALIAS_MOVING, message, promotion=intent, requeue_after=SOON)
