"""What a person says about a promotion, as annotations on the TrainingJob.

``modelyard.io/approve`` names the model (m-…) that may be promoted: nobody knows its id before it was trained, so nothing is approved unseen.
It waits for that while ``promotion.approval`` is Manual. Or its test rows couldn't decide every criterion: such a TrainingJob is finished, and
this approval reopens it. It is registered and promoted like any other, unless a later comparison says that a criterion is missed.
"""

from modelyard_api import labels
from modelyard_api.conditions import TrainingCondition
from modelyard_api.resource_status import TrainingJobStatus, TrainingOutcome
from modelyard_api.verdicts import CriterionState

from modelyard_operator.kube.interface import Object

_SHORT = 256


def may_be_approved(outcome: TrainingOutcome | None) -> bool:
    """Whether the test rows decided nothing against the model and left something open."""
    states = {one.state for one in outcome.verdict} if outcome else set()
    return CriterionState.INCONCLUSIVE in states and CriterionState.MISSED not in states


def is_in_doubt(resource: Object, outcome: TrainingOutcome | None) -> bool:
    """Whether somebody approved this very model, and no criterion is missed."""
    if outcome is None or not names_model(resource, outcome):
        return False
    return all(one.state is not CriterionState.MISSED for one in outcome.verdict)


def names_model(resource: Object, outcome: TrainingOutcome) -> bool:
    """Whether somebody approved this very model."""
    return bool(outcome.model_id) and _approved(resource) == outcome.model_id


def is_to_be_promoted(resource: Object, status: TrainingJobStatus) -> bool:
    """Whether somebody approved a model in doubt that isn't promoted yet."""
    return not is_promoted(status) and is_in_doubt(resource, status.result)


def is_promoted(status: TrainingJobStatus) -> bool:
    """Whether the alias was moved to it, by the operator or by hand."""
    return any(one.type == TrainingCondition.PROMOTED and one.status == "True" for one in status.conditions)


def approver(resource: Object) -> str:
    """Who approved, as far as is known."""
    name = str(_annotations(resource).get(labels.APPROVED_BY_ANNOTATION, "")).strip()
    return (name or f"annotation {labels.APPROVE_ANNOTATION}")[:_SHORT]


def commands(name: str, namespace: str, what: str) -> str:
    """How to approve a model."""
    annotations = f"{labels.APPROVE_ANNOTATION}={what} {labels.APPROVED_BY_ANNOTATION}=<your name>"
    annotate = f"kubectl annotate trainingjob {name} -n {namespace} --overwrite {annotations}"
    return f"modelyard approve {name} -n {namespace} (or {annotate})"


def _approved(resource: Object) -> str:
    return str(_annotations(resource).get(labels.APPROVE_ANNOTATION, ""))


def _annotations(resource: Object) -> Object:
    return resource["metadata"].get("annotations") or {}
