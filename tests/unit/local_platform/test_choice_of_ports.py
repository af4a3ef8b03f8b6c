"""Which port a part gets, and what is said about it."""

import os
import socket

import pytest
from modelyard_local import preparation
from modelyard_local.preparation import Choice, PortTaken, Request

MLFLOW = Request("MLflow", "--port-mlflow", 5000)


def holder(port: int) -> str:
    return f"the port is in use by nginx (process 7: {port})"


def choose(request: Request, taken: set[int], others: frozenset[int] = frozenset()) -> Choice:
    return preparation.choose(request, lambda port: port not in taken, holder, others)


def test_the_usual_port_when_nothing_is_known() -> None:
    assert choose(MLFLOW, set()) == Choice(5000)


def test_the_remembered_port_before_the_usual_one() -> None:
    assert choose(Request("MLflow", "--port-mlflow", 5000, remembered=5003), set()) == Choice(5003)


def test_an_asked_port_before_the_remembered_one() -> None:
    assert choose(Request("MLflow", "--port-mlflow", 5000, remembered=5003, requested=6000), set()) == Choice(6000)


def test_another_one_with_a_note_who_holds_the_usual_one() -> None:
    choice = choose(MLFLOW, {5000, 5001})
    assert choice.port == 5002
    assert choice.note == "MLflow is at port 5002 instead of 5000: the port is in use by nginx (process 7: 5000)"


def test_the_usual_one_again_when_the_remembered_one_is_taken() -> None:
    assert choose(Request("MLflow", "--port-mlflow", 5000, remembered=5003), {5003}).port == 5000


def test_any_free_one_when_all_near_ones_are_taken() -> None:
    assert choose(MLFLOW, set(range(4000, 6000))).port >= 20_000


def test_an_asked_port_that_is_taken_is_an_error_naming_who_holds_it() -> None:
    with pytest.raises(PortTaken, match=r"--port-mlflow 6000: the port is in use by nginx \(process 7: 6000\); end that, or name another"):
        choose(Request("MLflow", "--port-mlflow", 5000, requested=6000), {6000})


def test_two_parts_never_get_the_same_port() -> None:
    others = frozenset({5000})
    assert choose(MLFLOW, set(), others).port != 5000
    with pytest.raises(PortTaken, match="another part of Modelyard"):
        choose(Request("MLflow", "--port-mlflow", 5000, requested=5000), set(), others)


def test_a_real_listener_is_found_and_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not preparation.is_free_port(port)
        assert f"process {os.getpid()}" in preparation.holder(port)
    assert preparation.is_free_port(port)


def test_many_free_ports_differ_and_are_below_those_of_outgoing_connections() -> None:
    found = preparation.free_ports(7, lambda port: port % 2 == 0, frozenset({20_000}))
    assert len(set(found)) == 7
    assert all(port % 2 == 0 and 20_000 < port < 30_000 for port in found)
