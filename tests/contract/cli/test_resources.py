"""The verbs on resources, here and there: what is printed, what is stored, how it ends."""

import json
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml
from modelyard_api import labels
from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, TRAINING_JOB, Kind

from tests.contract.cli.conftest import Object, Place, apply, condition, model_deployment, training_job

ROOT = Path(__file__).parents[3]


def set_status(place: Place, kind: Kind, name: str, **status: Any) -> None:
    found = place.kube.get(kind, place.namespace, name)
    place.kube.replace_status(kind, {**found, "status": status})


def test_apply_says_what_it_did(place: Place) -> None:
    deployment = "modeldeployment.modelyard.io/flights"
    assert apply(place, training_job(), model_deployment()).splitlines() == [
        "trainingjob.modelyard.io/flights created",
        f"{deployment} created",
    ]
    assert apply(place, model_deployment()) == f"{deployment} unchanged\n"
    assert apply(place, model_deployment(replicas=2)) == f"{deployment} configured\n"
    assert place.kube.get(MODEL_DEPLOYMENT, place.namespace, "flights")["spec"]["replicas"] == 2


def test_a_dry_run_checks_and_changes_nothing(place: Place) -> None:
    assert apply(place, model_deployment(), options=("--dry-run",)) == "modeldeployment.modelyard.io/flights created (dry run)\n"
    assert json.loads(place.modelyard("get", "md", "-o", "json"))["items"] == []
    apply(place, model_deployment())
    assert apply(place, model_deployment(), options=("--dry-run",)).endswith("unchanged (dry run)\n")
    assert apply(place, model_deployment(replicas=3), options=("--dry-run",)).endswith("configured (dry run)\n")
    assert place.kube.get(MODEL_DEPLOYMENT, place.namespace, "flights")["spec"]["replicas"] == 1


def test_a_refused_manifest_keeps_no_other_from_being_applied(place: Place) -> None:
    wrong = model_deployment("wrong")
    wrong["spec"]["replcas"] = 3
    ended = place.modelyard.run("apply", "-f", "-", stdin="\n---\n".join(json.dumps(each) for each in (wrong, model_deployment())))
    assert ended.returncode == 2
    assert ended.stdout == "modeldeployment.modelyard.io/flights created\n"
    assert "standard input, document 1: " in ended.stderr
    assert 'unknown field "spec.replcas"' in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "/apis/" not in ended.stderr


def test_an_experiment_can_not_be_changed(place: Place) -> None:
    apply(place, training_job())
    other = training_job()
    other["spec"]["objective"]["target"] = "delay"
    ended = place.modelyard.run("apply", "-f", "-", stdin=json.dumps(other))
    assert ended.returncode == 2
    assert "a TrainingJob is one experiment; apply a new one under another name" in ended.stderr


def test_the_quickstart_is_applied_as_a_folder_and_deleted(place: Place) -> None:
    assert place.modelyard("apply", "-f", str(ROOT / "manifests/quickstart")).splitlines() == [
        "trainingjob.modelyard.io/flights created",
        "modeldeployment.modelyard.io/flights created",
    ]
    assert place.modelyard("delete", "-f", str(ROOT / "manifests/quickstart")).splitlines() == [
        f'modeldeployment.modelyard.io "flights" deleted from {place.namespace} namespace',
        f'trainingjob.modelyard.io "flights" deleted from {place.namespace} namespace',
    ]
    assert place.modelyard.run("get", "all").stderr == f"No resources found in {place.namespace} namespace.\n"


def test_secrets_and_config_maps_are_applied(place: Place) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "alert-urls"}, "stringData": {"webhook": "http://x"}}
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "notes"}, "data": {"a": "b"}}
    assert apply(place, secret, config_map) == "secret/alert-urls created\nconfigmap/notes created\n"
    assert apply(place, secret, config_map) == "secret/alert-urls unchanged\nconfigmap/notes unchanged\n"
    described = place.modelyard("describe", "secret", "alert-urls")
    assert "webhook:  8 bytes" in described
    assert "http://x" not in described


def test_delete_by_name(place: Place) -> None:
    apply(place, training_job("a"), training_job("b"), training_job("c"))
    place.modelyard("delete", "tj/a")
    ended = place.modelyard.run("delete", "tj", "a", "b")
    assert (ended.returncode, ended.stderr) == (1, 'error: trainingjob.modelyard.io "a" not found\n')
    place.modelyard("delete", "tj", "a", "--ignore-not-found")
    place.modelyard("delete", "tj", "--all")
    assert json.loads(place.modelyard("get", "tj", "-o", "json"))["items"] == []


def test_get_for_scripts(place: Place) -> None:
    apply(place, training_job("a"), training_job("b"), model_deployment("a"))
    assert place.modelyard("get", "tj,md", "-o", "name").split() == [
        "trainingjob.modelyard.io/a",
        "trainingjob.modelyard.io/b",
        "modeldeployment.modelyard.io/a",
    ]
    one = json.loads(place.modelyard("get", "tj", "a", "-o", "json"))
    assert (one["kind"], one["metadata"]["name"], one["spec"]["objective"]["target"]) == ("TrainingJob", "a", "late")
    listed = yaml.safe_load(place.modelyard("get", "tj", "-o", "yaml"))
    assert [each["metadata"]["name"] for each in listed["items"]] == ["a", "b"]
    assert "managedFields" not in place.modelyard("get", "tj", "-o", "yaml")


def test_what_is_not_there(place: Place) -> None:
    ended = place.modelyard.run("get", "tj/none")
    assert (ended.returncode, ended.stderr) == (1, 'error: trainingjobs.modelyard.io "none" not found\n')


def test_labels_select(place: Place) -> None:
    apply(place, training_job("a", labels={"team": "blue"}), training_job("b"))
    assert place.modelyard("get", "tj", "-l", "team=blue", "-o", "name") == "trainingjob.modelyard.io/a\n"


def test_watched_rows(place: Place) -> None:
    apply(place, training_job())
    process = place.modelyard.start("get", "tj", "-w")
    assert process.stdout is not None
    guard = threading.Timer(60, process.kill)  # the lines below would else wait for ever
    guard.start()
    try:
        assert process.stdout.readline().split() == ["NAME", "STATE", "PROGRESS", "METRIC", "VERSION", "AGE"]
        assert process.stdout.readline().split()[0] == "flights"
        set_status(place, TRAINING_JOB, "flights", state="Running")
        assert process.stdout.readline().split()[:2] == ["flights", "Running"]
    finally:
        guard.cancel()
        process.kill()
        process.communicate()


def test_describe_shows_fields_and_events(place: Place) -> None:
    apply(place, training_job())
    verdict = [{"metric": "roc_auc", "bound": "BetterThan", "opponent": "baseline", "limit": 0, "value": 0.7, "state": "Held"}]
    set_status(place, TRAINING_JOB, "flights", state="Promoted", result={"modelVersion": "3", "verdict": verdict})
    place.kube.create(event(place, "flights", "Promoted", "Normal", "alias champion moved"))
    text = place.modelyard("describe", "tj", "flights")
    assert "Name:         flights" in text
    assert "roc_auc   BetterThan   0       baseline   Held    0.7" in text
    assert text.splitlines()[-1].split()[:2] == ["Normal", "Promoted"]
    assert text.splitlines()[-1].endswith("alias champion moved")


def event(place: Place, name: str, reason: str, kind: str, note: str) -> Object:
    uid = place.kube.get(TRAINING_JOB, place.namespace, name)["metadata"]["uid"]
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"namespace": place.namespace, "name": f"{name}.{reason.lower()}"},
        "eventTime": "2026-01-01T00:00:00.000000Z",
        "reportingController": "modelyard-operator",
        "reportingInstance": "test",
        "action": "Reconcile",
        "type": kind,
        "reason": reason,
        "note": note,
        "regarding": {
            "apiVersion": "modelyard.io/v1alpha1",
            "kind": "TrainingJob",
            "namespace": place.namespace,
            "name": name,
            "uid": uid,
        },
    }


def test_events_of_all_and_of_one(place: Place) -> None:
    apply(place, training_job("a"), training_job("b"))
    place.kube.create(event(place, "a", "Promoted", "Normal", "all is well"))
    place.kube.create(event(place, "b", "NoAccelerator", "Warning", "runs on the CPU"))
    header, *rows = place.modelyard("events").splitlines()
    assert header.split() == ["LAST", "SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
    assert {row.split()[3] for row in rows} == {"trainingjob/a", "trainingjob/b"}
    assert "all is well" in place.modelyard("events", "--for", "tj/a")
    assert "runs on the CPU" not in place.modelyard("events", "--for", "tj/a")
    assert "all is well" not in place.modelyard("events", "--warnings")
    assert len(json.loads(place.modelyard("events", "-o", "json"))["items"]) == 2


def test_wait_until_it_is_met(place: Place) -> None:
    apply(place, training_job())
    process = place.modelyard.start("wait", "tj/flights", "--for", "condition=Promoted", "--timeout", "50s")
    conditions = [condition("Promoted", "True", "AliasMoved")]
    assert process.stderr is not None
    assert process.stderr.readline() == "trainingjob.modelyard.io/flights: Pending\n"
    set_status(place, TRAINING_JOB, "flights", state="Promoted", observedGeneration=1, conditions=conditions)
    out, _err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "trainingjob.modelyard.io/flights condition met\n")


def test_on_a_terminal_a_bar_shows_the_epochs(place: Place) -> None:
    apply(place, training_job())
    progress = {"epoch": 3, "epochs": 10, "metrics": [{"name": "val_loss", "value": 0.41234}]}
    set_status(place, TRAINING_JOB, "flights", state="Running", progress=progress)
    screen, terminal = pty.openpty()
    command = [sys.executable, "-m", "modelyard_cli", "wait", "tj/flights", "--for", "condition=Promoted", "--timeout", "2s"]
    environment = {**os.environ, **place.modelyard.environment, "TERM": "xterm", "COLUMNS": "200"}
    with subprocess.Popen([*command, *place.modelyard.options], env=environment, stdout=subprocess.DEVNULL, stderr=terminal) as process:
        os.close(terminal)
        seen = b"".join(iter(lambda: read_screen(screen), b"")).decode()
    os.close(screen)
    assert process.returncode == 1
    assert "Running, epoch 3 of 10 (val_loss 0.4123)" in seen


def read_screen(screen: int) -> bytes:
    try:
        return os.read(screen, 4096)
    except OSError:  # Linux: nobody has the other end any more
        return b""


def test_wait_ends_early_when_it_is_over(place: Place) -> None:
    apply(place, training_job())
    conditions = [condition("Promoted", "False", "CriteriaNotMet", "roc_auc: 0.5, at least 0.6 wanted")]
    over = "2026-01-01T00:00:00Z"
    set_status(place, TRAINING_JOB, "flights", state="CriteriaNotMet", observedGeneration=1, conditions=conditions, completionTime=over)
    ended = place.modelyard.run("wait", "tj/flights", "--for", "condition=Promoted", "--timeout", "50s")
    assert ended.returncode == 1
    assert "roc_auc: 0.5, at least 0.6 wanted" in ended.stderr


def test_wait_runs_out_of_time_and_says_where_it_stands(place: Place) -> None:
    apply(place, model_deployment())
    set_status(
        place, MODEL_DEPLOYMENT, "flights", state="Pending", conditions=[condition("Available", "False", "ModelNotFound", "train it first")]
    )
    ended = place.modelyard.run("wait", "md/flights", "--for", "condition=Available", "--timeout", "1s")
    assert ended.returncode == 1
    assert "Pending; ModelNotFound: train it first" in ended.stderr


def test_wait_for_deletion(place: Place) -> None:
    assert place.modelyard("wait", "tj/none", "--for", "delete") == "trainingjob.modelyard.io/none deleted\n"


@pytest.mark.parametrize("named", [(), ("--version", "3")])
def test_approve_the_version_that_waits(place: Place, named: tuple[str, ...]) -> None:
    apply(place, training_job())
    conditions = [condition("Promoted", "False", "ApprovalPending", "version 3 waits")]
    result = {"modelId": "m-1", "modelVersion": "3", "championVersion": "2"}
    set_status(place, TRAINING_JOB, "flights", state="ApprovalPending", conditions=conditions, result=result)
    said = place.modelyard("approve", "flights", *named)
    assert f"version 3 of {place.namespace}.flights becomes champion in place of version 2" in said
    job = place.kube.get(TRAINING_JOB, place.namespace, "flights")
    annotations = job["metadata"]["annotations"]
    assert set(annotations) == {labels.APPROVE_ANNOTATION, labels.APPROVED_BY_ANNOTATION}
    assert annotations[labels.APPROVE_ANNOTATION] == "m-1"
    assert f"approved by {annotations[labels.APPROVED_BY_ANNOTATION]}: " in said
    apply(place, training_job())  # what a person approved stays when the manifest is applied again
    assert place.kube.get(TRAINING_JOB, place.namespace, "flights")["metadata"]["annotations"] == annotations


def test_approve_a_model_whose_test_rows_can_not_decide(place: Place) -> None:
    apply(place, training_job())
    conditions = [condition("Promoted", "False", "ComparisonInconclusive", "too few rows")]
    result = {"modelId": "m-1", "championVersion": "2", "verdict": [{"metric": "f1", "state": "Inconclusive"}]}
    set_status(place, TRAINING_JOB, "flights", state="Inconclusive", conditions=conditions, result=result)
    said = place.modelyard("approve", "flights")
    assert f"its model m-1 is registered as a version of {place.namespace}.flights and becomes champion in place of version 2" in said
    annotations = place.kube.get(TRAINING_JOB, place.namespace, "flights")["metadata"]["annotations"]
    assert annotations[labels.APPROVE_ANNOTATION] == "m-1"
    assert annotations[labels.APPROVED_BY_ANNOTATION]


def test_approve_only_what_waits(place: Place) -> None:
    apply(place, training_job())
    ended = place.modelyard.run("approve", "flights")
    assert ended.returncode == 1
    assert "has no version that waits for approval" in ended.stderr
    conditions = [condition("Promoted", "False", "ApprovalPending", "version 3 waits")]
    set_status(place, TRAINING_JOB, "flights", conditions=conditions, result={"modelVersion": "3"})
    ended = place.modelyard.run("approve", "flights", "--version", "4")
    assert (ended.returncode, "version 3 waits for approval, not 4" in ended.stderr) == (1, True)
