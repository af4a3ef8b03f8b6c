"""The receiver of alerts as a process: keeps what it gets, listens on loopback alone, is stopped and nobody else is."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from dev.demo import local_receiver
from dev.demo.local_receiver import RunningReceiver

pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")  # it is meant to outlive who starts it


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[RunningReceiver]:
    running = local_receiver.start(tmp_path / "log")
    yield running
    local_receiver.stop(running)


def test_it_keeps_what_it_gets(receiver: RunningReceiver) -> None:
    assert httpx.get(receiver.url, timeout=10).json() == []
    for number in range(2):
        httpx.post(receiver.url, json={"number": number}, timeout=10).raise_for_status()
    assert httpx.get(receiver.url, timeout=10).json() == [{"number": 0}, {"number": 1}]


def test_it_listens_on_loopback_alone(receiver: RunningReceiver) -> None:
    addresses = {each.laddr.ip for each in psutil.Process(receiver.pid).net_connections() if each.status == psutil.CONN_LISTEN}
    assert addresses == {"127.0.0.1"}


def test_stopping_ends_it_and_may_be_repeated(receiver: RunningReceiver) -> None:
    local_receiver.stop(receiver)
    local_receiver.stop(receiver)
    with pytest.raises(httpx.ConnectError):
        httpx.get(receiver.url, timeout=10)


def test_a_process_that_got_its_id_is_left_alone() -> None:
    local_receiver.stop(RunningReceiver(pid=os.getpid(), started=0.0, url=""))
