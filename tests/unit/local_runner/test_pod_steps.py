"""What is done next about a pod, and what its status says."""

from datetime import timedelta

import pytest
from modelyard_local.runner.pod_run import Process, Step, next_step, restart_delay
from modelyard_local.runner.pod_status import Container, Disruption, Ended, Running, Waiting, pod_status
from modelyard_operator.pods import facts
from modelyard_operator.pods.causes import trouble, why_not_running
from modelyard_operator.pods.facts import Child
from modelyard_operator.training.failure import Fault, classify

from tests.unit.local_runner.objects import NOW, Object, deleting, ended, job, later, ready

_FRESH: Object = {"metadata": {"name": "p", "namespace": "ml", "uid": "u"}, "spec": {"containers": [{"name": "main", "image": "i"}]}}
_NEVER: Object = {**_FRESH, "spec": {**_FRESH["spec"], "restartPolicy": "Never", "terminationGracePeriodSeconds": 60}}
_RUNNING = Process(is_known=True, is_running=True)
_EXITED = Process(is_known=True, exit_code=1)


@pytest.mark.parametrize(
    ("pod", "process", "step"),
    [
        (_FRESH, Process(), Step.START),
        (_FRESH, Process(is_known=True, not_before=later(1)), Step.NOTHING),
        (_FRESH, Process(is_known=True, not_before=later(-1)), Step.START),
        (ready(_FRESH), Process(), Step.RECORD_LOSS),
        (ready(_FRESH), _RUNNING, Step.WATCH),
        (ready(_FRESH), _EXITED, Step.START_LATER),
        (ready(_NEVER), _EXITED, Step.RECORD_END),
        (ready(_NEVER), Process(is_known=True, is_over=True, exit_code=1), Step.NOTHING),
        (ready(_FRESH), Process(is_known=True, is_running=True, is_condemned=True), Step.ASK_TO_END),
        (deleting(ready(_NEVER)), _RUNNING, Step.ASK_TO_END),
        (deleting(ready(_NEVER)), Process(is_known=True, is_running=True, stop_requested=later(-59)), Step.NOTHING),
        (deleting(ready(_NEVER)), Process(is_known=True, is_running=True, stop_requested=later(-60)), Step.KILL),
        (deleting(ready(_FRESH)), _EXITED, Step.RECORD_END),
        (deleting(_FRESH), Process(), Step.RECORD_END),
        (ended(_NEVER, 0), Process(), Step.NOTHING),
        (deleting(ended(_NEVER, 0)), Process(), Step.RELEASE),
    ],
)
def test_the_next_step(pod: Object, process: Process, step: Step) -> None:
    assert next_step(pod, process, NOW) is step


def test_restarts_come_later_and_later() -> None:
    assert [restart_delay(n).total_seconds() for n in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]
    assert restart_delay(10_000) == timedelta(minutes=5)


def _child(pod: Object, container: Container, disruption: Disruption | None = None) -> Child:
    """As the operator sees it."""
    pod = {**pod, "metadata": {**pod["metadata"], "creationTimestamp": "2026-03-01T12:00:00Z"}}
    return Child(job(), (pod | {"status": pod_status(pod, container, NOW, disruption)},), ())


def test_the_operator_reads_how_a_pod_ended() -> None:
    child = _child(_NEVER, Container(Ended(65, "Error", later(5), NOW, "said"), is_over=True))
    assert child.pods[0]["status"]["phase"] == "Failed"
    last = facts.ended(child)
    assert last is not None
    assert (last.exit_code, last.message, last.started, last.finished) == (65, "said", NOW, later(5))
    assert facts.seconds_run(child, later(100)) == 5


def test_the_operator_reads_that_a_pod_was_taken_away() -> None:
    child = _child(_NEVER, Container(Ended(143, "Error", NOW), is_over=True), Disruption("the platform was stopped"))
    failure = classify(child)
    assert failure.fault is Fault.DISRUPTION
    assert failure.message == "pod p was taken away (TerminationByKubelet): the platform was stopped"


def test_the_operator_reads_why_a_pod_waits() -> None:
    child = _child(_NEVER, Container(Waiting("CreateContainerConfigError", "couldn't find key URI in ConfigMap ml/modelyard")))
    assert why_not_running(child).message == "ConfigMap modelyard has no key URI: create it, and the pod starts by itself"
    child = _child(_NEVER, Container(unschedulable="0/1 nodes are available: 1 Insufficient nvidia.com/gpu."))
    assert why_not_running(child).message == "no node takes the pod: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu"


def test_the_operator_reads_that_a_server_crashes() -> None:
    container = Container(Waiting("CrashLoopBackOff", "back-off 10s"), Ended(1, "Error", NOW, NOW, "no model"), restarts=1)
    assert trouble(_child(_FRESH, container).pods) == "Pod p: CrashLoopBackOff: Error (exit code 1): no model."


def test_times_of_conditions_change_with_their_status_alone() -> None:
    pod = {**_FRESH, "status": pod_status(_FRESH, Container(Running(NOW)), NOW)}
    assert pod_status(pod, Container(Running(NOW)), later(10)) == pod["status"]
    after = pod_status(pod, Container(Running(NOW), is_started=True, is_ready=True), later(10))
    times = {each["type"]: each["lastTransitionTime"] for each in after["conditions"]}
    assert times == {
        "PodScheduled": "2026-03-01T12:00:00Z",
        "Initialized": "2026-03-01T12:00:00Z",
        "ContainersReady": "2026-03-01T12:00:10Z",
        "Ready": "2026-03-01T12:00:10Z",
    }
