"""What is wrong is rejected with a message that names the field and the fix, in a cluster and on one machine."""

from typing import Any

import pytest
from modelyard_operator.kube.interface import Refused

from tests.contract.api.judges import Judge
from tests.contract.api.manifests import CASES, VALID, changed, manifest

Object = dict[str, Any]


@pytest.mark.parametrize("kind", VALID)
def test_the_unchanged_manifest_is_accepted(judge: Judge, kind: str) -> None:
    assert judge.admit(manifest(kind, VALID[kind]))["spec"]


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{kind}: {case['case']}" for kind, case in CASES])
def test_rejected_with_the_field_and_the_fix(judge: Judge, kind: str, case: Object) -> None:
    with pytest.raises(Refused) as refusal:
        judge.admit(changed(kind, case["change"], case.get("name", "sample")))
    for words in case["says"]:
        assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"policy": {"retries": 99}, "model": {"architecture": "Oracle"}}, ("spec.policy.retries", "spec.model.architecture")),
        ({"colour": "red", "policy": {"retires": 1}}, ("spec.colour", "spec.policy.retires")),
        ({"promotion": {"alias": "v1"}, "data": {"time": "species"}}, ("MLflow's own", "data.time can't be the target")),
    ],
    ids=["values", "unknown fields", "rules"],
)
def test_one_wrong_field_does_not_hide_another(judge: Judge, change: Object, says: tuple[str, str]) -> None:
    """Of one family: rules are only checked where every value can be read, as the API server then says itself."""
    with pytest.raises(Refused) as refusal:
        judge.admit(changed("TrainingJob", change))
    assert all(words in str(refusal.value) for words in says), str(refusal.value)


@pytest.mark.parametrize(
    "uri",
    [
        *("s3://datasets/ROWS.CSV", "s3://datasets/a b/part-*.jsonl", "s3://datasets/rows.tsv", "s3://datasets/rows.csv.zst"),
        *("https://example.com/rows.csv", "https://example.com/export?select=*&key=a", "https://example.com:8443/data/"),
        *("file:///data/rows.parquet", "file:///my%20data/part-*.csv.gz"),
    ],
)
def test_addresses_of_data(judge: Judge, uri: str) -> None:
    assert judge.admit(changed("TrainingJob", {"data": {"source": {"uri": uri}}}))["spec"]["data"]["source"] == {"uri": uri}


def test_time_may_be_said_for_the_data_or_for_the_split(judge: Judge) -> None:
    for data in ({"time": "date", "split": {"by": "Time"}}, {"split": {"by": "Time", "column": "date"}}):
        assert judge.admit(changed("TrainingJob", {"data": data}))


IMMUTABLE = [
    ({"objective": {"target": "sex"}}, "spec.objective can't be changed"),
    ({"data": {"source": {"uri": "s3://datasets/other.csv"}}}, "spec.data can't be changed"),
    ({"data": {"columns": [{"name": "year", "role": "Ignored"}]}}, "spec.data can't be changed"),
    ({"model": {"architecture": "MLP"}}, "spec.model can't be changed"),
    ({"training": {"seed": 7}}, "spec.training can't be changed"),
    ({"workers": {"gracePeriodSeconds": 5}}, "spec.workers can't be changed"),
    ({"policy": {"retries": 9}}, "only suspend and ttlSecondsAfterFinished can be changed"),
    ({"policy": {"deadlineSeconds": 9}}, "only suspend and ttlSecondsAfterFinished can be changed"),
]


@pytest.mark.parametrize(("change", "says"), IMMUTABLE)
def test_an_experiment_is_not_changed(judge: Judge, change: Object, says: str) -> None:
    with pytest.raises(Refused, match=says):
        judge.change(manifest("TrainingJob", VALID["TrainingJob"]), change)


@pytest.mark.parametrize(
    "change",
    [{"policy": {"suspend": True}}, {"policy": {"ttlSecondsAfterFinished": 60}}, {"promotion": {"approval": "Manual"}}],
    ids=["suspend", "ttl", "promotion"],
)
def test_what_may_be_changed(judge: Judge, change: Object) -> None:
    [(field, values)] = change.items()
    after = judge.change(manifest("TrainingJob", VALID["TrainingJob"]), change)
    assert values.items() <= after["spec"][field].items()
    assert after["metadata"]["generation"] == 2


def test_columns_in_another_order_are_no_change(judge: Judge) -> None:
    columns = [{"name": "year", "role": "Ignored"}, {"name": "sex", "role": "Feature"}]
    before = changed("TrainingJob", {"data": {"columns": columns}})
    assert judge.change(before, {"data": {"columns": columns[::-1]}})["spec"]["data"]["columns"][0]["name"] == "sex"
