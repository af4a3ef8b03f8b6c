"""`import modelyard`: the client over a real store, with a gateway that predictions like a served model."""

import fcntl
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import modelyard
import pandas as pd
import polars as pl
import pytest
import yaml
from modelyard_cli.init.files import write_start
from modelyard_cli.init.options import Options
from modelyard_local.home import VARIABLE, Addresses, Home
from modelyard_local.store import LocalStore
from modelyard_operator.kube.interface import EVENT, TRAINING_JOB

Object = dict[str, Any]
CASES = Path(__file__).parents[2] / "data" / "files"


class Gateway:
    """Answers /invocations and /feedback of ModelDeployment ``flights``; keeps what it was sent."""

    def __init__(self) -> None:
        self.rows: list[Object] = []
        self.request_ids: list[str] = []
        self.outcomes: list[Object] = []
        self.refusal = ""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, path: str, request_id: str, body: Object) -> tuple[int, Object]:
        if self.refusal:
            return 400, {"error_code": "BAD_REQUEST", "message": self.refusal}
        if path == "/default/flights/invocations":
            self.request_ids.append(request_id)
            self.rows += body["dataframe_records"]
            return 200, {"predictions": [{"prediction": "true", "probability_true": 0.75} for _ in body["dataframe_records"]]}
        if path == "/default/flights/feedback":
            self.outcomes += body["outcomes"]
            return 202, {"accepted": len(body["outcomes"])}
        return 404, {"message": "no route"}

    def _handler(gateway) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                code, answer = gateway.answer(self.path, self.headers.get("x-request-id", ""), body)
                text = json.dumps(answer).encode()
                self.send_response(code)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        thread.join()
        made.server.server_close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gateway: Gateway) -> Iterator[Home]:
    """A platform that somebody holds: its lock is taken, its store is there."""
    made = Home(tmp_path / "home")
    made.make()
    monkeypatch.setenv(VARIABLE, str(made.folder))
    monkeypatch.chdir(tmp_path)
    addresses = Addresses(mlflow_url="http://127.0.0.1:1", s3_url="http://127.0.0.1:1", gateway_url=gateway.url)
    made.addresses.write_text(addresses.model_dump_json())
    with made.lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield made


@pytest.fixture
def store(home: Home) -> LocalStore:
    return LocalStore(home.store)


@pytest.fixture
def client(store: LocalStore) -> modelyard.Client:
    return modelyard.Client()


def finish(store: LocalStore, state: str, **condition: str) -> None:
    job = store.get(TRAINING_JOB, "default", "flights")
    moment = "2026-01-31T12:00:00Z"
    status = {"state": state, "completionTime": moment, "conditions": [{"lastTransitionTime": moment, "message": "", **condition}]}
    store.replace_status(TRAINING_JOB, {**job, "status": status})


def test_without_a_platform_it_says_how_to_start_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nothing"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(modelyard.ModelyardError, match="modelyard up"):
        modelyard.Client().get("tj/flights")


def test_a_dictionary_is_applied_and_found_again(client: modelyard.Client) -> None:
    body = {
        "apiVersion": "modelyard.io/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": "flights"},
        "spec": {"objective": {"target": "late"}, "data": {"source": {"uri": "s3://datasets/flights.parquet"}}},
    }
    (made,) = client.apply(body)
    assert made["metadata"]["namespace"] == "default"
    assert client.get("tj/flights")["metadata"]["uid"] == made["metadata"]["uid"]
    assert [each["metadata"]["name"] for each in client.resources("tj")] == ["flights"]
    assert client.in_namespace("ml").resources("tj") == []
    client.delete("tj/flights")
    assert client.resources("tj") == []


def test_files_are_applied(client: modelyard.Client, tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(
        "apiVersion: modelyard.io/v1alpha1\nkind: TrainingJob\nmetadata: {name: flights, namespace: ml}\n"
        "spec: {objective: {target: late}, data: {source: {uri: 's3://datasets/f.csv'}}}\n"
    )
    (made,) = client.apply(file)
    assert made["metadata"]["namespace"] == "ml"
    assert client.in_namespace("ml").get("tj/flights")["spec"]["objective"]["target"] == "late"


def test_what_is_refused_is_said(client: modelyard.Client) -> None:
    with pytest.raises(modelyard.ModelyardError, match="needs apiVersion, kind"):
        client.apply({"kind": "Nonsense"})
    with pytest.raises(modelyard.ModelyardError, match="objective"):
        client.train("s3://datasets/f.csv", "late", objective={"metrics": "roc_auc"})
    with pytest.raises(modelyard.ModelyardError, match="flights"):
        client.get("tj/flights")


def test_train_and_serve_make_the_shortest_manifests(client: modelyard.Client) -> None:
    job = client.train("s3://datasets/My Flights.parquet", "late", model={"architecture": "Linear"})
    assert job["metadata"]["name"] == "my-flights"
    assert (job["spec"]["objective"]["target"], job["spec"]["model"]["architecture"]) == ("late", "Linear")
    deployment = client.serve("my-flights", replicas=2)
    assert deployment["spec"]["model"] == {"name": "my-flights", "alias": "champion"}
    assert deployment["spec"]["replicas"] == 2


def test_wait_ends_with_the_condition_or_with_words(client: modelyard.Client, store: LocalStore) -> None:
    client.train("s3://datasets/flights.csv", "late")
    with pytest.raises(modelyard.ModelyardError, match="timed out waiting for condition Promoted=True"):
        client.wait("tj/flights", timeout=0)
    finish(store, "Failed", type="Failed", status="True", reason="DataInvalid")
    with pytest.raises(modelyard.ModelyardError, match=r"will not reach condition Promoted=True.*DataInvalid"):
        client.wait("tj/flights")
    finish(store, "Promoted", type="Promoted", status="True", reason="AliasMoved")
    assert client.wait("tj/flights", timeout=5)["status"]["state"] == "Promoted"


def test_explain_tells_the_story(client: modelyard.Client, store: LocalStore) -> None:
    client.train("s3://datasets/flights.csv", "late")
    finish(store, "Failed", type="Failed", status="True", reason="SuspectedLeakage")
    assert "One column gives the answer away nearly by itself" in client.explain("tj/flights").replace("\n    ", " ")


def test_events_of_one_resource(client: modelyard.Client, store: LocalStore) -> None:
    for name, reason in (("flights", "Promoted"), ("other", "Failed")):
        store.create(
            {
                "apiVersion": EVENT.api_version,
                "kind": "Event",
                "metadata": {"name": f"{name}.1", "namespace": "default"},
                "eventTime": "2026-01-31T12:00:00.000000Z",
                "type": "Normal",
                "reason": reason,
                "note": f"{reason} it is",
                "regarding": {"kind": "TrainingJob", "name": name, "namespace": "default"},
            }
        )
    assert [each["reason"] for each in client.events("tj/flights")] == ["Promoted"]
    assert {each["message"] for each in client.events()} == {"Promoted it is", "Failed it is"}


@pytest.mark.parametrize(
    "rows",
    [
        pl.DataFrame({"distance": [1400.0, None], "carrier": ["UA", None]}),
        pl.DataFrame({"distance": [1400.0, float("inf")], "carrier": ["UA", None], "took": [timedelta(1), None]}),
        pd.DataFrame({"distance": [1400.0, float("nan")], "carrier": ["UA", None]}),
        pd.DataFrame({"distance": [Decimal("1400"), None], "carrier": pd.Categorical(["UA", None]), "took": [timedelta(1), None]}),
        [{"distance": 1400.0, "carrier": "UA"}, {"distance": None, "carrier": None}],
    ],
)
def test_rows_of_any_kind_are_asked(client: modelyard.Client, gateway: Gateway, rows: Any) -> None:
    predictions = client.predict("flights", rows)
    assert type(predictions).__module__.partition(".")[0] == ("pandas" if isinstance(rows, pd.DataFrame) else "polars")
    assert gateway.rows == [{"distance": 1400.0, "carrier": "UA"}, {"distance": None, "carrier": None}]
    assert list(predictions["prediction"]) == ["true", "true"]
    assert (list(predictions["request_id"]), list(predictions["row"])) == (gateway.request_ids * 2, [0, 1])


def test_times_and_single_rows_are_sent_as_json_has_them(client: modelyard.Client, gateway: Gateway) -> None:
    client.predict("flights", {"at": datetime.fromisoformat("2026-01-31T12:00"), "distance": pl.Series([7])[0]})
    client.predict("flights", pl.DataFrame({"at": [datetime.fromisoformat("2026-01-31T12:00")]}))
    assert [row["at"][:16].replace(" ", "T") for row in gateway.rows] == ["2026-01-31T12:00"] * 2


def test_many_rows_go_in_several_requests(client: modelyard.Client, gateway: Gateway) -> None:
    predictions = client.predict("flights", pl.DataFrame({"distance": range(1200)}))
    assert len(predictions) == 1200
    assert len(set(gateway.request_ids)) == len(gateway.request_ids) == 3
    assert max(predictions["row"]) < 1200


def test_outcomes_are_joined_to_the_answers(client: modelyard.Client, gateway: Gateway) -> None:
    predictions = client.predict("flights", [{"distance": 1}, {"distance": 2}])
    assert client.send_feedback("flights", predictions, [True, False]) == 2
    request_id = gateway.request_ids[0]
    assert gateway.outcomes == [
        {"request_id": request_id, "row": 0, "outcome": True},
        {"request_id": request_id, "row": 1, "outcome": False},
    ]
    assert client.send_feedback("flights", ["a"], pl.Series([1.5]), rows=[3]) == 1
    assert gateway.outcomes[-1] == {"request_id": "a", "row": 3, "outcome": 1.5}


def test_outcomes_that_do_not_fit_are_refused(client: modelyard.Client) -> None:
    with pytest.raises(modelyard.ModelyardError, match="one outcome for each"):
        client.send_feedback("flights", ["a", "b"], [True])
    with pytest.raises(modelyard.ModelyardError, match="what predict returns"):
        client.send_feedback("flights", pl.DataFrame({"x": [1]}), [True])


def test_refused_rows_and_a_silent_model_are_said(client: modelyard.Client, gateway: Gateway) -> None:
    gateway.refusal = "column 'distance' is missing"
    with pytest.raises(modelyard.ModelyardError, match="column 'distance' is missing"):
        client.predict("flights", {"carrier": "UA"})
    with pytest.raises(modelyard.ModelyardError, match="there are no rows"):
        client.predict("flights", pl.DataFrame({"distance": []}))
    with pytest.raises(modelyard.ModelyardError, match="rows are a Polars or pandas data frame"):
        client.predict("flights", 7)
    gateway.refusal = ""
    client.serve("silent")
    with pytest.raises(modelyard.ModelyardError, match="silent doesn't answer yet"):
        client.predict("silent", {"distance": 1})


def test_init_writes_and_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pl.DataFrame({"x": [row * 37 % 200 / 3 for row in range(200)], "y": [row % 2 for row in range(200)]}).write_csv(tmp_path / "my.csv")
    modelyard.init(tmp_path / "my.csv", target="y", out=tmp_path)
    assert "my.csv: 200 rows" in capsys.readouterr().out
    with pytest.raises(modelyard.ModelyardError, match="--force"):
        modelyard.init(tmp_path / "my.csv", target="y", out=tmp_path)


def test_what_init_writes_is_admitted(client: modelyard.Client, store: LocalStore, tmp_path: Path) -> None:
    """By the very rules that an API server has; only the file's own path is not an address yet."""
    days = [f"2026-{1 + row // 200:02}-{1 + row // 20 % 10:02}" for row in range(1000)]
    columns = {
        "x": [row * 7919 % 1000 / 9 for row in range(1000)],
        "id": range(1000),
        "day": days,
        "late": [row % 3 == 0 for row in range(1000)],
    }
    pl.DataFrame(columns).write_csv(tmp_path / "orders.csv")
    made = write_start(tmp_path / "orders.csv", "late", name=None, folder=tmp_path, force=False)
    job = yaml.safe_load(made.training_job.read_text())
    job["spec"]["data"]["source"]["uri"] = "s3://datasets/orders.csv"
    client.apply(job, made.model_deployment)
    assert client.get("tj/orders")["spec"]["data"]["split"]["by"] == "Time"
    assert client.get("md/orders")["spec"]["monitoring"]["window"] == {"rows": 500}


FILES = sorted(path.name for path in CASES.iterdir() if path.name != "ragged.csv")


@pytest.mark.parametrize("name", FILES)
def test_what_init_writes_for_a_file_of_any_kind_is_admitted(client: modelyard.Client, tmp_path: Path, name: str) -> None:
    """Also what a person decided by options: a key, and a time column where there is one."""
    target = {"counts.csv": "n", "offset.csv": "t", "lowcard.csv": "survived"}.get(name, "y")
    made = write_start(CASES / name, target, name="any", folder=tmp_path, force=False)
    options = Options(key=(made.seen.columns[0].name,), time=made.seen.time, split=made.seen.split.split.by)
    made = write_start(CASES / name, target, name="any", folder=tmp_path, force=True, options=options)
    job = yaml.safe_load(made.training_job.read_text())
    job["spec"]["data"]["source"]["uri"] = f"s3://datasets/{name}"
    client.apply(job, made.model_deployment)
    stored = client.get("tj/any")["spec"]["data"]
    assert stored["key"] == list(options.key)
    assert stored.get("time") == made.seen.time


def test_init_takes_the_options_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    modelyard.init(CASES / "counts.csv", target="n", task="regression", metric="mae", split="Random", key=["x", "z"], out=tmp_path)
    assert 'Target "n": Regression, a number, half of the rows above 3; judged by mae' in capsys.readouterr().out
    with pytest.raises(modelyard.ModelyardError, match="--metric f1 is for Classification, and --task says Regression"):
        modelyard.init(CASES / "counts.csv", target="n", task="regression", metric="f1", out=tmp_path / "out")
