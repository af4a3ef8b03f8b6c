"""Manifests to be judged."""

from pathlib import Path
from typing import Any

import yaml

from tests.contract.api.judges import merged

Object = dict[str, Any]
ROOT = Path(__file__).parents[3]
VALID: dict[str, Object] = {
    "TrainingJob": {
        "objective": {"target": "species"},
        "data": {"source": {"uri": "s3://datasets/penguins.csv"}},
    },
    "ModelDeployment": {
        "model": {"name": "flights", "alias": "champion"},
        "monitoring": {"window": {"rows": 5000}},
    },
}
_TABLE = yaml.safe_load(Path(__file__).with_name("invalid_manifests.yaml").read_text())
CASES = [(kind, case) for kind, cases in _TABLE.items() for case in cases]


def manifest(kind: str, spec: Object, name: str = "sample") -> Object:
    return {"apiVersion": "modelyard.io/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def changed(kind: str, change: Object, name: str = "sample") -> Object:
    """The valid manifest with a change merged into its spec; null removes."""
    return manifest(kind, merged(VALID[kind], change), name)


def published() -> list[Object]:
    """All resources in the manifests that users start from."""
    paths = sorted([*(ROOT / "manifests/examples").glob("*.yaml"), *(ROOT / "manifests/quickstart").glob("*.yaml")])
    documents = [document for path in paths for document in yaml.safe_load_all(path.read_text())]
    return [document for document in documents if document["kind"] in VALID]
