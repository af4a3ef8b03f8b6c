"""Policies once there is a result: judge, compare, register, ask for approval, write the intent, move the alias, confirm.

The intent is in status before the alias is touched, and Promoted is concluded from the alias itself, so an operator that dies in
between finds out where it was. Moving is done by the registry only while the alias is where the intent saw it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from modelyard_api import labels
from modelyard_api.base import GROUP
from modelyard_api.conditions import Reason, TrainingCondition
from modelyard_api.status import PromotionRecord, TrainingOutcome
from modelyard_api.training_job import Approval

from modelyard_operator.conditions import Finding, find
from modelyard_operator.plan import EnsureModel, MoveAlias, RegisterVersion
from modelyard_operator.pod_template import Images
from modelyard_operator.timestamps import to_timestamp
from modelyard_operator.training import comparison, criteria, evaluation
from modelyard_operator.training.decision import SOON, Decision, growing_wait
from modelyard_operator.training.observed import Observed

_BY_US, _BY_HAND = "modelyard", "somebody, in the registry"
_PROMOTED_BY = f"{GROUP}.promoted_by"
_RIVAL_SECONDS = 5.0
_SHORT = 256


@dataclass(frozen=True)
class Standing:
    """What the policies of this file are asked about; ``outcome`` is against the newest champion that it was compared with."""

    observed: Observed
    outcome: TrainingOutcome
    images: Images
    now: datetime

    def waiting(self, condition: TrainingCondition, reason: Reason, message: str, **what: Any) -> Decision:
        """Something is left to do: ``condition`` is False for now."""
        finding = Finding(condition, "False", reason, message)
        registered = comparison.registered_finding(self.observed, self.outcome)
        others = (registered,) if registered and condition is not TrainingCondition.REGISTERED else ()
        return Decision((finding, *others, *evaluation.trained(self.outcome)), outcome=self.outcome, **what)

    def short(self, reason: Reason, message: str) -> Decision:
        """It is over, and the champion stays."""
        registered = comparison.registered_finding(self.observed, self.outcome)
        not_registered = Finding(TrainingCondition.REGISTERED, "False", reason, message)
        promoted = Finding(TrainingCondition.PROMOTED, "False", reason, message)
        findings = (promoted, registered or not_registered, *evaluation.trained(self.outcome))
        return Decision(findings, outcome=self.outcome, finished=True)


def standing_of(observed: Observed, outcome: TrainingOutcome, images: Images, now: datetime) -> Standing:
    """With everything that the registry and a comparison have added to the outcome since it was stored."""
    if observed.registry.version and observed.registry.version.ready:
        outcome = outcome.model_copy(update={"model_version": observed.registry.version.version})
    return Standing(observed, comparison.latest(observed, outcome), images, now)


def falling_short(standing: Standing) -> Decision | None:
    """A criterion was missed or could not be decided."""
    reason = criteria.shortfall(standing.outcome.verdict)
    return standing.short(reason, evaluation.verdict_text(standing.outcome)) if reason else None


def registry_unavailable(standing: Standing) -> Decision | None:
    """Asked again, later and later; an intent stays."""
    observed = standing.observed
    if not observed.registry.problem:
        return None
    condition = TrainingCondition.PROMOTED if standing.outcome.model_version else TrainingCondition.REGISTERED
    wait = growing_wait(find(observed.status.conditions, condition), standing.now)
    decision = standing.waiting(condition, Reason.REGISTRY_UNAVAILABLE, observed.registry.problem, requeue_after=wait)
    return replace(decision, promotion=observed.status.promotion)


def promoted(standing: Standing) -> Decision | None:
    """The alias is at our version, whoever moved it there."""
    observed, version = standing.observed, standing.outcome.model_version
    if not version or observed.registry.champion != version:
        return None
    intent = _open_intent(observed)
    if intent and intent.to_version == version:
        if not _is_tagged(observed):  # moved, and died before the version's tags were written
            return _move(standing, intent)
        record = intent
    else:
        record = _moved_by_hand(observed, version)
    record = record.model_copy(update={"at": to_timestamp(standing.now)})
    message = (
        f"alias {record.alias} of {observed.registered_name} moved from {record.from_version or 'nothing'} to {version} by {record.by}"
    )
    finding = Finding(TrainingCondition.PROMOTED, "True", Reason.ALIAS_MOVED, message)
    waiting = standing.waiting(TrainingCondition.PROMOTED, Reason.ALIAS_MOVED, message, finished=True, promotion=record)
    return replace(waiting, findings=(finding, *waiting.findings[1:]))


def unprepared(standing: Standing) -> Decision | None:
    """``spec.promotion.model`` may have been changed since the first attempt."""
    observed = standing.observed
    if standing.outcome.model_version or observed.registry.prepared:
        return None
    message = f"registered model {observed.registered_name} is being made"
    action = EnsureModel(observed.namespace, observed.model)
    return standing.waiting(TrainingCondition.REGISTERED, Reason.CRITERIA_HELD, message, registry=(action,), requeue_after=SOON)


def unregistered(standing: Standing) -> Decision | None:
    """All criteria hold: register, once."""
    observed = standing.observed
    if standing.outcome.model_version:
        return None
    run = observed.status.mlflow
    tags = {
        labels.TAG_UID: observed.uid,
        labels.TAG_NAMESPACE: observed.namespace,
        labels.TAG_TRAINING_JOB: observed.name,
    }
    action = RegisterVersion(observed.registered_name, standing.outcome.model_id, run.run_id if run else "", observed.uid, tags)
    message = f"all criteria hold; a version of {observed.registered_name} is being registered"
    return standing.waiting(TrainingCondition.REGISTERED, Reason.CRITERIA_HELD, message, registry=(action,), requeue_after=SOON)


def unapproved(standing: Standing) -> Decision | None:
    """Somebody has to say yes to this very version."""
    observed, version = standing.observed, standing.outcome.model_version
    if observed.valid_spec.promotion.approval is Approval.AUTOMATIC or _approved(observed, version):
        return None
    command = f"kubectl annotate trainingjob {observed.name} -n {observed.namespace} --overwrite {labels.APPROVE_ANNOTATION}={version}"
    message = f"all criteria hold; version {version} waits for approval: {command}"
    return standing.waiting(TrainingCondition.PROMOTED, Reason.APPROVAL_PENDING, message)


def outrun(standing: Standing) -> Decision | None:
    """One promotion at a time per model."""
    rivals = standing.observed.rivals
    if not rivals:
        return None
    message = f"waits until TrainingJob {rivals[0]} has moved its alias of {standing.observed.registered_name}"
    return standing.waiting(
        TrainingCondition.PROMOTED,
        Reason.ALIAS_MOVING,
        message,
        requeue_after=_RIVAL_SECONDS,
        promotion=_open_intent(standing.observed),
    )


def unintended(standing: Standing) -> Decision | None:
    """Write down what is about to happen, before it does."""
    intent = _intent(standing)
    if _open_intent(standing.observed) == intent:
        return None
    return _moving(standing, intent)


def moving(standing: Standing) -> Decision:
    """The intent is stored: move the alias. The next look at it confirms."""
    return _move(standing, _intent(standing))


POLICIES = (
    falling_short,
    registry_unavailable,
    promoted,
    comparison.comparing,
    unprepared,
    unregistered,
    unapproved,
    outrun,
    unintended,
    moving,
)


def evaluated(standing: Standing) -> Decision:
    """The result has just arrived; the registry is asked about champion and versions next time."""
    message = "all criteria hold; the champion and the registered versions are looked up"
    soon = standing.waiting(TrainingCondition.REGISTERED, Reason.CRITERIA_HELD, message, requeue_after=SOON)
    return falling_short(standing) or soon


def outside_gates(observed: Observed, version: str, now: datetime) -> tuple[Finding, PromotionRecord]:
    """Somebody moved the alias to a model that didn't meet its criteria."""
    record = _moved_by_hand(observed, version).model_copy(update={"at": to_timestamp(now)})
    message = f"alias {record.alias} of {observed.registered_name} was moved to version {version} although not all criteria hold"
    return Finding(TrainingCondition.PROMOTED, "True", Reason.PROMOTED_OUTSIDE_GATES, message), record


def is_open(record: PromotionRecord | None) -> bool:
    """Whether this is an intent that isn't confirmed."""
    return record is not None and record.at is None


def _open_intent(observed: Observed) -> PromotionRecord | None:
    return observed.status.promotion if is_open(observed.status.promotion) else None


def _intent(standing: Standing) -> PromotionRecord:
    observed = standing.observed
    promotion = observed.valid_spec.promotion
    by = _BY_US if promotion.approval is Approval.AUTOMATIC else f"annotation {labels.APPROVE_ANNOTATION}"
    return PromotionRecord(
        alias=promotion.alias,
        from_version=observed.registry.champion,
        to_version=standing.outcome.model_version,
        by=by,
        why=evaluation.verdict_text(standing.outcome, all_of_them=True)[:_SHORT],
    )


def _moved_by_hand(observed: Observed, version: str) -> PromotionRecord:
    before = observed.status.result.champion_version if observed.status.result else ""
    return PromotionRecord(alias=observed.valid_spec.promotion.alias, from_version=before, to_version=version, by=_BY_HAND)


def _move(standing: Standing, intent: PromotionRecord) -> Decision:
    tags = {
        f"{GROUP}.promoted_at": to_timestamp(standing.now),
        f"{GROUP}.promoted_from": intent.from_version,
        _PROMOTED_BY: intent.by,
        f"{GROUP}.promoted_why": intent.why,
    }
    action = MoveAlias(standing.observed.registered_name, intent.alias, intent.from_version, intent.to_version, tags)
    return replace(_moving(standing, intent), registry=(action,))


def _is_tagged(observed: Observed) -> bool:
    """The tags are written after the alias was moved."""
    return observed.registry.version is not None and _PROMOTED_BY in observed.registry.version.tags


def _moving(standing: Standing, intent: PromotionRecord) -> Decision:
    message = f"alias {intent.alias} moves from {intent.from_version or 'nothing'} to {intent.to_version}"
    return standing.waiting(TrainingCondition.PROMOTED, Reason.ALIAS_MOVING, message, promotion=intent, requeue_after=SOON)


def _approved(observed: Observed, version: str) -> bool:
    annotations = observed.resource["metadata"].get("annotations") or {}
    return bool(annotations.get(labels.APPROVE_ANNOTATION) == version)
