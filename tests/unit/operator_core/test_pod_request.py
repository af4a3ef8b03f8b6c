"""A pod gets its request as the manifest has it, whatever the kubelet makes of dollar signs in variables."""

import re
from typing import Any

import pytest
from modelyard_api.pod_contract import TrainRequest
from modelyard_api.training_job import TrainingJobSpec
from modelyard_operator.pod_template import as_variable

VARIABLES = {"HOME": "/tmp", "PATH": "/usr/bin"}


def as_the_kubelet_expands(value: str) -> str:
    """``$$`` is a dollar sign, ``$(NAME)`` the variable of that name; an unknown one stays (k8s.io/kubernetes/third_party/forked/golang/expansion)."""
    return re.sub(r"\$\$|\$\((\w+)\)", lambda found: VARIABLES.get(found[1], found[0]) if found[1] else "$", value)


@pytest.mark.parametrize("name", ["a$$b", "$(HOME)", "$(PATH)x$$(HOME)", "price in $", "$(UNKNOWN)", "\\u0024", "ü$", "$" * 9])
def test_a_column_keeps_its_name(name: str) -> None:
    spec: dict[str, Any] = {"objective": {"target": name}, "data": {"source": {"uri": "s3://b/$(HOME).csv"}, "columns": [{"name": name}]}}
    request = TrainRequest(namespace="ml", name="x", uid="u", attempt=1, model="x", spec=TrainingJobSpec.model_validate(spec))
    assert TrainRequest.model_validate_json(as_the_kubelet_expands(as_variable(request))) == request
    assert as_the_kubelet_expands(request.model_dump_json()) != request.model_dump_json() or "$$" not in name
