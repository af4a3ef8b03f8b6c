"""What a demo on this machine leaves for the next one and for `make demo-down`."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dev.demo import on_this_machine
from dev.demo.on_this_machine import prepare, remove
from dev.demo.place import DemoStopped


@dataclass
class Command:
    """In place of the `modelyard` command: knows whether the platform is up."""

    is_up: bool = False
    calls: list[str] = field(default_factory=list)

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        self.calls.append(" ".join(arguments))
        self.is_up = {"up": True, "down": False}.get(arguments[0], self.is_up)
        return ""


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path))
    found = Command()
    monkeypatch.setattr(on_this_machine, "modelyard", found)
    monkeypatch.setattr(on_this_machine, "_is_up", lambda: found.is_up)
    return found


def test_each_run_has_a_namespace_of_its_own_and_takes_the_earlier_one_away(command: Command) -> None:
    assert [prepare().namespace, prepare().namespace] == ["flights-1", "flights-2"]
    assert command.calls == ["up", "up", "delete md/flights tj/flights tj/flights-worse -n flights-1 --ignore-not-found --no-wait"]


def test_down_stops_a_platform_that_a_demo_started(command: Command) -> None:
    prepare()
    prepare()
    remove()
    assert command.calls[-2:] == ["delete md/flights tj/flights tj/flights-worse -n flights-2 --ignore-not-found", "down"]
    assert prepare().namespace == "flights-3"  # MLflow remembers the models of earlier ones


def test_down_leaves_a_platform_that_was_up_before(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    command.is_up = True
    prepare()
    remove()
    assert "down" not in command.calls
    assert "stays" in capsys.readouterr().out


def test_down_without_a_demo_touches_nothing(command: Command) -> None:
    remove()
    assert command.calls == []


def test_what_a_stopped_platform_keeps_is_deleted_by_the_next_demo(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    prepare()
    command.is_up = False
    remove()
    assert command.calls == ["up"]
    assert "the platform is not running" in capsys.readouterr().out
    prepare()
    assert "delete md/flights tj/flights tj/flights-worse -n flights-1" in command.calls[-1]


def test_a_refused_command_stops_the_demo_in_its_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(DemoStopped, match=r"modelyard get tj -n x ended with 3: error: there is no platform on this machine yet"):
        on_this_machine.modelyard("get", "tj", "-n", "x")
