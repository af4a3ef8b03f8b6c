"""What is different about this machine: data files go to S3, logs are files, services are behind the gateway; and a platform may be down."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from modelyard_api import labels
from modelyard_local import keys, lifecycle
from modelyard_local.home import Addresses, Home
from modelyard_local.keys import Keys
from modelyard_local.store import LocalStore
from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, POD, TRAINING_JOB
from modelyard_operator.ownership import child_metadata

from tests.contract.cli.conftest import Command, Machine, Object, apply, condition, model_deployment, set_addresses, training_job
from tests.servers.s3_server import S3Server, running_s3

NOWHERE = "http://127.0.0.1:1"
CONTAINER = {"name": "main", "image": "none", "command": ["modelyard-job", "train"]}


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with running_s3(tmp_path_factory.mktemp("s3"), bucket="datasets") as server:
        yield server


@pytest.fixture
def with_s3(machine: Machine, s3: S3Server) -> Machine:
    """Its platform says that S3 is there."""
    set_addresses(machine.home, Addresses(mlflow_url=NOWHERE, s3_url=s3.endpoint, gateway_url=NOWHERE))
    machine.home.secrets.write_text(Keys(s3_access_key=s3.access_key, s3_secret_key=s3.secret_key).model_dump_json())
    return machine


def write_job(folder: Path, uri: str) -> None:
    body = training_job()
    body["spec"]["data"]["source"]["uri"] = uri
    (folder / "job.yaml").write_text(json.dumps(body))


def test_a_file_beside_the_manifest_is_uploaded_once(with_s3: Machine, s3: S3Server, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "flights.csv").write_text("a,late\n1,true\n")
    write_job(folder, "./flights.csv")
    first = with_s3.modelyard("apply", "-f", "mine", cwd=tmp_path)
    uri = with_s3.kube.get(TRAINING_JOB, "default", "flights")["spec"]["data"]["source"]["uri"]
    assert uri.startswith("s3://datasets/uploads/default/")
    assert first.splitlines() == [f"mine/job.yaml: ./flights.csv uploaded to {uri}", "trainingjob.modelyard.io/flights created"]
    key = uri.removeprefix("s3://datasets/")
    assert s3.client().get_object(Bucket="datasets", Key=key)["Body"].read() == b"a,late\n1,true\n"
    again = with_s3.modelyard("apply", "-f", "mine", cwd=tmp_path)
    assert again.splitlines() == [f"mine/job.yaml: ./flights.csv is already at {uri}", "trainingjob.modelyard.io/flights unchanged"]


def test_other_kinds_belong_to_a_cluster(machine: Machine) -> None:
    pod: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [CONTAINER]}}
    ended = machine.modelyard.run("apply", "-f", "-", stdin=json.dumps(pod))
    assert (ended.returncode, "is no Kubernetes; TrainingJob, ModelDeployment" in ended.stderr) == (2, True)


def test_a_dry_run_uploads_nothing(with_s3: Machine, s3: S3Server, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("b,late\n2,true\n")
    write_job(tmp_path, "other.csv")
    assert with_s3.modelyard("apply", "-f", "job.yaml", "--dry-run", cwd=tmp_path) == "trainingjob.modelyard.io/flights created (dry run)\n"
    found = s3.client().list_objects_v2(Bucket="datasets").get("Contents", ())
    assert not any("other.csv" in each["Key"] for each in found)


def test_s3_that_does_not_answer(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "flights.csv").write_text("a,late\n1,true\n")
    write_job(tmp_path, "flights.csv")
    ended = machine.modelyard.run("apply", "-f", "job.yaml", cwd=tmp_path)
    assert ended.returncode == 3
    assert "uploading flights.csv" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_newest_report_is_fetched_with_the_namespaces_keys(with_s3: Machine, s3: S3Server, tmp_path: Path) -> None:
    apply(with_s3, model_deployment(), *platform_objects(s3))
    s3.client().put_object(Bucket="datasets", Key="reports/1.html", Body=b"<html>drift</html>")
    set_status(with_s3, monitoring={"reportUrl": "s3://datasets/reports/1.html", "lastRun": "2026-01-01T00:00:00Z"})
    url = with_s3.modelyard("open", "report", "flights", "--no-browser").strip()
    assert url.startswith("file://")
    assert Path(url.removeprefix("file://")).read_bytes() == b"<html>drift</html>"
    with_s3.modelyard("open", "report", "--no-browser", "--save-to", str(tmp_path / "r.html"))
    assert (tmp_path / "r.html").read_bytes() == b"<html>drift</html>"
    set_status(with_s3, monitoring={"reportUrl": "s3://datasets/reports/none.html", "lastRun": "2026-01-01T00:00:00Z"})
    ended = with_s3.modelyard.run("open", "report", "flights", "--no-browser")
    assert (ended.returncode, "s3://datasets/reports/none.html" in ended.stderr) == (1, True)


def platform_objects(s3: S3Server) -> list[Object]:
    config = {"MLFLOW_TRACKING_URI": NOWHERE, "S3_ENDPOINT_URL": s3.endpoint, "S3_BUCKET": s3.bucket, "S3_REGION": s3.region}
    secret = {"S3_ACCESS_KEY_ID": s3.access_key, "S3_SECRET_ACCESS_KEY": s3.secret_key}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": labels.PLATFORM_NAME}, "data": config},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": labels.PLATFORM_NAME}, "stringData": secret},
    ]


def test_a_report_is_unpacked_as_the_monitor_packs_it(with_s3: Machine, s3: S3Server, tmp_path: Path) -> None:
    apply(with_s3, model_deployment(), *platform_objects(s3))
    s3.client().put_object(Bucket="datasets", Key="reports/2.html", Body=gzip.compress(b"<html>drift</html>"), ContentEncoding="gzip")
    set_status(with_s3, monitoring={"reportUrl": "s3://datasets/reports/2.html", "lastRun": "2026-01-01T00:00:00Z"})
    with_s3.modelyard("open", "report", "flights", "--no-browser", "--save-to", str(tmp_path / "r.html"))
    assert (tmp_path / "r.html").read_bytes() == b"<html>drift</html>"


def test_there_is_no_report_yet(machine: Machine) -> None:
    apply(machine, model_deployment())
    ended = machine.modelyard.run("open", "report")
    assert (ended.returncode, "spec.monitoring is not set" in ended.stderr) == (1, True)


def test_addresses_of_pages(machine: Machine) -> None:
    apply(machine, model_deployment())
    set_addresses(machine.home, Addresses(mlflow_url="http://127.0.0.1:5000", s3_url=NOWHERE, gateway_url="http://127.0.0.1:8080"))
    assert machine.modelyard("open", "mlflow", "--no-browser") == "http://127.0.0.1:5000\n"
    assert machine.modelyard("open", "docs", "--no-browser") == "http://127.0.0.1:8080/default/flights/openapi.json\n"


def set_status(machine: Machine, **status: Any) -> None:
    found = machine.kube.get(MODEL_DEPLOYMENT, "default", "flights")
    machine.kube.replace_status(MODEL_DEPLOYMENT, {**found, "status": status})


class Served(BaseHTTPRequestHandler):
    """Answers as a served model and its gateway do: text for text, 400 for what has no column a, 404 elsewhere."""

    bodies: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self) -> None:
        self._answer(200, json.dumps({"inputs": [{"name": "a", "datatype": "FP64", "shape": [-1, 1]}]}).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.bodies.append((self.headers["content-type"], body))
        if self.path != "/default/flights/invocations":
            self._answer(404, b"404 page not found\n")
        elif '"a"' not in body:
            self._answer(400, json.dumps({"error_code": "INVALID", "message": "column 'a' is required"}).encode())
        else:
            rows = len(body.strip().splitlines()) - 1 if self.headers["content-type"] == "text/csv" else 1
            self._answer(200, json.dumps({"predictions": [{"prediction": "yes", "probability_yes": 0.75}] * rows}).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Silent."""


@contextmanager
def served() -> Iterator[str]:
    Served.bodies.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Served) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def gateway(machine: Machine) -> Iterator[Machine]:
    with served() as url:
        set_addresses(machine.home, Addresses(mlflow_url=NOWHERE, s3_url=NOWHERE, gateway_url=url))
        apply(machine, model_deployment())
        yield machine


def test_predict_a_row_and_a_file(gateway: Machine, tmp_path: Path) -> None:
    assert gateway.modelyard("predict", "flights", '{"a": 1}').splitlines() == [
        "ROW   PREDICTION   PROBABILITY_YES",
        "0     yes          0.75",
    ]
    (tmp_path / "rows.csv").write_text("a\n" + "1,5\n" * 501)  # a decimal comma: the model's columns say that there is one field
    scored = gateway.modelyard("predict", "md/flights", "-f", "rows.csv", "-o", "csv", cwd=tmp_path)
    assert scored == "prediction,probability_yes\n" + "yes,0.75\n" * 501
    assert [kind for kind, _body in Served.bodies] == ["application/json", "text/csv", "text/csv"]
    answer = json.loads(gateway.modelyard("predict", "flights", "-f", "-", "-o", "json", stdin='[{"a": 2}]'))
    assert answer == {"predictions": [{"prediction": "yes", "probability_yes": 0.75}]}


def test_predict_says_what_the_model_refuses(gateway: Machine) -> None:
    ended = gateway.modelyard.run("predict", "flights", '{"b": 1}')
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "flights refuses the rows: column 'a' is required" in ended.stderr


def test_predict_before_anything_answers(gateway: Machine) -> None:
    apply(gateway, model_deployment("young"))
    found = gateway.kube.get(MODEL_DEPLOYMENT, "default", "young")
    conditions = [condition("Available", "False", "ModelNotFound", "The registry has no model default.young")]
    gateway.kube.replace_status(MODEL_DEPLOYMENT, {**found, "status": {"conditions": conditions}})
    ended = gateway.modelyard.run("predict", "young", '{"a": 1}')
    assert (ended.returncode, "The registry has no model default.young" in ended.stderr) == (1, True)


def test_predict_needs_rows_and_a_deployment(gateway: Machine) -> None:
    assert gateway.modelyard.run("predict", "flights").returncode == 2
    ended = gateway.modelyard.run("predict", "nobody", '{"a": 1}')
    assert (ended.returncode, '"nobody" not found' in ended.stderr) == (1, True)


def attempt(machine: Machine, number: int, phase: str, log: str | None) -> Object:
    """A pod of the TrainingJob, as the runner keeps it."""
    owner = machine.kube.get(TRAINING_JOB, "default", "flights")
    own = {labels.TRAINING_JOB_LABEL: "flights", labels.COMPONENT_LABEL: "training", labels.ATTEMPT_LABEL: str(number)}
    pod: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": child_metadata(owner, f"flights-{number}", own),
        "spec": {"containers": [CONTAINER]},
    }
    made = machine.kube.create(pod)
    if log is not None:
        folder = machine.home.pod_folder("default", f"flights-{number}")
        folder.mkdir(parents=True)
        (folder / "log").write_text(log)
    return machine.kube.replace_status(POD, {**made, "status": {"phase": phase}})


@pytest.fixture
def training(machine: Machine) -> Machine:
    apply(machine, training_job())
    return machine


def test_logs_of_the_newest_attempt(training: Machine) -> None:
    attempt(training, 1, "Failed", "first\n")
    attempt(training, 2, "Running", "one\ntwo\nthree\n")
    assert training.modelyard("logs", "tj/flights") == "one\ntwo\nthree\n"
    assert training.modelyard("logs", "tj", "flights", "--tail", "2") == "two\nthree\n"
    assert training.modelyard("logs", "flights-1") == "first\n"


def test_logs_of_nothing_that_has_started(training: Machine) -> None:
    ended = training.modelyard.run("logs", "tj/flights")
    assert (ended.returncode, "has no training pod" in ended.stderr) == (1, True)
    attempt(training, 1, "Pending", None)
    ended = training.modelyard.run("logs", "tj/flights")
    assert (ended.returncode, "pod flights-1 has not started: Pending" in ended.stderr) == (1, True)


def test_logs_are_followed_until_the_pod_ends(training: Machine) -> None:
    process = training.modelyard.start("logs", "-f", "tj/flights")
    guard = threading.Timer(60, process.kill)
    guard.start()
    try:
        assert process.stderr is not None
        assert process.stdout is not None
        assert "has no training pod" in process.stderr.readline()
        pod = attempt(training, 1, "Running", "begun\n")
        assert process.stdout.readline() == "begun\n"
        with training.home.pod_log("default", "flights-1").open("a") as log:
            log.write("ended\n")
        training.kube.replace_status(POD, {**pod, "status": {"phase": "Succeeded"}})
        assert process.stdout.read() == "ended\n"
        assert process.wait(30) == 0
    finally:
        guard.cancel()
        process.kill()
        process.communicate()


def test_a_platform_that_is_down_can_be_read(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    store = LocalStore(home.store)
    body = training_job()
    store.create({**body, "metadata": {**body["metadata"], "namespace": "default"}})
    store.close()
    command = Command((), {"MODELYARD_HOME": str(home.folder), "HOME": str(tmp_path)})
    assert lifecycle.holder(home.lock) is None
    read = command.run("get", "tj", "-o", "name")
    assert read.stdout == "trainingjob.modelyard.io/flights\n"
    assert "is not running; start it with: modelyard up; this is what it knew last" in read.stderr
    for arguments in (
        ["apply", "-f", "-"],
        ["delete", "tj/flights"],
        ["approve", "flights"],
        ["predict", "flights", "{}"],
        ["get", "tj", "-w"],
    ):
        ended = command.run(*arguments, stdin=json.dumps(body))
        assert (ended.returncode, "modelyard up" in ended.stderr) == (3, True), arguments
    assert keys.read(home) is None


def test_no_platform_at_all(tmp_path: Path) -> None:
    environment = {"MODELYARD_HOME": str(tmp_path / "none"), "HOME": str(tmp_path), "KUBECONFIG": str(tmp_path / "none.yaml")}
    ended = Command((), environment).run("get", "tj")
    assert (ended.returncode, "modelyard up" in ended.stderr) == (3, True)
    assert not (tmp_path / "none").exists()
