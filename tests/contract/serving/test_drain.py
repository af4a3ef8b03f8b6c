"""A server that is told to end finishes what it was asked."""

import os
import signal
import threading
import time

import httpx
import pytest

from tests.contract.serving.conftest import json_rows
from tests.servers.process import ServerFailed


class Traffic(threading.Thread):
    """Sends one request after the other, on a connection that is kept, until the server is no longer in the endpoints."""

    def __init__(self, url, routed):
        super().__init__(daemon=True)
        self.url, self.routed = url, routed
        self.statuses, self.errors, self.closed = [], [], 0

    def run(self):
        with httpx.Client(base_url=self.url, timeout=30) as client:
            while self.routed.is_set():
                try:
                    answer = client.post("/invocations", json={"dataframe_records": json_rows()})
                    self.statuses.append(answer.status_code)
                    self.closed += answer.headers.get("connection") == "close"
                except httpx.TransportError as error:
                    self.errors.append(repr(error))


def test_sigterm_under_traffic_loses_no_request(serve):
    routed = threading.Event()
    routed.set()
    with serve("mlp", deployment="drained", DRAIN_SECONDS="2") as server:
        senders = [Traffic(server.url, routed) for _ in range(4)]
        for sender in senders:
            sender.start()
        server.wait_until(lambda: all(len(sender.statuses) > 10 for sender in senders))
        os.kill(server.process.pid, signal.SIGTERM)
        begun = time.monotonic()
        server.wait_until(lambda: server.client.get("/v2/health/ready").status_code == 503)
        assert server.why_unready() == "the server is shutting down"
        server.wait_until(lambda: all(sender.closed > 5 for sender in senders))
        assert time.monotonic() - begun < 2.0
        routed.clear()
        for sender in senders:
            sender.join()
        with pytest.raises(ServerFailed, match="ended with 0"):
            server.wait_until(lambda: False, 30)
    assert [sender.errors for sender in senders] == [[]] * 4
    assert {status for sender in senders for status in sender.statuses} == {200}


def test_requests_in_flight_are_answered_after_the_drain(serve):
    """A client that takes long to send its body: it began before the end and gets its answer after the listening socket is closed."""
    arrived = threading.Event()

    def slowly():
        yield b'{"dataframe_records": ['
        arrived.set()
        time.sleep(1.5)
        yield b'{"color": "red"}]}'

    with serve("mlp", deployment="in-flight", DRAIN_SECONDS="0.2") as server:
        answers = []

        def send():
            answers.append(
                httpx.post(f"{server.url}/invocations", content=slowly(), headers={"content-type": "application/json"}, timeout=30)
            )

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        assert arrived.wait(10)
        os.kill(server.process.pid, signal.SIGTERM)
        sender.join(20)
        assert [answer.status_code for answer in answers] == [200]
        with pytest.raises(ServerFailed, match="ended with 0"):
            server.wait_until(lambda: False, 30)
