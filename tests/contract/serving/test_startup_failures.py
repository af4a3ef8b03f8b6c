"""What keeps a server from getting ready is said in words, on a live server; it gets ready when that is put right."""

import json
import subprocess

import pytest
from modelyard_local.preparation import free_ports

from tests.servers.process import clean_environment, program


def words(server, text):
    server.wait_until(lambda: text in server.why_unready())
    assert server.client.get("/v2/health/live").status_code == 200
    assert server.client.get("/ping").status_code == 503
    answer = server.client.post("/invocations", json={"dataframe_records": [{"color": "red"}]})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert text in answer.json()["message"]
    assert text in server.process.log.read_text()


def test_a_version_that_is_not_there(serve, registry):
    with serve("mlp", version="9", ready=False) as server:
        words(server, f"there is no version 9 of model 'ml.mlp' in the registry {registry.url}")


def test_a_registry_that_is_not_there_is_waited_for(serve, registry, platform):
    (port,) = free_ports(1)
    uri = platform / "config" / "MLFLOW_TRACKING_URI"
    uri.write_text(f"http://127.0.0.1:{port}")
    with serve("mlp", ready=False) as server:
        words(server, f"the registry http://127.0.0.1:{port} doesn't give version 1")
        uri.write_text(registry.url)
        server.wait_until(lambda: not server.why_unready())


def test_credentials_that_are_refused(serve, platform):
    (platform / "secret" / "MLFLOW_TRACKING_PASSWORD").write_text("wrong")
    with serve("mlp", ready=False) as server:
        words(server, "refuses the credentials of this namespace")


def test_a_key_that_is_missing(serve, platform):
    (platform / "config" / "S3_BUCKET").unlink()
    with serve("mlp", ready=False) as server:
        words(server, "the ConfigMap modelyard of this namespace has no key S3_BUCKET")


def test_answers_that_differ_from_the_stored_ones(serve):
    with serve("changed", ready=False) as server:
        words(server, "ml.changed version 1 can't be served: its outputs differ by 2e-06 from those stored with it")


@pytest.mark.parametrize(
    ("request_text", "setting", "text"),
    [
        ("", "8080", "MODELYARD_REQUEST: Invalid JSON"),
        (json.dumps({"namespace": "ml"}), "8080", "MODELYARD_REQUEST.name: Field required"),
        (json.dumps({"namespace": "a", "name": "b", "model": "c", "version": "1", "requestLog": {}}), "http", "MODELYARD_PORT has to be"),
    ],
)
def test_a_request_that_cannot_be_read_ends_the_process(request_text, setting, text):
    environment = clean_environment(MODELYARD_REQUEST=request_text, MODELYARD_PORT=setting)
    done = subprocess.run([program("modelyard-serve")], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 65
    assert text in done.stderr
