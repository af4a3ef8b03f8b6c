"""One operator leads at a time, whatever happens to it or to its connection."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from modelyard_operator.kube.client import ApiServer, Timeouts, connect
from modelyard_operator.kube.interface import LEASE, Conflict, Kube
from modelyard_operator.kube.lease import Candidate, Elector, LeaseTiming

from dev.cluster import apiserver
from tests.contract.kube.eventually import eventually
from tests.contract.kube.interruptible_proxy import InterruptibleProxy, interruptible

TIMING = LeaseTiming(duration=3, renew_deadline=2, retry_period=0.2)
SHORT = Timeouts(connect=0.5, read=0.5, attempts=1)


@pytest.fixture
def proxied(api_server: apiserver.ApiServer, tmp_path: Path) -> Iterator[tuple[InterruptibleProxy, ApiServer]]:
    with interruptible(api_server.kubeconfig, tmp_path) as (proxy, kubeconfig):
        yield proxy, connect(kubeconfig, timeouts=SHORT)


def elector(kube: Kube, namespace: str, identity: str, on_lost: Callable[[], None] = lambda: None) -> Elector:
    candidate = Elector(kube, Candidate(namespace, "operator", identity), on_lost=on_lost, timing=TIMING)
    candidate.start()
    return candidate


def test_of_several_one_leads(kube: Kube, namespace: str) -> None:
    candidates = [elector(kube, namespace, name) for name in "abc"]
    eventually(lambda: any(candidate.leading for candidate in candidates))
    for _ in range(20):
        assert sum(candidate.leading for candidate in candidates) == 1
        time.sleep(0.05)  # looked at again and again over several renewals
    for candidate in candidates:
        candidate.stop()


def test_a_leader_that_stops_gives_the_lease_back_at_once(kube: Kube, namespace: str) -> None:
    first = elector(kube, namespace, "first")
    assert first.wait_leading(5)
    second = elector(kube, namespace, "second")
    first.stop()
    began = time.monotonic()
    assert second.wait_leading(10)
    assert time.monotonic() - began < TIMING.duration - 1
    lease = kube.get(LEASE, namespace, "operator")["spec"]
    assert (lease["holderIdentity"], lease["leaseTransitions"]) == ("second", 1)
    second.stop()


@pytest.mark.parametrize("place", ["api-server"], indirect=True)
@pytest.mark.parametrize("fault", ["cut", "freeze"])
def test_a_leader_without_api_server_stops_before_another_may_start(
    kube: Kube, proxied: tuple[InterruptibleProxy, ApiServer], namespace: str, fault: str
) -> None:
    proxy, through = proxied
    lost_at: list[float] = []
    first = elector(through, namespace, "first", lambda: lost_at.append(time.monotonic()))
    assert first.wait_leading(5)
    second = elector(kube, namespace, "second")
    getattr(proxy, fault)()
    began = time.monotonic()
    while not second.leading:
        assert time.monotonic() - began < 15
        time.sleep(0.01)
    assert not first.leading
    assert lost_at
    assert lost_at[0] - began <= TIMING.renew_deadline + 0.5
    assert lost_at[0] < time.monotonic()
    second.stop()


def test_a_lease_taken_by_hand_is_lost_at_the_next_renewal(kube: Kube, namespace: str) -> None:
    lost = threading.Event()
    leader = elector(kube, namespace, "first", lost.set)
    assert leader.wait_leading(5)

    def take() -> bool:
        lease = kube.get(LEASE, namespace, "operator")
        try:
            kube.update(LEASE, {**lease, "spec": {**lease["spec"], "holderIdentity": "someone"}})
        except Conflict:  # the leader renewed in between
            return False
        return True

    eventually(take)
    assert lost.wait(TIMING.renew_deadline / 2)
    assert not leader.leading


def test_a_lease_that_its_holder_renews_is_never_taken(kube: Kube, namespace: str) -> None:
    first = elector(kube, namespace, "first")
    assert first.wait_leading(5)
    second = elector(kube, namespace, "second")
    assert not second.wait_leading(TIMING.duration + 1)
    assert first.leading
    for candidate in (second, first):
        candidate.stop()
