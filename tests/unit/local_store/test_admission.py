"""What is let into the store."""

import pytest
from modelyard_local.store import LocalStore
from modelyard_operator.kube.interface import TRAINING_JOB, Refused

from tests.unit.local_store.objects import training_job


def test_a_refused_manifest_leaves_nothing_behind(store: LocalStore) -> None:
    before = store.list_page(TRAINING_JOB).resource_version
    with pytest.raises(Refused, match=r'^TrainingJob\.modelyard\.io "penguins" is invalid: spec\.training\.epochs: Invalid value: 0'):
        store.apply(training_job(training={"epochs": 0}))
    assert store.list_page(TRAINING_JOB).items == []
    assert store.list_page(TRAINING_JOB).resource_version == before


def test_all_that_is_wrong_is_told_at_once(store: LocalStore) -> None:
    with pytest.raises(Refused) as refusal:
        store.create(training_job(training={"epochs": 0}, promotion={"alias": "latest"}, policy={"retries": -1}))
    for field in ("spec.training.epochs: ", "spec.promotion: ", "spec.policy.retries: "):
        assert field in str(refusal.value)


def test_a_misspelt_field_is_refused_and_not_lost(store: LocalStore) -> None:
    with pytest.raises(Refused, match=r'unknown field "spec\.trainning"'):
        store.apply(training_job(trainning={"epochs": 3}))


def test_what_was_let_in_by_older_rules_may_still_be_approved(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older:
        older.setattr("modelyard_local.store.admission.custom_resources._Checks.problems", lambda *_: [])
        created = store.create(training_job(training={"epochs": 0}))
    approved = {**created["metadata"], "annotations": {"modelyard.io/approve": "1"}}
    assert store.update(TRAINING_JOB, {**created, "metadata": approved})["metadata"]["annotations"] == {"modelyard.io/approve": "1"}
    with pytest.raises(Refused, match=r"spec\.training"):
        store.apply(training_job(training={"epochs": -1}))


def test_a_status_is_held_to_its_schema_and_loses_what_that_does_not_know(store: LocalStore) -> None:
    created = store.create(training_job())
    written = store.replace_status(TRAINING_JOB, {**created, "status": {"state": "Pending", "unknown": 1}})
    assert written["status"]["state"] == "Pending"
    assert "unknown" not in written["status"]
    with pytest.raises(Refused, match=r"status\.state: Invalid value"):
        store.replace_status(TRAINING_JOB, {**written, "status": {"state": 5}})


def test_what_can_not_be_executed_here_is_refused(store: LocalStore) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    }
    with pytest.raises(Refused, match='Service "web" is invalid: spec'):
        store.create(service)
