"""`modelyard predict` and the client right after a model became Available: the gateway may learn of its pods a moment later."""

from collections.abc import Iterator
from typing import Any

import pytest
from modelyard_cli import clock
from modelyard_cli.errors import CommandError
from modelyard_cli.predicting.rows import Request
from modelyard_cli.predicting.served_model import ask
from modelyard_operator.kube.interface import NotFound, Unreachable

REQUEST = Request(b'{"inputs": [{"a": 1}]}', "application/json", 1)
ANSWER = b'{"predictions": [{"prediction": 2.0}]}'


class Service:
    """A connection to one ModelDeployment whose gateway gives these answers, the last of them for ever."""

    namespace = "default"

    def __init__(self, available: str, *answers: bytes | Exception) -> None:
        self.available = available
        self.answers = list(answers)
        self.kube = self

    def get(self, *_: object) -> dict[str, Any]:
        condition = {"type": "Available", "status": self.available, "reason": "R", "message": "no pod is ready"}
        return {"status": {"conditions": [condition]}}

    def ask(self, *_: object) -> bytes:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def clock_of_the_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Pauses pass at once; their lengths."""
    pauses: list[float] = []
    monkeypatch.setattr(clock, "pause", pauses.append)
    monkeypatch.setattr(clock, "elapsed", lambda: sum(pauses))
    return pauses


@pytest.mark.parametrize("early", [Unreachable("no available server"), NotFound("404 page not found")])
def test_an_available_model_is_target_again_until_the_gateway_knows_its_pods(early: Exception) -> None:
    service: Any = Service("True", early, early, ANSWER)
    assert ask(service, "flights", REQUEST) == [{"prediction": 2.0}]


def test_a_model_that_never_answers_is_given_up(clock_of_the_test: list[float]) -> None:
    service: Any = Service("True", Unreachable("no available server"))
    with pytest.raises(CommandError, match="flights doesn't answer: no available server"):
        ask(service, "flights", REQUEST)
    assert 4 < sum(clock_of_the_test) < 6


def test_a_model_that_is_not_available_is_not_waited_for(clock_of_the_test: list[float]) -> None:
    service: Any = Service("False", Unreachable("no available server"))
    with pytest.raises(CommandError, match="flights doesn't answer yet: no pod is ready"):
        ask(service, "flights", REQUEST)
    assert not clock_of_the_test
