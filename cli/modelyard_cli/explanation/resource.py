"""From any resource to its explanation."""

from collections.abc import Sequence

from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, TRAINING_JOB, Object

from modelyard_cli.errors import WrongUsage
from modelyard_cli.explanation.model_deployment import explain_model_deployment
from modelyard_cli.explanation.text import Explanation
from modelyard_cli.explanation.training_job import explain_training_job

_EXPLAINERS = {TRAINING_JOB.name: explain_training_job, MODEL_DEPLOYMENT.name: explain_model_deployment}


def explain_resource(resource: Object, events: Sequence[Object] = ()) -> Explanation:
    """Pure. Raises WrongUsage for a kind that has no story to tell."""
    explain = _EXPLAINERS.get(resource.get("kind", ""))
    if explain is None:
        raise WrongUsage(f"a {resource.get('kind')} can't be explained, a TrainingJob (tj) or a ModelDeployment (md) can")
    return explain(resource, events)
