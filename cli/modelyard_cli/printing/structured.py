"""Resources as JSON, YAML or names: for scripts."""

import json
from collections.abc import Sequence

from modelyard_local.kinds import ALL_KINDS
from modelyard_operator.kube.interface import Object

from modelyard_cli.kind_names import full_name


def as_json(document: object) -> str:
    """Indented by four, as kubectl does."""
    return json.dumps(document, indent=4, ensure_ascii=False)


def as_yaml(document: object) -> str:
    """Keys in order of the alphabet, as kubectl has them."""
    import yaml  # noqa: PLC0415

    text: str = yaml.safe_dump(document, default_flow_style=False, allow_unicode=True, width=10**6)
    return text.rstrip("\n")


def as_list(objects: Sequence[Object]) -> Object:
    """Several resources as one document."""
    return {"apiVersion": "v1", "items": list(objects), "kind": "List", "metadata": {"resourceVersion": ""}}


def name_of(obj: Object) -> str:
    """``trainingjob.modelyard.io/flights``."""
    return f"{full_name(ALL_KINDS[obj['kind']])}/{obj['metadata']['name']}"
