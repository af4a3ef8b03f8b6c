"""From any resource to its explanation."""

from collections.abc import Sequence

from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, TRAINING_JOB, Object

from modelyard_cli.errors import WrongUsage
from modelyard_cli.explanation.model_deployment import explain_model_deployment
from modelyard_cli.explanation.text import Explanation
from modelyard_cli.explanation.training_job import explain_training_job


def explain_resource(resource: Object, events: Sequence[Object] = (), address: str = "") -> Explanation:
    """Pure; ``address``: where a ModelDeployment answers, seen from here. Raises WrongUsage for a kind that has no story to tell."""
    kind = resource.get("kind")
    if kind == TRAINING_JOB.name:
        return explain_training_job(resource, events)
    if kind == MODEL_DEPLOYMENT.name:
        return explain_model_deployment(resource, events, address)
    raise WrongUsage(f"a {kind} can't be explained, a TrainingJob (tj) or a ModelDeployment (md) can")
