"""What a write changes, and what it leaves alone."""

import copy
import math
from datetime import date

import pytest
from modelyard_local.kinds import CONFIG_MAP, SECRET
from modelyard_local.store import LocalStore
from modelyard_operator.kube.interface import EVENT, POD, TRAINING_JOB, Conflict, NotFound, Refused

from tests.unit.local_store.objects import config_map, event, pod, training_job


def test_a_new_object_gets_identity_age_and_defaults_and_keeps_no_status(store: LocalStore) -> None:
    manifest = {**training_job(), "status": {"state": "Promoted"}}
    before = copy.deepcopy(manifest)
    created = store.create(manifest)
    assert manifest == before
    assert created["metadata"]["creationTimestamp"] == "2026-01-02T03:04:05Z"
    assert created["metadata"]["generation"] == 1
    assert len(created["metadata"]["uid"]) == 36
    assert "status" not in created
    assert created["spec"]["training"] == {"seed": 0}
    assert store.get(TRAINING_JOB, "ml", "penguins") == created


def test_an_object_without_namespace_is_in_the_default_one(store: LocalStore) -> None:
    store.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "here"}})
    assert store.get(CONFIG_MAP, "default", "here")["metadata"]["namespace"] == "default"


def test_the_generation_counts_changes_of_the_spec_alone(store: LocalStore) -> None:
    created = store.create(training_job())
    written = store.replace_status(TRAINING_JOB, {**created, "spec": {}, "status": {"observedGeneration": 1, "state": "Pending"}})
    assert (written["spec"], written["metadata"]["generation"]) == (created["spec"], 1)
    labelled = store.update(TRAINING_JOB, {**written, "status": {}, "metadata": {**written["metadata"], "labels": {"a": "b"}}})
    assert (labelled["status"], labelled["metadata"]["generation"]) == (written["status"], 1)
    applied = store.apply(training_job(policy={"suspend": True}))
    assert (applied["status"], applied["metadata"]["generation"]) == (written["status"], 2)


def test_a_write_that_changes_nothing_is_none(store: LocalStore) -> None:
    first = store.apply(training_job())
    assert store.apply(training_job()) == first
    assert store.update(TRAINING_JOB, first) == first
    written = store.replace_status(TRAINING_JOB, {**first, "status": {"state": "Pending"}})
    assert store.replace_status(TRAINING_JOB, written) == written
    assert store.list_page(TRAINING_JOB).resource_version == written["metadata"]["resourceVersion"]


def test_resource_versions_grow_over_all_kinds(store: LocalStore) -> None:
    created = [store.create(config_map("a")), store.create(training_job()), store.create(config_map("b"))]
    versions = [int(each["metadata"]["resourceVersion"]) for each in created]
    assert versions == sorted(set(versions))
    assert int(store.list_page(CONFIG_MAP).resource_version) == versions[-1]


def test_apply_keeps_what_others_set_and_drops_what_it_set_itself(store: LocalStore) -> None:
    store.apply(config_map("shared", annotations={"ours": "1", "old": "1"}, labels={"old": "1"}))
    found = store.get(CONFIG_MAP, "ml", "shared")
    annotations = {**found["metadata"]["annotations"], "modelyard.io/approve": "7"}
    held = {**found["metadata"], "annotations": annotations, "finalizers": ["example.com/held"]}
    store.update(CONFIG_MAP, {**found, "metadata": held})
    after = store.apply(config_map("shared", annotations={"ours": "2"}, data={"key": "value"}))
    assert after["metadata"]["annotations"] == {"ours": "2", "modelyard.io/approve": "7"}
    assert "labels" not in after["metadata"]
    assert after["metadata"]["finalizers"] == ["example.com/held"]
    assert (after["metadata"]["uid"], after["data"]) == (found["metadata"]["uid"], {"key": "value"})


def test_apply_of_an_old_version_is_a_conflict(store: LocalStore) -> None:
    first = store.apply(config_map("shared"))
    store.apply(config_map("shared", data={"key": "1"}))
    with pytest.raises(Conflict, match="the object has been modified"):
        store.apply({**first, "data": {"key": "2"}})


def test_an_update_needs_the_version_that_was_read(store: LocalStore) -> None:
    created = store.create(pod("main"))
    with pytest.raises(Refused, match=r"metadata\.resourceVersion: must be specified"):
        store.update(POD, pod("main"))
    with pytest.raises(Conflict, match=r"metadata\.uid"):
        store.update(POD, {**created, "metadata": {**created["metadata"], "uid": "another"}})
    with pytest.raises(NotFound, match='pods "other" not found'):
        store.update(POD, {**created, "metadata": {**created["metadata"], "name": "other"}})
    with pytest.raises(Refused, match="configmaps have no status"):
        store.replace_status(CONFIG_MAP, config_map("any"))


def test_identity_and_age_are_not_for_a_manifest_to_say(store: LocalStore) -> None:
    created = store.create(pod("main", creationTimestamp="2001-01-01T00:00:00Z", generation=9, deletionTimestamp="2001-01-01T00:00:00Z"))
    assert created["metadata"]["creationTimestamp"] == "2026-01-02T03:04:05Z"
    assert created["metadata"]["generation"] == 1
    changed = {**created["metadata"], "creationTimestamp": "2001-01-01T00:00:00Z", "deletionTimestamp": "2001-01-01T00:00:00Z"}
    assert store.update(POD, {**created, "metadata": changed}) == created
    with pytest.raises(Refused, match="resourceVersion should not be set"):
        store.create(pod("other", resourceVersion="5"))


def test_a_kind_that_is_not_kept_here_is_refused_with_those_that_are(store: LocalStore) -> None:
    with pytest.raises(Refused, match=r"no kind 'StatefulSet' in 'apps/v1'; there are: TrainingJob \(modelyard\.io/v1alpha1\)"):
        store.create({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "a"}})
    with pytest.raises(Refused, match="no kind 'Job' in 'batch/v2'"):
        store.create({"apiVersion": "batch/v2", "kind": "Job", "metadata": {"name": "a"}})


@pytest.mark.parametrize("value", [math.nan, date(2026, 1, 1), b"bytes"])
def test_what_is_not_json_is_refused(store: LocalStore, value: object) -> None:
    with pytest.raises(Refused, match="not everything in it can be said in JSON"):
        store.create(config_map("odd", data={"key": value}))


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".", "-a", "a" * 254, 7])
def test_names_that_could_not_be_folders_or_addresses_are_refused(store: LocalStore, name: object) -> None:
    with pytest.raises(Refused, match=r"metadata\.name"):
        store.create(config_map(name))  # type: ignore[arg-type]
    with pytest.raises(Refused, match=r"metadata\.namespace"):
        store.create(config_map("fine", namespace=name or "a.b"))


def test_a_secrets_texts_are_kept_as_base64_and_never_shown(store: LocalStore) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": "ml", "name": "keys"}}
    store.apply({**secret, "data": {"a": "QQ=="}, "stringData": {"b": "B"}})
    assert store.get(SECRET, "ml", "keys")["data"] == {"a": "QQ==", "b": "Qg=="}
    with pytest.raises(Refused, match=r"data\[c\]: .*stringData") as refusal:
        store.apply({**secret, "data": {"c": "hunter2!"}})
    assert "hunter2" not in str(refusal.value)
    with pytest.raises(Refused, match='unknown field "stringdata"'):
        store.apply({**secret, "stringdata": {"b": "B"}})


@pytest.mark.parametrize("key", ["..", "../passwd", "a/b", "", "a b"])
def test_a_key_that_could_not_be_a_file_is_refused(store: LocalStore, key: str) -> None:
    with pytest.raises(Refused, match="a key has letters"):
        store.create(config_map("files", data={key: "x"}))


def test_only_so_many_events_are_kept(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelyard_local.store.local_store._EVENTS_KEPT", 3)
    for number in range(5):
        store.create(event(f"event-{number}", "uid-1"))
    assert [each["note"] for each in store.pod_events("ml", "uid-1")] == ["event-2", "event-3", "event-4"]
    assert store.pod_events("ml", "uid-2") == []
    assert len(store.list_page(EVENT).items) == 3
