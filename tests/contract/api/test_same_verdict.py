"""The store of one machine and the API server say the same of a manifest: the same defaults, or the same fields that are wrong."""

import re
from typing import Any

import pytest
from modelyard_operator.kube.interface import Refused

from tests.contract.api.judges import ByApiServer, ByLocalStore, Judge
from tests.contract.api.manifests import CASES, VALID, changed, manifest, published

Object = dict[str, Any]
_FIELD = re.compile(r'(?:^|invalid: \[?|, |unknown field ")((?:spec|metadata|status|extra)[-\w.\[\]]*)(?=:|")')

ODD: list[Object] = [
    {"training": {"epochs": 3.0}},
    {"training": {"epochs": 3.5}},
    {"training": {"epochs": True}},
    {"training": {"epochs": "3"}},
    {"training": {"seed": 2**70}},
    {"training": {"optimizer": {"learningRate": 1}}},
    {"data": {"split": {"validation": 1, "test": 0.2}}},
    {"data": {"split": {"validation": 0, "test": 0}}},
    {"data": {"split": {}}},
    {"data": {"prepare": {"missing": {}}}},
    {"data": {"columns": [{"name": f"c{number}"} for number in range(600)]}},
    {"data": {"columns": [{"name": "a", "kind": "b"}, {"nom": "c"}]}},
    {"data": {"columns": {"name": "a"}}},
    {"objective": []},
    {"objective": "species"},
    {"objective": {"target": "x" * 129}},
    {"objective": {"target": "Größe"}},
    {"objective": {"target": "", "metric": "x"}, "training": {"epochs": 0}},
    {"objective": {"require": [{"metric": "f1"}, {"metric": "f1", "atLeast": 0.5, "atMost": 1}]}, "promotion": {"alias": "latest"}},
    {"objective": {"require": [{"metric": "f1", "atLeast": 1}]}},
    {"objective": {"require": []}},
    {"promotion": {"alias": "a\n"}},
    {"workers": {"resources": {"limits": {"memory": "8Gi\n"}}}},
    {"workers": {"resources": {"limits": {"memory": 1.5}}}},
    {"workers": {"resources": {"limits": {"memory": []}}}},
    {"workers": {"resources": {"limits": {"cpu": 2}}}},
    {"model": {"architecture": "RandomForest", "parameters": [{"name": "n_estimators", "value": 10}]}},
    {"model": {"architecture": "RandomForest", "parameters": [{"name": "n_estimators", "value": {"any": ["thing"]}}]}},
    {"model": {"architecture": "RandomForest", "parameters": [{"name": "n_estimators"}]}},
]
WHOLE: list[Object] = [
    {**changed("TrainingJob", {}), "extra": 1},
    {**changed("TrainingJob", {}), "spec": None},
    {**changed("TrainingJob", {}), "spec": "all"},
    {key: value for key, value in changed("TrainingJob", {}).items() if key != "spec"},
    *(
        {**changed("TrainingJob", {}), "metadata": {"name": "sample", **metadata}}
        for metadata in (
            {"unknown": 1},
            {"labels": {"a b": "c"}},
            {"labels": {"app": "penguins", "example.com/team": "a"}},
            {"annotations": {"Example": "any text\n"}},
            {"ownerReferences": [{"kind": "ConfigMap"}]},
            {"name": "UPPER"},
        )
    ),
    {**changed("TrainingJob", {}), "spec": {**VALID["TrainingJob"], "training": None, "model": {"architecture": None}}},
]
MANIFESTS = [
    *(manifest(kind, VALID[kind]) for kind in VALID),
    *published(),
    *(changed(kind, case["change"], case.get("name", "sample")) for kind, case in CASES),
    *(changed("TrainingJob", change) for change in ODD),
    *WHOLE,
]


def verdict(judge: Judge, body: Object) -> Object | set[str]:
    """The spec with its defaults, or the fields that are wrong."""
    try:
        return judge.admit(body)["spec"]
    except Refused as refusal:
        return set(_FIELD.findall(str(refusal).replace("<nil>: Invalid value: ", "")))  # how a rule on the whole object is told


@pytest.mark.parametrize("body", MANIFESTS)
def test_the_verdict_is_the_same(by_api_server: ByApiServer, by_local_store: ByLocalStore, body: Object) -> None:
    here = verdict(by_local_store, {**body, "metadata": {**body["metadata"], "namespace": "default"}})
    assert here
    assert here == verdict(by_api_server, {**body, "metadata": {**body["metadata"], "namespace": "default"}})


def test_fields_are_read_out_of_messages() -> None:
    """Or the comparison would compare nothing with nothing."""
    said = 'TrainingJob.modelyard.io "x" is invalid: [spec.a.b[1].c: Invalid value: "n": spec.a.b[1].c in body is wrong, spec.d: Required value]'
    assert set(_FIELD.findall(said)) == {"spec.a.b[1].c", "spec.d"}
    assert _FIELD.findall('strict decoding error: unknown field "spec.x", unknown field "metadata.y"') == ["spec.x", "metadata.y"]
