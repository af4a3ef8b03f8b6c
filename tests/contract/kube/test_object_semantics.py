"""What happens to an object through its life: the store of one machine does with it what the API server does."""

import pytest
from modelyard_operator.kube.interface import JOB, SERVICE, TRAINING_JOB, AlreadyExists, Conflict, Kube, NotFound, Object, Refused

from tests.contract.kube.objects import job, service, training_job


def with_metadata(obj: Object, **changes: object) -> Object:
    return {**obj, "metadata": {**obj["metadata"], **changes}}


def manifest(obj: Object, **spec: object) -> Object:
    """What a person would apply again."""
    metadata = {key: obj["metadata"][key] for key in ("namespace", "name")}
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": metadata, "spec": {**obj["spec"], **spec}}


def test_an_object_with_finalizers_is_marked_and_goes_with_the_last_of_them(kube: Kube, namespace: str) -> None:
    created = training_job(kube, namespace)
    held = kube.update(TRAINING_JOB, with_metadata(created, finalizers=["example.com/one", "example.com/two"]))
    for _ in range(2):
        kube.delete(TRAINING_JOB, namespace, "penguins", held["metadata"]["uid"])
    leaving = kube.get(TRAINING_JOB, namespace, "penguins")
    assert leaving["metadata"]["deletionTimestamp"]
    assert leaving["metadata"]["generation"] == 2
    with pytest.raises(AlreadyExists, match="being deleted"):
        training_job(kube, namespace)
    with pytest.raises(Refused, match="finalizers"):
        kube.update(TRAINING_JOB, with_metadata(leaving, finalizers=["example.com/one", "example.com/two", "example.com/late"]))
    leaving = kube.update(TRAINING_JOB, with_metadata(leaving, finalizers=["example.com/two"]))
    kube.update(TRAINING_JOB, with_metadata(leaving, finalizers=[]))
    with pytest.raises(NotFound):
        kube.get(TRAINING_JOB, namespace, "penguins")
    assert training_job(kube, namespace)["metadata"]["uid"] != held["metadata"]["uid"]


def test_a_watch_by_label_is_told_what_begins_and_ceases_to_match(kube: Kube, namespace: str) -> None:
    version = kube.list_page(TRAINING_JOB, namespace=namespace).resource_version
    obj = training_job(kube, namespace)
    training_job(kube, namespace, "other")
    for labels in ({"team": "a"}, {"team": "a", "more": "yes"}, {"team": "b"}):
        obj = kube.update(TRAINING_JOB, with_metadata(obj, labels=labels))
    watch = kube.watch(TRAINING_JOB, resource_version=version, namespace=namespace, selector="team=a", timeout_seconds=1)
    assert [event.type for event in watch if event.type != "BOOKMARK"] == ["ADDED", "MODIFIED", "DELETED"]


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("team in (a,b)", ["a", "b"]),
        ("team notin (a)", ["b", "none"]),
        ("team", ["a", "b"]),
        ("!team", ["none"]),
        ("team!=a", ["b", "none"]),
        ("team==a,!other", ["a"]),
    ],
)
def test_selectors_mean_the_same(kube: Kube, namespace: str, selector: str, found: list[str]) -> None:
    for name in ("a", "b", "none"):
        kube.create(service(namespace, name, labels={"team": name} if name != "none" else {}))
    assert [item["metadata"]["name"] for item in kube.list_page(SERVICE, namespace=namespace, selector=selector).items] == found


def test_a_broken_selector_is_refused(kube: Kube, namespace: str) -> None:
    with pytest.raises(Refused):
        kube.list_page(JOB, namespace=namespace, selector="team in a")


def test_the_generation_counts_changes_of_the_spec(kube: Kube, namespace: str) -> None:
    created = training_job(kube, namespace)
    labelled = kube.update(TRAINING_JOB, with_metadata(created, labels={"a": "b"}, generation=7))
    written = kube.replace_status(TRAINING_JOB, {**labelled, "status": {"observedGeneration": 1, "state": "Pending"}})
    assert [each["metadata"]["generation"] for each in (created, labelled, written)] == [1, 1, 1]
    changed = kube.update(TRAINING_JOB, {**written, "spec": {**written["spec"], "promotion": {"approval": "Manual"}}})
    assert changed["metadata"]["generation"] == 2
    assert kube.create(job(namespace, "asleep"))["metadata"]["generation"] == 1
    assert kube.patch_suspend(JOB, namespace, "asleep", False)["metadata"]["generation"] == 2


def test_status_and_the_rest_are_written_apart(kube: Kube, namespace: str) -> None:
    created = kube.create(
        {**manifest(training_job(kube, namespace)), "metadata": {"namespace": namespace, "name": "b"}, "status": {"state": "Failed"}}
    )
    assert "status" not in created
    other = {**with_metadata(created, labels={"a": "b"}), "spec": {**created["spec"], "training": {"seed": 5}}}
    written = kube.replace_status(TRAINING_JOB, {**other, "status": {"state": "Pending", "unknown": 1}})
    assert (written["spec"], written["metadata"].get("labels"), written["status"]["state"]) == (created["spec"], None, "Pending")
    assert "unknown" not in written["status"]
    labelled = kube.update(TRAINING_JOB, {**with_metadata(written, labels={"a": "b"}), "status": {"state": "Failed"}})
    assert labelled["status"] == written["status"]
    assert kube.apply(manifest(labelled, promotion={"approval": "Manual"}))["status"] == written["status"]


def test_a_write_that_changes_nothing_keeps_the_version(kube: Kube, namespace: str) -> None:
    training_job(kube, namespace)
    found = kube.get(TRAINING_JOB, namespace, "penguins")
    assert kube.update(TRAINING_JOB, found)["metadata"]["resourceVersion"] == found["metadata"]["resourceVersion"]
    written = kube.replace_status(TRAINING_JOB, {**found, "status": {"state": "Pending"}})
    again = kube.replace_status(TRAINING_JOB, written)
    assert again["metadata"]["resourceVersion"] == written["metadata"]["resourceVersion"]
    kube.apply(manifest(written))
    applied = kube.apply(manifest(written))
    assert kube.apply(manifest(written))["metadata"]["resourceVersion"] == applied["metadata"]["resourceVersion"]


def test_an_update_says_which_version_it_was_made_from(kube: Kube, namespace: str) -> None:
    created = training_job(kube, namespace)
    without = {key: value for key, value in created["metadata"].items() if key != "resourceVersion"}
    with pytest.raises(Refused, match=r"metadata\.resourceVersion.*must be specified for an update"):
        kube.update(TRAINING_JOB, {**created, "metadata": without})
    with pytest.raises(Conflict):
        kube.update(TRAINING_JOB, with_metadata(created, uid="00000000-0000-0000-0000-000000000000"))
    kube.update(TRAINING_JOB, with_metadata(created, labels={"a": "b"}))
    stale = manifest(created, promotion={"approval": "Manual"})
    stale["metadata"]["resourceVersion"] = created["metadata"]["resourceVersion"]
    with pytest.raises(Conflict, match="the object has been modified"):
        kube.apply(stale)


def test_what_the_server_says_about_an_object_is_not_for_a_manifest_to_say(kube: Kube, namespace: str) -> None:
    body = manifest(training_job(kube, namespace))
    body["metadata"] |= {"name": "b", "uid": "mine", "generation": 9, "creationTimestamp": "2001-01-01T00:00:00Z"}
    created = kube.create(body)
    assert created["metadata"]["uid"] != "mine"
    assert created["metadata"]["generation"] == 1
    assert created["metadata"]["creationTimestamp"] > "2001-01-01T00:00:00Z"
    changed = kube.update(TRAINING_JOB, with_metadata(created, creationTimestamp="2001-01-01T00:00:00Z", labels={"a": "b"}))
    assert changed["metadata"]["creationTimestamp"] == created["metadata"]["creationTimestamp"]
