"""A restarted operator that has nothing to do writes nothing but its Lease: counted in the API server's audit log."""

import json
from pathlib import Path

from dev.cluster import apiserver
from tests.contract.kube.eventually import eventually
from tests.contract.training.conftest import PATIENCE, Room
from tests.contract.training.scripted_pods import train

_WRITES = {"create", "update", "patch", "delete", "deletecollection"}


def writes(audit_log: Path, namespace: str) -> list[tuple[str, str]]:
    """Verb and resource of every write to the namespace, in order."""
    events = [json.loads(line) for line in audit_log.read_text().splitlines()]
    complete = [event for event in events if event["stage"] == "ResponseComplete" and event["verb"] in _WRITES]
    references = [(event["verb"], event.get("objectRef", {})) for event in complete]
    return [(verb, one["resource"]) for verb, one in references if one.get("namespace") == namespace]


def test_a_restart_with_nothing_to_do_writes_nothing(room: Room, api_server: apiserver.ApiServer) -> None:
    uid = room.apply()
    room.operator.start()
    eventually(room.pods.jobs, PATIENCE)
    room.pods.run("penguins-1")
    room.pods.succeed("penguins-1", train(room.namespace, uid, room.mlflow.url))
    eventually(lambda: room.state() == "Promoted", PATIENCE)
    room.operator.stop()
    assert api_server.audit_log is not None
    before = writes(api_server.audit_log, room.namespace)
    assert ("create", "jobs") in before
    assert ("update", "trainingjobs") in before
    room.operator.start()
    eventually(lambda: room.operator.has_reconciled("TrainingJob"), PATIENCE)
    after = writes(api_server.audit_log, room.namespace)[len(before) :]
    assert {resource for _, resource in after} == {"leases"}
