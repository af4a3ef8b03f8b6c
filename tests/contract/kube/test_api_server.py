"""What the API server says becomes the errors and objects of the seam; the store of one machine says the same."""

import pytest
from modelyard_operator.kube.client import Timeouts, connect
from modelyard_operator.kube.interface import (
    EVENT,
    JOB,
    SERVICE,
    TRAINING_JOB,
    AlreadyExists,
    Conflict,
    Expired,
    Kube,
    NotFound,
    Refused,
    Unreachable,
)

from dev.cluster import apiserver
from tests.contract.kube.objects import job, service, training_job


def test_pages_continue_until_all_objects_were_listed(kube: Kube, namespace: str) -> None:
    for number in range(5):
        kube.create(job(namespace, f"job-{number}"))
    names, token = [], ""
    while True:
        page = kube.list_page(JOB, namespace=namespace, limit=2, next_page=token)
        names += [item["metadata"]["name"] for item in page.items]
        token = page.next_page
        if not token:
            break
    assert names == [f"job-{number}" for number in range(5)]
    assert page.items[0]["kind"] == "Job"
    assert "managedFields" not in page.items[0]["metadata"]


def test_a_list_is_limited_to_the_label_selector(kube: Kube, namespace: str) -> None:
    kube.create(job(namespace, "ours", labels={"app.kubernetes.io/managed-by": "modelyard"}))
    kube.create(job(namespace, "theirs"))
    page = kube.list_page(JOB, namespace=namespace, selector="app.kubernetes.io/managed-by=modelyard")
    assert [item["metadata"]["name"] for item in page.items] == ["ours"]


def test_creating_twice_is_told_apart_from_a_conflict(kube: Kube, namespace: str) -> None:
    created = kube.create(job(namespace, "twice"))
    with pytest.raises(AlreadyExists, match="twice"):
        kube.create(job(namespace, "twice"))
    kube.update(JOB, {**created, "metadata": {**created["metadata"], "labels": {"changed": "yes"}}})
    with pytest.raises(Conflict, match="the object has been modified"):
        kube.update(JOB, {**created, "metadata": {**created["metadata"], "labels": {"changed": "again"}}})


def test_an_invalid_object_is_refused_in_the_servers_words(kube: Kube, namespace: str) -> None:
    body = job(namespace, "bad")
    body["spec"]["parallelism"] = -1
    with pytest.raises(Refused, match=r"spec\.parallelism"):
        kube.create(body)


def test_what_is_not_there_is_not_found(kube: Kube, namespace: str) -> None:
    with pytest.raises(NotFound, match='"nothing" not found'):
        kube.get(JOB, namespace, "nothing")


def test_apply_removes_what_the_manifest_no_longer_says_even_if_it_was_created_by_post(kube: Kube, namespace: str) -> None:
    created = kube.create(service(namespace, "web", annotations={"first": "1", "second": "2"}))
    uid = created["metadata"]["uid"]
    applied = kube.apply(service(namespace, "web", annotations={"second": "2"}, uid=uid))
    assert applied["metadata"]["annotations"] == {"second": "2"}
    again = kube.apply(service(namespace, "web", uid=uid))
    assert "annotations" not in again["metadata"]


def test_apply_leaves_fields_of_others_alone(kube: Kube, namespace: str) -> None:
    created = kube.create(service(namespace, "shared"))
    kube.update(SERVICE, {**created, "metadata": {**created["metadata"], "annotations": {"theirs": "yes"}}})
    applied = kube.apply(service(namespace, "shared", annotations={"ours": "yes"}, uid=created["metadata"]["uid"]))
    assert applied["metadata"]["annotations"]["ours"] == "yes"


def test_apply_with_a_uid_never_touches_another_object_of_that_name(kube: Kube, namespace: str) -> None:
    kube.create(service(namespace, "web", annotations={"theirs": "1"}))
    with pytest.raises(Conflict):
        kube.apply(service(namespace, "web", uid="00000000-0000-0000-0000-000000000000"))
    assert kube.get(SERVICE, namespace, "web")["metadata"]["annotations"] == {"theirs": "1"}


def test_apply_with_a_uid_makes_no_new_object(kube: Kube, namespace: str) -> None:
    with pytest.raises(Conflict):
        kube.apply(service(namespace, "gone", uid="00000000-0000-0000-0000-000000000000"))
    with pytest.raises(NotFound):
        kube.get(SERVICE, namespace, "gone")


def test_suspending_changes_nothing_else(kube: Kube, namespace: str) -> None:
    before = kube.create(job(namespace, "sleeping"))
    after = kube.patch_suspend(JOB, namespace, "sleeping", False)
    assert after["spec"] == {**before["spec"], "suspend": False}


def test_status_is_written_only_onto_the_version_that_was_read(kube: Kube, namespace: str) -> None:
    resource = training_job(kube, namespace)
    written = kube.replace_status(TRAINING_JOB, {**resource, "status": {"observedGeneration": 1, "state": "Pending"}})
    assert written["status"]["state"] == "Pending"
    assert written["spec"] == resource["spec"]
    with pytest.raises(Conflict):
        kube.replace_status(TRAINING_JOB, {**resource, "status": {"observedGeneration": 1, "state": "Running"}})


def test_only_the_object_with_that_uid_is_deleted_and_gone_is_fine(kube: Kube, namespace: str) -> None:
    created = kube.create(service(namespace, "once"))
    kube.delete(SERVICE, namespace, "once", "00000000-0000-0000-0000-000000000000")
    assert kube.get(SERVICE, namespace, "once")["metadata"]["uid"] == created["metadata"]["uid"]
    for _ in range(2):
        kube.delete(SERVICE, namespace, "once", created["metadata"]["uid"])
    with pytest.raises(NotFound):
        kube.get(SERVICE, namespace, "once")


def test_events_about_one_object_are_found_by_its_uid(kube: Kube, namespace: str) -> None:
    about = kube.create(job(namespace, "watched"))
    other = kube.create(job(namespace, "other"))
    for target, name in ((about, "one"), (other, "two")):
        regarding = {"kind": "Job", "namespace": namespace, "name": target["metadata"]["name"], "uid": target["metadata"]["uid"]}
        kube.create(
            {
                "apiVersion": EVENT.api_version,
                "kind": "Event",
                "metadata": {"namespace": namespace, "name": name},
                "eventTime": "2026-01-01T00:00:00.000000Z",
                "reportingController": "test",
                "reportingInstance": "test",
                "action": "Test",
                "reason": "Tested",
                "type": "Normal",
                "note": name,
                "regarding": regarding,
            }
        )
    assert [event["note"] for event in kube.pod_events(namespace, about["metadata"]["uid"])] == ["one"]


def test_a_watch_from_a_forgotten_version_has_expired(kube: Kube, namespace: str) -> None:
    training_job(kube, namespace)
    with pytest.raises(Expired, match="too old resource version"):
        list(kube.watch(TRAINING_JOB, resource_version="1", timeout_seconds=5))


def test_a_watch_tells_what_changed_and_ends_in_order(kube: Kube, namespace: str) -> None:
    version = kube.list_page(JOB, namespace=namespace).resource_version
    created = kube.create(job(namespace, "seen"))
    kube.delete(JOB, namespace, "seen", created["metadata"]["uid"])
    events = list(kube.watch(JOB, resource_version=version, namespace=namespace, timeout_seconds=2))
    assert [event.type for event in events if event.type != "BOOKMARK"] == ["ADDED", "DELETED"]


def test_no_server_is_unreachable_soon(api_server: apiserver.ApiServer) -> None:
    dead = connect(api_server.kubeconfig, timeouts=Timeouts(connect=1, read=1))
    dead._transport.configuration.host = "https://127.0.0.1:1"
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1"):
        dead.get(JOB, "default", "any")
