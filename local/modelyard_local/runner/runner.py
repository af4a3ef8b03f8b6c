"""The loop that keeps Jobs, Deployments, CronJobs, Services and Pods of a local platform going."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from modelyard_operator.kube.interface import (
    CRON_JOB,
    DEPLOYMENT,
    JOB,
    KINDS,
    POD,
    SERVICE,
    AlreadyExists,
    Conflict,
    Kind,
    Kube,
    KubeError,
    NotFound,
    Object,
)

from modelyard_local.home import Home
from modelyard_local.runner import pods
from modelyard_local.runner.cron_job_controller import decide_cron_job
from modelyard_local.runner.decision import Decision
from modelyard_local.runner.deployment_controller import decide_deployment
from modelyard_local.runner.job_controller import decide_job, is_accounted_for
from modelyard_local.runner.kubelet import Clocks, Kubelet
from modelyard_local.runner.machine_resources import Accelerators, gpus_of_this_machine
from modelyard_local.runner.pauses import Pauses
from modelyard_local.runner.pod_run import PodRun, grace
from modelyard_local.runner.pod_status import Disruption, Ended
from modelyard_local.runner.pods import uid
from modelyard_local.runner.routes import RouteFile, routing
from modelyard_local.runner.snapshot import WATCHED, Changes, Snapshot

_STOPPED = Disruption("the platform on this machine was stopped while the pod ran")
_POLL_SECONDS = 0.05
_SECOND_SIGNAL_SECONDS = 1.0
_LOG = logging.getLogger(__name__)
_IDLE_SECONDS = 0.2  # between two looks at processes, probes and clocks
_BUSY_SECONDS = 0.02  # at least, also while a lot changes
_AFTER_FAILURE_SECONDS = 1.0
_REREAD_SECONDS = 10.0  # also if no watch said anything
Decide = Callable[[Object, Sequence[Object], datetime], Decision]
_CONTROLLERS: Mapping[Kind, tuple[Kind, Decide]] = {
    CRON_JOB: (JOB, decide_cron_job),
    JOB: (POD, decide_job),
    DEPLOYMENT: (POD, decide_deployment),
}


@dataclass(frozen=True)
class _Stopping:
    pod: Object
    run: PodRun
    deadline: datetime


def stop_all(kube: Kube, kubelet: Kubelet, all_pods: list[Object], clocks: Clocks, pause: Callable[[float], object]) -> None:
    """Returns when no process is left, at the latest after the longest grace period."""
    stopping = [_stopping(pod, run, clocks) for pod in all_pods if (run := kubelet.runs.get(pods.uid(pod))) and run.child]
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


def _stopping(pod: Object, run: PodRun, clocks: Clocks) -> _Stopping:
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


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Runner:
    """Executes what is in the store, in one thread, until stopped. Its processes end with this process, in whatever way it ends."""

    def __init__(
        self,
        kube: Kube,
        home: Home,
        *,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        gpus: Sequence[str] | None = None,
    ) -> None:
        """``gpus`` are those that pods may have; None: all of this machine."""
        self._kube = kube
        self._clocks = Clocks(now, monotonic)
        self._changes = Changes(kube, WATCHED)
        self._snapshot = Snapshot(kube)
        self._routes = RouteFile(home.routes)
        accelerators = Accelerators(gpus_of_this_machine() if gpus is None else gpus)
        self._kubelet = Kubelet(kube, home, self._clocks, accelerators, self._changes.note)
        self._pauses = Pauses(monotonic)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="runner", daemon=True)
        self._reread_due = 0.0

    def start(self) -> None:
        """Begin; pods that ran when an earlier runner ended count as disrupted."""
        self._routes.write({})
        self._changes.start()
        self._thread.start()

    def stop(self) -> None:
        """Withdraw all routes and stop all pods within their grace periods. Returns when no process is left."""
        self._stop.set()
        self._changes.stop()
        self._thread.join()
        self._routes.write({})
        stop_all(self._kube, self._kubelet, self._snapshot.all(POD), self._clocks, time.sleep)
        self._kubelet.close()
        self._changes.join()

    def _run(self) -> None:
        self._guarded(self._tidy)
        while not self._stop.is_set():
            self._guarded(self._pass)
            self._stop.wait(_BUSY_SECONDS)

    def _guarded(self, work: Callable[[], None]) -> None:
        """The loop goes on, whatever goes wrong in it."""
        try:
            work()
        except Exception as error:
            _LOG.log(logging.WARNING if isinstance(error, KubeError) else logging.ERROR, "looking again: %s", error, exc_info=True)
            self._changes.note()
            self._stop.wait(_AFTER_FAILURE_SECONDS)

    def _tidy(self) -> None:
        self._snapshot.refresh()
        self._kubelet.tidy(self._snapshot.all(POD))

    def _pass(self) -> None:
        if self._changes.wait(_IDLE_SECONDS) or self._clocks.monotonic() >= self._reread_due:
            self._snapshot.refresh()
            self._reread_due = self._clocks.monotonic() + _REREAD_SECONDS
        # Routes first: the gateway reads of a ready pod before its Deployment counts it, and of an ending one before it gets SIGTERM.
        self._routes.write(routing(self._snapshot.all(SERVICE), self._snapshot.all(POD), self._kubelet.ports))
        for kind, (child_kind, decide) in _CONTROLLERS.items():
            for subject in self._snapshot.all(kind):
                self._control(kind, subject, child_kind, decide)
        self._kubelet.sync(self._snapshot.all(POD), self._may_release)

    def _control(self, kind: Kind, subject: Object, child_kind: Kind, decide: Decide) -> None:
        if uid(subject) in self._pauses:
            return
        try:
            decision = decide(subject, self._snapshot.controlled_by(subject, child_kind), self._clocks.now())
            self._apply(kind, subject, decision)
        except (Conflict, NotFound):
            self._changes.note()
        except Exception:  # one object must not keep the others from going on
            metadata = subject["metadata"]
            _LOG.exception("%s %s/%s", kind.name, metadata["namespace"], metadata["name"])
            self._pauses.begin(uid(subject))

    def _apply(self, kind: Kind, subject: Object, decision: Decision) -> None:
        for body in decision.create:
            self._changes.note()
            try:
                self._kube.create(body)
            except AlreadyExists:
                _LOG.debug("%s exists", body["metadata"]["name"])
        if decision.status is not None and decision.status != subject.get("status", {}):
            self._changes.note()
            self._kube.replace_status(kind, {**subject, "status": decision.status})
        for child in decision.delete:
            self._changes.note()
            metadata = child["metadata"]
            self._kube.delete(KINDS[child["kind"]], metadata["namespace"], metadata["name"], metadata["uid"])

    def _may_release(self, pod: Object) -> bool:
        job = self._snapshot.controller_of(pod, JOB)
        return job is None or is_accounted_for(job, pod)
