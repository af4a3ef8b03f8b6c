"""What the operator asks for: refused by name before anything is fetched, and told apart from what a newer operator asks for."""

import json
from pathlib import Path
from typing import Any

import pytest
from modelyard_jobs.__main__ import main

TRAIN: dict[str, Any] = {
    "namespace": "ml",
    "name": "penguins",
    "uid": "1",
    "attempt": 1,
    "model": "penguins",
    "spec": {"objective": {"target": "species"}, "data": {"source": {"uri": "s3://datasets/penguins.csv"}}},
}


def refused(request: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, dict[str, Any]]:
    """Exit code and termination message."""
    message = folder / "message"
    monkeypatch.setenv("MODELYARD_REQUEST", json.dumps(request))
    monkeypatch.setenv("MODELYARD_TERMINATION_PATH", str(message))
    monkeypatch.setattr("sys.argv", ["modelyard-job", "train"])
    monkeypatch.setattr("signal.signal", lambda *_: None)  # this process keeps its own
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0), json.loads(message.read_text())


def test_what_only_a_newer_image_can_do_is_no_fault_of_the_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = TRAIN["spec"] | {"checkpoints": {"every": "1h"}}
    code, message = refused(TRAIN | {"spec": spec}, tmp_path, monkeypatch)
    assert (code, message["reason"]) == (69, "ImageTooOld")
    assert message["message"] == "the operator asks for what this image doesn't know: spec.checkpoints"


def test_a_request_that_is_none_names_the_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, message = refused(TRAIN | {"attempt": "first"}, tmp_path, monkeypatch)
    assert (code, message["reason"]) == (65, "InvalidSpec")
    assert "attempt: " in message["message"]
