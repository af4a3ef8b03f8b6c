"""All children of a minimal and of a full ModelDeployment, as manifests."""

from collections.abc import Callable

from modelyard_api.model_deployment import ModelDeploymentSpec
from modelyard_operator.deployment.render import Wanted, render
from modelyard_operator.deployment.rollout import Rollout

from tests.unit.deployment_operator.builders import IMAGES, model_deployment

SINCE = "2026-01-31T12:00:00Z"
DIGESTS = {"1": None, "7": "7" * 64, "8": "8" * 64}
FULL = {
    "model": {"name": "late-flights", "alias": "champion"},
    "replicas": 3,
    "resources": {"requests": {"cpu": "500m", "memory": "2Gi"}, "limits": {"cpu": 2, "memory": "2Gi"}},
    "requestLog": {"sampleRatio": 0.5},
    "monitoring": {
        "schedule": "*/5 * * * *",
        "window": {"rows": 5000},
        "drift": {"numerical": {"method": "Wasserstein", "threshold": 0.1}, "share": 0.5},
        "performance": {"metric": "roc_auc", "atLeast": 0.58},
        "alert": {"after": 2, "of": 3, "notify": [{"secretRef": {"name": "alert-urls"}}, {"secretRef": {"name": "on-call"}}]},
    },
}


def test_minimal(golden: Callable[..., None]) -> None:
    owner = model_deployment()
    spec = ModelDeploymentSpec.model_validate({"model": {"name": "flights", "alias": "champion"}})
    golden("minimal.yaml", *render(Wanted(owner, spec, Rollout("1", "1", SINCE), IMAGES, False, DIGESTS)))


def test_full_while_a_new_version_starts(golden: Callable[..., None]) -> None:
    owner = model_deployment(**FULL)
    spec = ModelDeploymentSpec.model_validate(FULL)
    golden("full.yaml", *render(Wanted(owner, spec, Rollout("8", "7", SINCE), IMAGES, True, DIGESTS)))


def test_nothing_is_rendered_while_there_is_no_version() -> None:
    spec = ModelDeploymentSpec.model_validate(FULL)
    assert render(Wanted(model_deployment(**FULL), spec, Rollout("", "", ""), IMAGES, False, DIGESTS)) == ()
