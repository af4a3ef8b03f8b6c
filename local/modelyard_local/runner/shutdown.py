"""Stops all pods, so that the next start brings them back: their end is a disruption, nobody's failure."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from modelyard_operator.kube.interface import POD, Kube, KubeError, Object

from modelyard_local.runner import pods
from modelyard_local.runner.kubelet import Clocks, Kubelet
from modelyard_local.runner.pod_run import PodRun
from modelyard_local.runner.pod_status import Disruption, Ended
from modelyard_local.runner.pod_steps import grace

_STOPPED = Disruption("the platform on this machine was stopped while the pod ran")
_POLL_SECONDS = 0.05
_SECOND_SIGNAL_SECONDS = 1.0


@dataclass(frozen=True)
class _Stopping:
    pod: Object
    run: PodRun
    deadline: datetime


def stop_all(kube: Kube, kubelet: Kubelet, all_pods: list[Object], clocks: Clocks, pause: Callable[[float], object]) -> None:
    """Returns when no process is left, at the latest after the longest grace period."""
    stopping = [_asked(pod, run, clocks) for pod in all_pods if (run := kubelet.runs.get(pods.uid(pod))) and run.child]
    began = clocks.monotonic()
    hurried = False
    while any(one.run.process().is_running for one in stopping):
        pause(_POLL_SECONDS)
        if not hurried and clocks.monotonic() >= began + _SECOND_SIGNAL_SECONDS:
            hurried = True
            _hurry(stopping)
        _kill_late(stopping, clocks.now())
    for one in stopping:
        _record(kube, kubelet, one, clocks.now())


def _asked(pod: Object, run: PodRun, clocks: Clocks) -> _Stopping:
    if run.child:
        run.child.terminate()
    return _Stopping(pod, run, clocks.now() + grace(pod))


def _hurry(stopping: list[_Stopping]) -> None:
    """A server that drains ends at the second signal: nobody sends it anything any more. Other pods are left to themselves."""
    for one in stopping:
        if one.run.child and "readinessProbe" in one.pod["spec"]["containers"][0]:
            one.run.child.terminate()


def _kill_late(stopping: list[_Stopping], now: datetime) -> None:
    for one in stopping:
        if one.run.child and now >= one.deadline:
            one.run.child.kill()


def _record(kube: Kube, kubelet: Kubelet, one: _Stopping, now: datetime) -> None:
    """A Job's pod that ended well just then has done its work."""
    run = one.run
    run.end(now)
    state = run.container.state
    has_succeeded = isinstance(state, Ended) and state.exit_code == 0 and one.pod["spec"].get("restartPolicy") == "Never"
    run.disruption = None if has_succeeded else _STOPPED
    with contextlib.suppress(KubeError):  # what isn't written is found as lost by the next start
        metadata = one.pod["metadata"]
        kubelet.write_status(kube.get(POD, metadata["namespace"], metadata["name"]), run)
