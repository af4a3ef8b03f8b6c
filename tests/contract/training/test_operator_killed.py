"""The operator is killed (SIGKILL) at any point between apply and promotion: in the end there is one Job, one version, one promotion."""

from collections.abc import Callable, Sequence

import pytest
from modelyard_api import labels
from modelyard_api.verdicts import Evidence
from modelyard_operator.kube.interface import TRAINING_JOB

from tests.contract.kube.eventually import eventually
from tests.contract.training.conftest import PATIENCE, Room
from tests.contract.training.registry_gate import Trap
from tests.contract.training.scripted_pods import GOOD, UNDECIDED, train

CREATE_VERSION = ("POST", "/mlflow/model-versions/create")
SET_ALIAS = ("POST", "/mlflow/registered-models/alias")

Point = Callable[[Room], None]


def killed_once(room: Room, method: str, path: str, when: str) -> None:
    """From now on: the next such request to the registry kills its sender."""
    room.gate.set_trap(Trap(method, path, "before" if when == "before" else "after", room.operator.kill))


def first_job(room: Room) -> None:
    eventually(room.pods.jobs, PATIENCE)


def restart(room: Room) -> None:
    room.operator.kill()
    room.operator.start()


def trained(room: Room, uid: str, evidence: Sequence[Evidence] = GOOD) -> None:
    first_job(room)
    eventually(lambda: room.status().get("attempts"), PATIENCE)
    room.pods.run("penguins-1")
    eventually(lambda: room.state() == "Running", PATIENCE)
    room.pods.succeed("penguins-1", train(room.namespace, uid, room.mlflow.url, evidence=evidence))


def assert_one_of_each(room: Room) -> None:
    eventually(lambda: room.state() == "Promoted", PATIENCE)
    status, name = room.status(), f"{room.namespace}.penguins"
    assert [job["metadata"]["name"] for job in room.pods.jobs()] == ["penguins-1"]
    assert [(one["number"], one["outcome"]) for one in status["attempts"]] == [(1, "Succeeded")]
    versions = room.mlflow.client().search_model_versions(f"name = '{name}'")
    assert [one.version for one in versions] == ["1"]
    assert dict(room.mlflow.client().get_registered_model(name).aliases) == {"champion": "1"}
    assert versions[0].tags[labels.TAG_PROMOTED_BY] == "modelyard"
    assert versions[0].tags[labels.TAG_ANCHOR] == "1"
    assert (status["promotion"]["from"], status["promotion"]["to"]) == ("", "1")
    assert "at" in status["promotion"]
    assert room.condition("Promoted") == ("True", "AliasMoved")


def test_killed_after_the_job_was_made(room: Room) -> None:
    uid = room.apply()
    room.operator.start()
    first_job(room)
    restart(room)
    trained(room, uid)
    assert_one_of_each(room)


def test_killed_while_the_pod_runs_and_ends(room: Room) -> None:
    uid = room.apply()
    room.operator.start()
    first_job(room)
    room.pods.run("penguins-1")
    eventually(lambda: room.state() == "Running", PATIENCE)
    room.operator.kill()
    room.pods.succeed("penguins-1", train(room.namespace, uid, room.mlflow.url))
    room.operator.start()
    assert_one_of_each(room)


@pytest.mark.parametrize(
    ("request_", "when", "reached"),
    [
        (CREATE_VERSION, "before", ("Complete", "True")),
        (CREATE_VERSION, "after", ("Registered", "False")),
        (SET_ALIAS, "before", ("Registered", "True")),
        (SET_ALIAS, "after", ("Promoted", "False")),
    ],
    ids=["before the version is made", "after it was made", "after the intent, before the alias moves", "after the alias moved"],
)
def test_killed_in_the_middle_of_a_change_to_the_registry(
    room: Room, request_: tuple[str, str], when: str, reached: tuple[str, str]
) -> None:
    uid = room.apply()
    room.operator.start()
    killed_once(room, *request_, when)
    trained(room, uid)
    assert room.gate.sprung.wait(PATIENCE), "the operator never sent it"
    assert room.condition(reached[0])[0] == reached[1]
    room.operator.start()
    assert_one_of_each(room)


def test_killed_between_intent_and_move_while_somebody_else_moves_the_alias(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    uid = room.apply()
    room.operator.start()
    killed_once(room, *SET_ALIAS, "before")
    trained(room, uid)
    assert room.gate.sprung.wait(PATIENCE)
    assert room.status()["promotion"]["to"] == "1"
    name = f"{room.namespace}.penguins"
    other = train(room.namespace, "another-uid", room.mlflow.url)
    for variable, value in room.mlflow.login().items():
        monkeypatch.setenv(variable, value)
    source = f"models:/{other.model_id}"
    made = room.mlflow.client().create_model_version(name, source, other.run_id, model_id=other.model_id)
    room.mlflow.client().set_registered_model_alias(name, "champion", made.version)
    room.operator.start()
    eventually(lambda: "penguins-compare-2" in [job["metadata"]["name"] for job in room.pods.jobs()], PATIENCE)
    assert dict(room.mlflow.client().get_registered_model(name).aliases) == {"champion": "2"}
    eventually(lambda: room.condition("Promoted") == ("False", "Comparing"), PATIENCE)
    assert "promotion" not in room.status()


def test_killed_while_it_carries_out_an_approval_in_doubt(room: Room) -> None:
    uid = room.apply()
    room.operator.start()
    trained(room, uid, UNDECIDED)
    eventually(lambda: room.state() == "Inconclusive", PATIENCE)
    completed = room.status()["completionTime"]
    killed_once(room, *SET_ALIAS, "after")
    job = room.kube.get(TRAINING_JOB, room.namespace, "penguins")
    annotations = {labels.APPROVE_ANNOTATION: job["status"]["result"]["modelId"], labels.APPROVED_BY_ANNOTATION: "anna"}
    room.kube.update(TRAINING_JOB, {**job, "metadata": {**job["metadata"], "annotations": annotations}})
    assert room.gate.sprung.wait(PATIENCE)
    room.operator.start()
    eventually(lambda: room.state() == "Promoted", PATIENCE)
    status = room.status()
    assert (status["promotion"]["by"], status["completionTime"]) == ("anna", completed)
    assert room.condition("Registered") == ("True", "Approved")
    (version,) = room.mlflow.client().search_model_versions(f"name = '{room.namespace}.penguins'")
    assert version.tags[labels.TAG_PROMOTED_BY] == "anna"
