"""Each policy from a result to the moved alias, by itself: a situation in a sentence, and the reason that it gives (none: the next policy decides)."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from modelyard_api import labels
from modelyard_api.conditions import Reason
from modelyard_api.pod_contract import PodError, TrainResult
from modelyard_api.resource_status import PromotionRecord, TrainingJobStatus, TrainingOutcome
from modelyard_api.training_job import TrainingJobSpec
from modelyard_operator.pod_template import Images
from modelyard_operator.pods.facts import Child
from modelyard_operator.registry.interface import Version
from modelyard_operator.training import comparison, judged, promotion
from modelyard_operator.training.decision import Decision
from modelyard_operator.training.judged import JudgedModel, outcome_of
from modelyard_operator.training.observed import Observed, RegistryFacts
from modelyard_operator.training.phases import AFTER_TRAINING

from tests.unit.training_operator.manifests import (
    AS_GOOD,
    BETTER,
    NOT_AS_GOOD,
    START,
    UID,
    UNSURE,
    WORSE,
    attempt_job,
    complaint,
    pod_of,
    result,
    running,
    terminated,
    training_job,
    true_condition,
)

IMAGES = Images(jobs="modelyard/jobs:1", serving="modelyard/serving:1", monitoring="modelyard/monitoring:1")
Case = tuple[JudgedModel, Reason | None, str]  # what is given, the reason of the first condition, a part of its message
MANUAL = {"promotion": {"approval": "Manual"}}
SILENT = "MLflow doesn't answer"
INTENT = PromotionRecord(alias="champion", from_version="3", to_version="4", by="modelyard", why="")


def model(
    trained: TrainResult | None = None,
    *,
    version: str = "",
    approved: str = "",
    rivals: tuple[str, ...] = (),
    intent: PromotionRecord | None = None,
    comparisons: Mapping[str, Child] | None = None,
    registry: RegistryFacts | None = None,
    **spec: Any,
) -> JudgedModel:
    resource = training_job(annotations={labels.APPROVE_ANNOTATION: approved} if approved else None, **spec)
    observed = Observed(
        resource,
        TrainingJobSpec.model_validate(resource["spec"]),
        TrainingJobStatus(promotion=intent),
        comparisons=comparisons or {},
        rivals=rivals,
        registry=registry or RegistryFacts(champion="3"),
    )
    outcome: TrainingOutcome = outcome_of(observed, trained or result(BETTER, AS_GOOD, champion="3"))
    return JudgedModel(observed, outcome.model_copy(update={"model_version": version}), IMAGES, START)


def compared(state: dict[str, Any] | None, **status: Any) -> Mapping[str, Child]:
    """The Job that compares with champion 5."""
    job = attempt_job(**status)
    return {"5": Child(job, (pod_of(job, state),))}


def said(complaint: PodError) -> str:
    return complaint.model_dump_json(by_alias=True)


def at_champion(champion: str, **facts: Any) -> RegistryFacts:
    return RegistryFacts(champion=champion, **facts)


def tagged(**tags: str) -> Version:
    return Version("ml.penguins", "4", ready=True, run_id="run-1", model_id="m-1", created=START, tags=tags)


FAILED_JOB: dict[str, Any] = {"conditions": [true_condition("Failed", START)]}
FALLING_SHORT: dict[str, Case] = {
    "all criteria hold": (model(), None, ""),
    "a criterion is missed": (model(result(BETTER, NOT_AS_GOOD, champion="3")), Reason.CRITERIA_NOT_MET, "champion"),
    "the test rows can't decide": (model(result(UNSURE, AS_GOOD, champion="3")), Reason.COMPARISON_INCONCLUSIVE, "modelyard approve"),
    "the test rows can't decide and somebody approved the model": (
        model(result(UNSURE, AS_GOOD, champion="3"), approved="m-1"),
        None,
        "",
    ),
    "a criterion is missed, whoever approved": (model(result(WORSE, AS_GOOD, champion="3"), approved="m-1"), Reason.CRITERIA_NOT_MET, ""),
}
REGISTRY_UNAVAILABLE: dict[str, Case] = {
    "the registry can be read": (model(), None, ""),
    "the registry is silent": (model(registry=RegistryFacts(problem=SILENT)), Reason.REGISTRY_UNAVAILABLE, SILENT),
}
PROMOTED: dict[str, Case] = {
    "there is no version yet": (model(), None, ""),
    "the alias is elsewhere": (model(version="4"), None, ""),
    "we moved the alias and tagged the version": (
        model(version="4", intent=INTENT, registry=at_champion("4", version=tagged(**{labels.TAG_PROMOTED_BY: "modelyard"}))),
        Reason.ALIAS_MOVED,
        "moved from 3 to 4 by modelyard",
    ),
    "we moved the alias and died before the tags": (
        model(version="4", intent=INTENT, registry=at_champion("4", version=tagged())),
        Reason.ALIAS_MOVING,
        "",
    ),
    "somebody else moved it to our version": (
        model(version="4", registry=at_champion("4")),
        Reason.ALIAS_MOVED,
        "somebody, in the registry",
    ),
}
COMPARING: dict[str, Case] = {
    "the champion is the one it was judged against": (model(), None, ""),
    "the champion is our own version": (model(version="4", registry=at_champion("4")), None, ""),
    "another champion has come": (model(registry=at_champion("5")), Reason.CHAMPION_CHANGED, "from version 3 to 5"),
    "another champion has come while it is suspended": (
        model(registry=at_champion("5"), policy={"suspend": True}),
        Reason.SUSPENDED,
        "once spec.policy.suspend is false",
    ),
    "the comparison runs": (
        model(registry=at_champion("5"), comparisons=compared(running(START), active=1)),
        Reason.COMPARING,
        "compares the model with champion version 5",
    ),
    "the comparison failed": (
        model(registry=at_champion("5"), comparisons=compared(terminated(65, said(complaint())), **FAILED_JOB)),
        Reason.COMPARISON_FAILED,
        "gave no verdict: DataInvalid",
    ),
}
UNPREPARED: dict[str, Case] = {
    "the registered model is there": (model(registry=at_champion("3", prepared=True)), None, ""),
    "it isn't": (model(), Reason.CRITERIA_HELD, "registered model ml.penguins is being made"),
    "there is a version already": (model(version="4"), None, ""),
}
UNREGISTERED: dict[str, Case] = {
    "there is a version already": (model(version="4"), None, ""),
    "all criteria hold": (model(), Reason.CRITERIA_HELD, "all criteria hold; a version of ml.penguins is being registered"),
    "all criteria hold and somebody approved it": (model(approved="m-1", **MANUAL), Reason.CRITERIA_HELD, "all criteria hold; a version"),
    "somebody approved it in doubt": (
        model(result(UNSURE, AS_GOOD, champion="3"), approved="m-1"),
        Reason.APPROVED,
        "although the test rows can't decide every criterion",
    ),
}
UNAPPROVED: dict[str, Case] = {
    "nobody has to approve": (model(version="4"), None, ""),
    "nobody has approved yet": (model(version="4", **MANUAL), Reason.APPROVAL_PENDING, "version 4 waits for approval"),
    "its version is named, which could be guessed before it was trained": (
        model(version="4", approved="4", **MANUAL),
        Reason.APPROVAL_PENDING,
        "",
    ),
    "another model is approved": (model(version="4", approved="m-2", **MANUAL), Reason.APPROVAL_PENDING, ""),
    "the model is approved": (model(version="4", approved="m-1", **MANUAL), None, ""),
}
OUTRUN: dict[str, Case] = {
    "there is no rival": (model(version="4"), None, ""),
    "a rival moves the alias first": (model(version="4", rivals=("earlier",)), Reason.ALIAS_MOVING, "until TrainingJob earlier has moved"),
}
UNINTENDED: dict[str, Case] = {
    "nothing is written down yet": (model(version="4"), Reason.ALIAS_MOVING, "alias champion moves from 3 to 4"),
}
MOVING: dict[str, Case] = {
    "the intent is stored": (model(version="4", intent=INTENT), Reason.ALIAS_MOVING, "alias champion moves from 3 to 4"),
}
TABLES: dict[Callable[[JudgedModel], Decision | None], dict[str, Case]] = {
    judged.falling_short: FALLING_SHORT,
    judged.registry_unavailable: REGISTRY_UNAVAILABLE,
    promotion.promoted: PROMOTED,
    comparison.comparing: COMPARING,
    promotion.unprepared: UNPREPARED,
    promotion.unregistered: UNREGISTERED,
    promotion.unapproved: UNAPPROVED,
    promotion.outrun: OUTRUN,
    promotion.unintended: UNINTENDED,
    promotion.moving: MOVING,
}
CASES = [(policy, *case) for policy, table in TABLES.items() for case in table.values()]
NAMES = [f"{policy.__name__}: {sentence}" for policy, table in TABLES.items() for sentence in table]


@pytest.mark.parametrize(("policy", "situation", "reason", "says"), CASES, ids=NAMES)
def test_policy(policy: Callable[[JudgedModel], Decision | None], situation: JudgedModel, reason: Reason | None, says: str) -> None:
    decision = policy(situation)
    assert (decision and decision.updates[0].reason) == reason
    assert says in (decision.updates[0].message if decision else "")


def test_an_intent_is_written_once() -> None:
    first = promotion.unintended(model(version="4"))
    assert first is not None
    assert promotion.unintended(model(version="4", intent=first.promotion)) is None


def test_a_version_is_registered_under_the_uid_of_its_training_job() -> None:
    decision = promotion.unregistered(model())
    assert decision is not None
    assert [action.uid for action in decision.registry] == [UID]  # type: ignore[union-attr]


def test_every_policy_of_the_chain_has_a_table() -> None:
    assert set(TABLES) == set(AFTER_TRAINING)
