"""The API server that the contract tests stand on: it answers, records writes, and leaves no process behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from dev.cluster.apiserver import ApiServer, running_apiserver

REPOSITORY = Path(__file__).resolve().parents[3]


def _api(server: ApiServer) -> client.CoreV1Api:
    return client.CoreV1Api(config.new_client_from_config(str(server.kubeconfig)))


def _processes_of(directory: Path) -> list[int]:
    """Processes with `directory` in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(directory).encode() in entry.read_bytes() and int(entry.parent.name) != os.getpid():
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def test_admin_writes_are_in_the_audit_log_and_anonymous_ones_are_refused(tmp_path: Path) -> None:
    with running_apiserver(tmp_path / "server", audit_log=True) as server:
        _api(server).create_namespaced_config_map("default", {"metadata": {"name": "written"}, "data": {"a": "b"}})
        assert server.audit_log is not None
        events = [json.loads(line) for line in server.audit_log.read_text().splitlines()]
        anonymous = client.Configuration()
        anonymous.host, anonymous.verify_ssl = server.url, True
        anonymous.ssl_ca_cert = str(tmp_path / "server" / "pki" / "ca.crt")
        with pytest.raises(ApiException) as refusal:
            client.CoreV1Api(client.ApiClient(anonymous)).list_namespaced_secret("default")
    writes = [event for event in events if event["verb"] == "create" and event["user"]["username"] == "admin"]
    assert [event["objectRef"]["name"] for event in writes] == ["written"]
    assert refusal.value.status == 403
    assert _processes_of(tmp_path) == []


def test_server_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib\n"
        "from dev.cluster.apiserver import running_apiserver\n"
        "with running_apiserver(pathlib.Path(sys.argv[1])):\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "server")], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        try:
            assert parent.stdout.readline() == "ready\n"
        finally:
            parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while _processes_of(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _processes_of(tmp_path) == []


def test_kubeconfig_is_private_and_complete(tmp_path: Path) -> None:
    with running_apiserver(tmp_path / "server") as server:
        mode = server.kubeconfig.stat().st_mode & 0o777
        document = yaml.safe_load(server.kubeconfig.read_text())
    assert mode == 0o600
    assert document["clusters"][0]["cluster"]["server"] == server.url
    assert server.audit_log is None
