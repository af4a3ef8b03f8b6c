"""A manifest that doesn't fit the schema, as server-side apply reports it: with 500, as if the server had failed."""

import pytest
from modelyard_cli.cluster_connection import refused_shape
from modelyard_operator.kube.interface import Unreachable

BODY = {"kind": "ModelDeployment", "metadata": {"name": "x"}}
ANSWER = "PATCH /apis/x: failed to create typed patch object (ml/x; modelyard.io/v1alpha1, Kind=ModelDeployment): "


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (".spec.replcas: field not declared in schema", 'unknown field "spec.replcas"'),
        (
            "errors:\n  .spec.a: field not declared in schema\n  .spec.b: field not declared in schema",
            'unknown field "spec.a"; unknown field "spec.b"',
        ),
        (".spec.replicas: expected numeric (int or float), got string", ".spec.replicas: expected numeric (int or float), got string"),
    ],
)
def test_the_manifest_is_what_is_wrong(words: str, told: str) -> None:
    assert str(refused_shape(BODY, Unreachable(ANSWER + words))) == f'ModelDeployment "x" is invalid: {told}'


def test_a_server_that_failed_stays_one() -> None:
    assert refused_shape(BODY, Unreachable("PATCH /apis/x: etcdserver: request timed out")) is None
