"""Routes to services, files of pods, GPUs."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from modelyard_local.runner import pod_inputs
from modelyard_local.runner.machine_resources import Accelerators, memory_limit, requested_gpus
from modelyard_local.runner.pod_inputs import ConfigMissing
from modelyard_local.runner.routes import RouteFile, routing
from modelyard_operator.kube.interface import Kind

from tests.unit.local_runner.objects import Object, deleting, ready

_SERVICE: Object = {"metadata": {"name": "flights", "namespace": "ml"}, "spec": {"selector": {"app": "a"}}}


def _pod(uid: str, **labels: str) -> Object:
    return ready({"metadata": {"name": uid, "namespace": "ml", "uid": uid, "labels": labels}, "spec": {"containers": [{}]}})


def _servers(*pods: Object) -> list[str]:
    found = routing([_SERVICE], pods, {"1": 5001, "2": 5002})["http"]["services"]["ml.flights"]["loadBalancer"]["servers"]
    return [server["url"] for server in found]


def test_a_service_is_reached_by_path_and_by_name() -> None:
    http = routing([_SERVICE], [], {})["http"]
    assert http["routers"]["ml.flights-path"]["rule"] == "Path(`/ml/flights`) || PathPrefix(`/ml/flights/`)"
    assert http["routers"]["ml.flights-host"]["rule"] == "Host(`flights.ml.localhost`)"
    assert http["middlewares"]["ml.flights"] == {"stripPrefix": {"prefixes": ["/ml/flights"]}}


def test_only_ready_pods_of_its_selector_get_traffic() -> None:
    unready = {**_pod("2", app="a"), "status": {"phase": "Running"}}
    assert _servers(_pod("1", app="a", version="7"), unready, _pod("2", app="b")) == ["http://127.0.0.1:5001"]
    assert _servers(_pod("1", app="a"), _pod("2", app="a")) == ["http://127.0.0.1:5001", "http://127.0.0.1:5002"]
    assert _servers(deleting(_pod("1", app="a"))) == []
    assert _servers(_pod("3", app="a")) == []
    elsewhere = _pod("1", app="a")
    elsewhere["metadata"]["namespace"] = "other"
    assert _servers(elsewhere) == []


def test_no_services_are_an_empty_file(tmp_path: Path) -> None:
    file = RouteFile(tmp_path / "routes")
    file.write(routing([], [], {}))
    assert json.loads((tmp_path / "routes" / "services.yaml").read_text()) == {}
    assert [each.name for each in (tmp_path / "routes").iterdir()] == ["services.yaml"]


def _lookup(**objects: Object) -> pod_inputs.Lookup:
    def lookup(kind: Kind, name: str) -> Object | None:
        return objects.get(f"{kind.name}_{name}")

    return lookup


def _mounting(*mounts: tuple[str, Object]) -> Object:
    volumes = [{"name": str(number), **source} for number, (_, source) in enumerate(mounts)]
    container: dict[str, Any] = {"volumeMounts": [{"name": str(number), "mountPath": path} for number, (path, _) in enumerate(mounts)]}
    return {"metadata": {"namespace": "ml"}, "spec": {"containers": [container], "volumes": volumes}}


def test_mounted_files_follow_their_objects(tmp_path: Path) -> None:
    pod = _mounting(("/etc/modelyard/secret", {"secret": {"secretName": "s"}}), ("/tmp", {"emptyDir": {}}))
    secret = {"data": {"KEY": base64.b64encode(b"\x00one").decode(), "../OUT": "eA==", "..": "eA=="}, "stringData": {"PLAIN": "two"}}
    pod_inputs.write_mounts(pod, tmp_path, _lookup(Secret_s=secret))
    folder = tmp_path / "etc/modelyard/secret"
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {"KEY": b"\x00one", "PLAIN": b"two"}
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o400}
    pod_inputs.write_mounts(pod, tmp_path, _lookup(Secret_s={"data": {"KEY": "bmV3"}}))
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {"KEY": b"new"}


def test_an_optional_volume_is_an_empty_folder(tmp_path: Path) -> None:
    pod_inputs.write_mounts(_mounting(("/etc/modelyard/source", {"secret": {"secretName": "s", "optional": True}})), tmp_path, _lookup())
    assert list((tmp_path / "etc/modelyard/source").iterdir()) == []


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ({"configMapKeyRef": {"name": "m", "key": "A"}}, 'configmap "m" not found'),
        ({"secretKeyRef": {"name": "s", "key": "A"}}, "couldn't find key A in Secret ml/s"),
        ({"secretKeyRef": {"name": "t", "key": "K"}}, 'key K of secret "t" is not base64; put plain text under stringData'),
    ],
)
def test_what_is_missing_is_said_as_the_kubelet_does(reference: Object, words: str) -> None:
    lookup = _lookup(Secret_s={"data": {}}, Secret_t={"data": {"K": "not base64!"}})
    with pytest.raises(ConfigMissing) as missing:
        pod_inputs.variables({"env": [{"name": "X", "valueFrom": reference}]}, "ml", lookup)
    assert str(missing.value) == words


def test_an_optional_key_may_be_missing() -> None:
    reference = {"secretKeyRef": {"name": "s", "key": "A", "optional": True}}
    assert pod_inputs.variables({"env": [{"name": "X", "valueFrom": reference}, {"name": "Y"}]}, "ml", _lookup()) == {"Y": ""}


def test_gpus_go_to_one_pod_at_a_time() -> None:
    gpus = Accelerators(("0", "1", "2"))
    assert gpus.take("a", 2) == ("0", "1")
    assert gpus.take("a", 2) == ("0", "1")
    assert gpus.take("b", 2) is None
    assert gpus.take("c", 0) == ()
    gpus.give_back("a")
    assert gpus.take("b", 2) == ("0", "1")


def test_a_machine_without_gpus_gives_none_and_holds_nobody_up() -> None:
    assert Accelerators(()).take("a", 2) == ()


def test_limits_are_read_as_quantities() -> None:
    limits = {"memory": "1.5Gi", "nvidia.com/gpu": "2"}
    pod = {"spec": {"containers": [{"resources": {"limits": limits}}]}}
    assert (memory_limit(pod), requested_gpus(pod)) == (1610612736, 2)
    assert (memory_limit(_pod("1")), requested_gpus(_pod("1"))) == (None, 0)
