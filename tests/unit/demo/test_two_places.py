"""The same folder, byte for byte, goes to the cluster and to this machine, with the same words."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from dev.cluster.locations import REPOSITORY
from dev.demo import flights, on_cluster, on_this_machine
from dev.demo.place import Place
from dev.demo.scenario import QUICKSTART, Scenario

PLACES = {
    "kubectl": lambda: on_cluster.OnCluster("flights-7", "http://127.0.0.1:5000", "http://127.0.0.1:8333"),
    "modelyard": lambda: on_this_machine.OnThisMachine("flights-7"),
}


class Recorder:
    """In place of the command: what it was asked, and what it would have read."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.read: dict[str, str] = {}

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        assert stdin is None
        self.calls.append(arguments)
        if "-f" in arguments:
            folder = Path(arguments[arguments.index("-f") + 1])
            self.read |= {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        return "applied"


def applied(place: Callable[[], Place], monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(on_cluster.kubectl, "kubectl", recorder)
    monkeypatch.setattr(on_this_machine, "modelyard", recorder)
    scenario = Scenario(place(), flights.load)
    scenario.apply(f"{QUICKSTART}/")
    scenario.show("tj,md")
    return recorder


def test_both_places_are_given_the_same(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    here, there = (applied(place, monkeypatch) for place in PLACES.values())

    assert here.calls == there.calls
    assert here.read == there.read == {path.name: sha256(path.read_bytes()).hexdigest() for path in (REPOSITORY / QUICKSTART).iterdir()}
    assert here.calls[-1] == ("get", "tj,md", "-n", "flights-7")
    told = capsys.readouterr().out
    for tool in PLACES:
        assert f"{tool} apply -n flights-7 -f manifests/quickstart/" in told
