"""A mirror stays true through whatever happens to the connection."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from modelyard_operator.kube.client import ApiServer, Timeouts, connect
from modelyard_operator.kube.interface import SERVICE, TRAINING_JOB, Expired, Kind, Kube, Unreachable, WatchEvent
from modelyard_operator.kube.mirror import Mirror
from modelyard_operator.kube.pacing import Backoff
from modelyard_operator.kube.reflector import Reflector

from dev.cluster import apiserver
from tests.contract.kube.eventually import eventually
from tests.contract.kube.interruptible_proxy import InterruptibleProxy, interruptible
from tests.contract.kube.objects import service, training_job


@pytest.fixture
def proxied(api_server: apiserver.ApiServer, tmp_path: Path) -> Iterator[tuple[InterruptibleProxy, ApiServer]]:
    with interruptible(api_server.kubeconfig, tmp_path) as (proxy, kubeconfig):
        yield proxy, connect(kubeconfig, timeouts=Timeouts(connect=1, read=2))


def names(mirror: Mirror) -> list[str]:
    return [obj["metadata"]["name"] for obj in mirror.all()]


def reflect(kube: Kube, mirror: Mirror, namespace: str, kind: Kind = SERVICE) -> Reflector:
    reflector = Reflector(kube, kind, mirror, namespace=namespace, backoff=Backoff(first=0.05, longest=0.5))
    reflector.start()
    assert reflector.wait_synced(10)
    return reflector


def test_what_was_there_and_what_comes_changes_and_goes_is_mirrored(kube: Kube, namespace: str) -> None:
    first = kube.create(service(namespace, "first"))
    mirror = Mirror()
    reflector = reflect(kube, mirror, namespace)
    assert names(mirror) == ["first"]
    second = kube.create(service(namespace, "second"))
    kube.update(SERVICE, {**second, "metadata": {**second["metadata"], "labels": {"changed": "yes"}}})
    kube.delete(SERVICE, namespace, "first", first["metadata"]["uid"])
    eventually(lambda: names(mirror) == ["second"] and mirror.all()[0]["metadata"].get("labels"))
    reflector.stop()


@pytest.mark.parametrize("place", ["api-server"], indirect=True)
def test_after_an_outage_everything_that_happened_meanwhile_is_known(
    kube: Kube, proxied: tuple[InterruptibleProxy, ApiServer], namespace: str
) -> None:
    proxy, through = proxied
    old = kube.create(service(namespace, "old"))
    mirror = Mirror()
    reflector = reflect(through, mirror, namespace)
    proxy.cut()
    kube.delete(SERVICE, namespace, "old", old["metadata"]["uid"])
    kube.create(service(namespace, "new"))
    assert names(mirror) == ["old"]
    proxy.restore()
    eventually(lambda: names(mirror) == ["new"])
    reflector.stop()


class ForgetfulOnce:
    """The place, asked for a version that it has forgotten when the watch is opened for the second time."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self.list_page = kube.list_page
        self.watches = 0
        self.expired = 0

    def watch(self, kind: Kind, **query: object) -> Iterator[WatchEvent]:
        self.watches += 1
        version = {"resource_version": "1"} if self.watches == 2 else {}
        try:
            yield from self._kube.watch(kind, **{**query, "timeout_seconds": 3, **version})  # type: ignore[arg-type]
        except Expired:
            self.expired += 1
            raise


def test_after_410_everything_is_listed_again_and_only_differences_are_reported(kube: Kube, namespace: str) -> None:
    for name in ("gone", "stays"):
        training_job(kube, namespace, name)
    changes: list[str] = []
    mirror = Mirror(on_change=lambda obj: changes.append(obj["metadata"]["name"]))
    forgetful = ForgetfulOnce(kube)
    reflector = reflect(forgetful, mirror, namespace, TRAINING_JOB)  # type: ignore[arg-type]
    eventually(lambda: forgetful.watches >= 3)
    assert forgetful.expired == 1
    assert sorted(changes) == ["gone", "stays"]
    gone = kube.get(TRAINING_JOB, namespace, "gone")
    kube.delete(TRAINING_JOB, namespace, "gone", gone["metadata"]["uid"])
    eventually(lambda: names(mirror) == ["stays"])
    reflector.stop()


def test_what_was_deleted_during_an_outage_is_found_by_listing_again(kube: Kube, namespace: str) -> None:
    doomed = training_job(kube, namespace, "doomed")
    changes: list[str] = []
    mirror = Mirror(on_change=lambda obj: changes.append(obj["metadata"]["name"]))
    mirror.replace(kube.list_page(TRAINING_JOB, namespace=namespace).items, namespace)
    kube.delete(TRAINING_JOB, namespace, "doomed", doomed["metadata"]["uid"])
    reflector = reflect(kube, mirror, namespace, TRAINING_JOB)
    assert (names(mirror), changes) == ([], ["doomed", "doomed"])
    reflector.stop()


@pytest.mark.parametrize("place", ["api-server"], indirect=True)
def test_a_peer_that_fell_silent_is_given_up(proxied: tuple[InterruptibleProxy, ApiServer], kube: Kube, namespace: str) -> None:
    """The grace after the server's own timeout is 15 s, so this test takes as long."""
    proxy, through = proxied
    version = kube.list_page(SERVICE, namespace=namespace).resource_version
    watch = through.watch(SERVICE, resource_version=version, namespace=namespace, timeout_seconds=1)
    kube.create(service(namespace, "seen"))
    assert next(watch).object["metadata"]["name"] == "seen"
    proxy.freeze()
    with pytest.raises(Unreachable, match="timed out"):
        next(watch)


@pytest.mark.parametrize("place", ["api-server"], indirect=True)
def test_failures_in_a_row_are_met_with_growing_pauses(proxied: tuple[InterruptibleProxy, ApiServer], namespace: str) -> None:
    proxy, through = proxied
    proxy.cut()
    tries: list[int] = []
    reflector = Reflector(through, SERVICE, Mirror(), namespace=namespace, backoff=Backoff(0.1, 30, jitter=lambda: tries.append(1) or 1.0))
    reflector.start()
    assert not reflector.wait_synced(2)
    assert 3 <= len(tries) <= 6  # 0.1 + 0.2 + 0.4 + 0.8 + 1.6 s
    proxy.restore()
    assert reflector.wait_synced(10)
    reflector.stop()
