"""Runs pods as processes of this machine and writes what becomes of them into their status."""

import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from modelyard_api.labels import TRAINING_JOB_LABEL
from modelyard_operator.kube.interface import POD, TRAINING_JOB, Conflict, Kind, Kube, KubeError, NotFound, Object

from modelyard_local import preparation
from modelyard_local.home import Home
from modelyard_local.runner import machine_resources, pod_inputs, pods, probes
from modelyard_local.runner.machine_resources import RESOURCE, Accelerators, requested_gpus
from modelyard_local.runner.pauses import Pauses
from modelyard_local.runner.pod_inputs import ConfigMissing, Lookup
from modelyard_local.runner.pod_run import Place, PodRun, Process, Step, called, next_step
from modelyard_local.runner.pod_status import Container, Disruption, Ended, PodEvents, Running, pod_status
from modelyard_local.runner.probes import Probing

_LOG = logging.getLogger(__name__)
_RETRY = timedelta(seconds=1)
_MEMORY_SECONDS, _FILES_SECONDS = 1.0, 5.0
_PROBES_AT_ONCE = 16
_LOST = Disruption("the platform on this machine stopped while the pod ran")


@dataclass(frozen=True)
class Clocks:
    """What time it is, and how much time has passed."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]


class Kubelet:
    """Not thread-safe; ``sync`` is called often and never waits for a process."""

    def __init__(self, kube: Kube, home: Home, clocks: Clocks, accelerators: Accelerators, on_write: Callable[[], None]) -> None:
        """``on_write`` is called when the store has changed."""
        self._kube = kube
        self._home = home
        self._clocks = clocks
        self._accelerators = accelerators
        self._on_write = on_write
        self._events = PodEvents(kube, clocks.now)
        self._probers = ThreadPoolExecutor(_PROBES_AT_ONCE, thread_name_prefix="probe")
        self._runs: dict[str, PodRun] = {}
        self._pauses = Pauses(clocks.monotonic)
        self._memory_due = self._files_due = 0.0

    @property
    def ports(self) -> Mapping[str, int]:
        """Where the processes listen, by their pods' UIDs."""
        return {uid: run.port for uid, run in self._runs.items() if run.port}

    @property
    def runs(self) -> Mapping[str, PodRun]:
        """By the pods' UIDs."""
        return self._runs

    def sync(self, all_pods: Iterable[Object], may_release: Callable[[Object], bool]) -> None:
        """One step for every pod. ``may_release`` says whether nobody needs the object of a pod that ended any more."""
        present = {pods.uid(pod): pod for pod in all_pods}
        for uid in self._runs.keys() - present.keys():
            self._abandon(uid)
        self._check_memory(present)
        for uid, pod in present.items():
            if uid in self._pauses:
                continue
            try:
                self._sync(pod, may_release)
            except (Conflict, NotFound):
                self._on_write()  # it changed meanwhile: look at it again
            except Exception:  # one pod must not keep the others from going on
                _LOG.exception("pod %s/%s", pod["metadata"]["namespace"], pod["metadata"]["name"])
                self._pauses.begin(uid)
        if self._clocks.monotonic() >= self._files_due:
            self._renew_files(present)

    def tidy(self, all_pods: Iterable[Object]) -> None:
        """Remove folders of pods whose objects went while no runner was there."""
        present = {self._folder(pod) for pod in all_pods}
        for folder in self._home.folder.glob("pods/*/*"):
            if folder not in present:
                PodRun(folder).remove_folder()

    def close(self) -> None:
        """No more probes."""
        self._probers.shutdown(wait=False, cancel_futures=True)

    def write_status(self, pod: Object, run: PodRun) -> None:
        """Only if it says something new."""
        status = pod_status(pod, run.container, self._clocks.now(), run.disruption)
        if status != pod.get("status"):
            self._kube.replace_status(POD, {**pod, "status": status})
            self._on_write()

    def _sync(self, pod: Object, may_release: Callable[[Object], bool]) -> None:
        uid, now = pods.uid(pod), self._clocks.now()
        run = self._runs.get(uid)
        step = next_step(pod, run.process() if run else Process(), now)
        if step is Step.RELEASE:
            if may_release(pod):
                self._release(pod)
            return
        if pods.is_terminal(pod):
            self._runs.pop(uid, None)
            return
        if run is None:
            run = self._runs[uid] = PodRun(self._folder(pod))
        self._take(step, pod, run, now)
        self.write_status(pod, run)

    def _take(self, step: Step, pod: Object, run: PodRun, now: datetime) -> None:
        if step is Step.START:
            self._start(pod, run, now)
        elif step is Step.WATCH:
            self._watch(pod, run)
        elif step is Step.ASK_TO_END and run.child:
            self._events.mention(pod, "Killing", f"Stopping container {pod['spec']['containers'][0]['name']}")
            run.stop_requested, run.container = now, replace(run.container, is_ready=False)
            run.child.terminate()
        elif step is Step.KILL and run.child:
            run.child.kill()
        elif step is Step.START_LATER:
            if run.start_later(pod, now):
                self._events.warn(pod, "BackOff", f"Back-off restarting failed {called(pod)}")
        elif step in (Step.RECORD_END, Step.RECORD_LOSS):
            self._record_end(step, pod, run, now)

    def _start(self, pod: Object, run: PodRun, now: datetime) -> None:
        gpus = self._accelerators.take(pods.uid(pod), requested_gpus(pod))
        if gpus is None:
            words = f"0/1 nodes are available: 1 Insufficient {RESOURCE}."
            run.container, run.not_before = Container(unschedulable=words), now + _RETRY
            return
        try:
            run.start(pod, self._lookup(pod), Place(self._free_port(pod), gpus), now)
        except ConfigMissing as missing:
            self._events.warn(pod, "Failed", f"Error: {missing}")
            run.wait("CreateContainerConfigError", str(missing), now + _RETRY)
        except OSError as error:
            self._events.warn(pod, "Failed", f"Error: {error}")
            run.wait("CreateContainerError", f"the pod's files can't be written: {error}", now + 5 * _RETRY)
        else:
            self._began(pod, run, gpus)

    def _free_port(self, pod: Object) -> int:
        """Other pods may have got theirs and not listen yet. A process that finds its port taken ends, and gets another one."""
        if not pod["spec"]["containers"][0].get("ports"):
            return 0
        [port] = preparation.free_ports(1, others=frozenset(self.ports.values()))
        return port

    def _began(self, pod: Object, run: PodRun, gpus: tuple[str, ...]) -> None:
        container = pod["spec"]["containers"][0]
        if run.failed_start:
            self._events.warn(pod, "Failed", f"Error: {run.failed_start}")
            return
        if requested_gpus(pod) and not gpus:
            self._warn_of_cpu(pod)
        run.probing = Probing(probes.newborn(container), run.port, self._probers, self._clocks.monotonic())
        self._show_health(run)

    def _watch(self, pod: Object, run: PodRun) -> None:
        if run.probing:
            for failure in run.probing.tick(self._clocks.monotonic()):
                self._events.warn(pod, "Unhealthy", failure.message)
            self._show_health(run)

    def _show_health(self, run: PodRun) -> None:
        if run.probing:
            found = run.probing.health
            run.container = replace(run.container, is_started=found.is_started, is_ready=found.is_ready)

    def _record_end(self, step: Step, pod: Object, run: PodRun, now: datetime) -> None:
        if step is Step.RECORD_LOSS:
            before = pods.container_status(pod)
            lost = Ended(137, "ContainerStatusUnknown", now, message="The container could not be located when the pod was terminated")
            run.container = Container(lost, restarts=int(before.get("restartCount", 0)), is_over=True)
            run.disruption = _LOST
        else:
            run.end(now)
        run.port = 0
        self._accelerators.give_back(pods.uid(pod))
        pod_inputs.forget(run.folder)

    def _release(self, pod: Object) -> None:
        """Its folder first: an object without its folder is tidied up again, a folder without its object by nobody."""
        uid, metadata = pods.uid(pod), pod["metadata"]
        PodRun(self._folder(pod)).remove_folder()
        self._runs.pop(uid, None)
        if pods.FINALIZER in metadata.get("finalizers", ()):
            rest = [name for name in metadata["finalizers"] if name != pods.FINALIZER]
            self._kube.update(POD, {**pod, "metadata": {**metadata, "finalizers": rest}})
            self._on_write()

    def _folder(self, pod: Object) -> Path:
        return self._home.pod_folder(pod["metadata"]["namespace"], pod["metadata"]["name"])

    def _abandon(self, uid: str) -> None:
        """Its object was taken away by force."""
        run = self._runs.pop(uid)
        self._accelerators.give_back(uid)
        if run.child:
            run.child.stop(0)
        run.remove_folder()

    def _check_memory(self, present: Mapping[str, Object]) -> None:
        if self._clocks.monotonic() < self._memory_due:
            return
        self._memory_due = self._clocks.monotonic() + _MEMORY_SECONDS
        limited = {
            run.child.pid: (run, limit)
            for uid, run in self._runs.items()
            if run.child
            and isinstance(run.container.state, Running)
            and (limit := machine_resources.memory_limit(present[uid])) is not None
        }
        for group, used in machine_resources.resident_bytes(limited.keys()).items():
            run, limit = limited[group]
            if used > limit and run.child:
                run.killed_for = "OOMKilled"
                run.child.kill()

    def _renew_files(self, present: Mapping[str, Object]) -> None:
        """ConfigMaps and Secrets that changed, for pods that run; logs that grew."""
        self._files_due = self._clocks.monotonic() + _FILES_SECONDS
        for uid, run in self._runs.items():
            if run.child and isinstance(run.container.state, Running):
                with contextlib.suppress(ConfigMissing, KubeError, OSError):
                    pod_inputs.write_mounts(present[uid], run.folder, self._lookup(present[uid]))
                    run.bound_log()

    def _lookup(self, pod: Object) -> Lookup:
        def lookup(kind: Kind, name: str) -> Object | None:
            try:
                return self._kube.get(kind, pod["metadata"]["namespace"], name)
            except NotFound:
                return None

        return lookup

    def _warn_of_cpu(self, pod: Object) -> None:
        """Also on the TrainingJob: that is where a person looks."""
        words = f"this machine has no NVIDIA GPU: {requested_gpus(pod)} requested ({RESOURCE}), running on the CPU instead"
        self._events.warn(pod, "NoAccelerator", words)
        namespace, name = pod["metadata"]["namespace"], (pod["metadata"].get("labels") or {}).get(TRAINING_JOB_LABEL)
        if name:
            with contextlib.suppress(KubeError):
                self._events.warn(self._kube.get(TRAINING_JOB, namespace, name), "NoAccelerator", words)
