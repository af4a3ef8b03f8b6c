"""A platform that runs: what it shows, what it listens at, and what it does when a part of it dies."""

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import psutil
import pytest
from modelyard_api import labels
from modelyard_local import state
from modelyard_local.kinds import CONFIG_MAP, SECRET
from modelyard_local.servers import seaweedfs
from modelyard_local.state import PartPhase, PlatformPhase
from modelyard_local.store import LocalStore
from modelyard_operator.kube.interface import KubeError, NotFound

Eventually = Callable[[Callable[[], bool], str], None]
_LARGEST_IDLE_BYTES = 1_500_000_000


def part(platform: Any, name: str) -> state.PartState:
    [found] = [each for each in platform.state.parts if each.name == name]
    return found


def test_all_parts_are_ready(running_platform: Any) -> None:
    said = running_platform.state
    assert said.phase is PlatformPhase.READY
    assert [each.name for each in said.parts] == ["s3", "mlflow", "gateway", "operator", "runner"]
    assert {each.phase for each in said.parts} == {PartPhase.READY}


def test_a_second_up_says_that_it_runs_and_where(running_platform: Any) -> None:
    before = running_platform.state.pid
    done = running_platform.run("up")
    assert done.code == 0
    assert f"the platform runs already (process {before}" in done.output
    for url in (running_platform.state.addresses.mlflow_url, running_platform.state.addresses.gateway_url):
        assert url in done.output
    assert running_platform.state.pid == before


def test_another_port_for_a_platform_that_runs_is_refused(running_platform: Any) -> None:
    done = running_platform.run("up", "--port-mlflow=1")
    assert done.code == 1
    assert "--port-mlflow 1: it listens at http://127.0.0.1:" in done.output


def test_an_up_of_another_version_says_so(running_platform: Any) -> None:
    said = running_platform.state
    state.write(running_platform.home, said.model_copy(update={"version": "0.0.7"}))
    try:
        done = running_platform.run("up")
        assert done.code == 0
        assert f"it is Modelyard 0.0.7, this command is {state.own_version()}" in done.output
    finally:
        state.write(running_platform.home, said)


def test_only_loopback_addresses_are_listened_at(running_platform: Any) -> None:
    listening = [c for each in running_platform.processes() for c in each.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert len(listening) >= 3 + len(seaweedfs.InnerPorts.model_fields)
    assert {connection.laddr.ip for connection in listening} == {"127.0.0.1"}


def test_the_idle_platform_is_small(running_platform: Any) -> None:
    assert sum(each.memory_info().rss for each in running_platform.processes()) < _LARGEST_IDLE_BYTES


def test_the_home_is_closed_to_other_users(running_platform: Any) -> None:
    assert running_platform.home.folder.stat().st_mode & 0o077 == 0
    assert running_platform.home.secrets.stat().st_mode & 0o077 == 0


def test_mlflow_refuses_pages_of_other_hosts(running_platform: Any) -> None:
    url = f"{running_platform.state.addresses.mlflow_url}/api/2.0/mlflow/experiments/search?max_results=1"
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.status == 200
    request = urllib.request.Request(url, headers={"Host": "evil.example:5000"})
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=30)
    assert refusal.value.code == 403
    refusal.value.close()


def test_namespaces_get_their_settings(running_platform: Any, eventually: Eventually) -> None:
    store = LocalStore(running_platform.home.store)
    try:
        assert (
            store.get(CONFIG_MAP, "default", "modelyard")["data"][labels.CONFIG_MLFLOW_URI] == running_platform.state.addresses.mlflow_url
        )
        with pytest.raises(NotFound):
            store.get(SECRET, "team", "modelyard")
        store.create(deployment("team"))
        eventually(lambda: is_there(store), "Secret modelyard in namespace team")
    finally:
        store.close()


def is_there(store: LocalStore) -> bool:
    try:
        return bool(store.get(SECRET, "team", "modelyard")["data"])
    except KubeError:
        return False


def deployment(namespace: str) -> dict[str, Any]:
    """Of a model that nobody has trained, so nothing is started for it."""
    metadata = {"name": "flights", "namespace": namespace}
    spec = {"model": {"name": "flights", "alias": "champion"}}
    return {"apiVersion": "modelyard.io/v1alpha1", "kind": "ModelDeployment", "metadata": metadata, "spec": spec}


def test_the_operator_reports_its_health_and_metrics(running_platform: Any) -> None:
    with urllib.request.urlopen(f"{running_platform.state.operator_url}/metrics", timeout=10) as answer:
        assert b"modelyard_" in answer.read()


def test_doctor_finds_nothing_to_mend(running_platform: Any) -> None:
    done = running_platform.run("doctor")
    assert done.code == 0, done.output
    assert f"runs (process {running_platform.state.pid})" in done.output


def test_a_killed_mlflow_comes_back(running_platform: Any, eventually: Eventually) -> None:
    before = part(running_platform, "mlflow")
    psutil.Process(before.pid).kill()
    eventually(lambda: part(running_platform, "mlflow").restarts == before.restarts + 1, "the end of MLflow is seen")
    eventually(lambda: part(running_platform, "mlflow").phase is PartPhase.READY, "MLflow is ready again")
    assert running_platform.state.phase is PlatformPhase.READY
    assert not psutil.pid_exists(before.pid)
    log = (running_platform.home.logs / "platform.log").read_text()
    assert "MLflow ended unexpectedly with exit code 137; starting it again in" in log
    assert "restarted 1 times" in running_platform.run("up").output


def test_a_killed_s3_comes_back_with_what_it_had_acknowledged(running_platform: Any, eventually: Eventually) -> None:
    client = s3_client(running_platform)
    client.put_object(Bucket="datasets", Key="kept", Body=b"acknowledged")
    before = part(running_platform, "s3")
    psutil.Process(before.pid).kill()
    eventually(lambda: part(running_platform, "s3").restarts == before.restarts + 1, "the end of S3 is seen")
    eventually(lambda: part(running_platform, "s3").phase is PartPhase.READY, "S3 is ready again")
    assert client.get_object(Bucket="datasets", Key="kept")["Body"].read() == b"acknowledged"


def test_s3_asks_for_the_keys(running_platform: Any) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(f"{running_platform.state.addresses.s3_url}/datasets", timeout=10)
    assert refusal.value.code == 403
    refusal.value.close()


def test_a_part_that_hangs_is_found_by_doctor(running_platform: Any, eventually: Eventually) -> None:
    gateway = psutil.Process(part(running_platform, "gateway").pid)
    gateway.suspend()
    try:
        eventually(lambda: part(running_platform, "gateway").phase is PartPhase.NOT_ANSWERING, "the silent gateway is seen")
        done = running_platform.run("doctor")
        assert done.code == 1
        assert "Gateway (Traefik) is NotAnswering" in done.output
    finally:
        gateway.resume()
    eventually(lambda: running_platform.state.phase is PlatformPhase.READY, "the gateway answers again")


def s3_client(platform: Any) -> Any:
    from modelyard_local import keys  # noqa: PLC0415

    found = keys.read(platform.home)
    assert found is not None
    return seaweedfs.client(platform.state.addresses.s3_url, found)


def test_the_state_is_json_for_anybody(running_platform: Any) -> None:
    assert json.loads(running_platform.home.state.read_text())["pid"] == running_platform.state.pid
