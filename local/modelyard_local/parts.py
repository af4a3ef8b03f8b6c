"""The parts of a platform, and the order in which they start and stop."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from modelyard_operator.kube.interface import POD, Kube, KubeError
from modelyard_operator.kube.lease import LeaseTiming

from modelyard_local import preparation
from modelyard_local.home import Home
from modelyard_local.namespace_settings import NamespaceSettings, settings_of
from modelyard_local.preparation import Prepared, port_of
from modelyard_local.servers import mlflow, seaweedfs, traefik
from modelyard_local.servers.supervision import Server, Supervision
from modelyard_local.state import PartPhase, PartState, Report, own_version

NAME, TITLE = "operator", "Operator"
USUALLY_SECONDS = 3.0
_LOG = logging.getLogger(__name__)
_STOP_WITHIN_SECONDS = 20.0
# Nobody else can run for the Lease: the home's lock lets one platform process live. The same identity at every start takes the Lease over
# at once; a laptop that slept, or a disk that was full for a while, is no reason to give it up.
_IDENTITY, _TIMING = "modelyard-local", LeaseTiming(duration=900, renew_deadline=600, retry_period=5)
_LOOK_SECONDS = 0.1
_LOOKS_FOR_OPERATOR = 600
_SERVERS_STOP_SECONDS = 40.0  # operator and servers, on a busy machine


class OperatorPart:
    """``on_lost`` gets why the operator can't go on."""

    def __init__(self, kube: Kube, prepared: Prepared, version: str, on_lost: Callable[[str], None]) -> None:
        """Takes two seconds: MLflow's client is imported here."""
        from modelyard_operator.configuration import Configuration  # noqa: PLC0415  two seconds, in which the servers start
        from modelyard_operator.deployment.model_deployments import ModelDeploymentReconciler  # noqa: PLC0415  two seconds, in which the servers start
        from modelyard_operator.operator_process import Connections, OperatorProcess  # noqa: PLC0415  two seconds, in which the servers start
        from modelyard_operator.pod_template import Images  # noqa: PLC0415  two seconds, in which the servers start
        from modelyard_operator.registry.evidence import Keyring  # noqa: PLC0415  two seconds, in which the servers start
        from modelyard_operator.registry.mlflow_registry import MlflowRegistry, set_up_client  # noqa: PLC0415  two seconds, in which the servers start
        from modelyard_operator.training.training_jobs import TrainingJobReconciler  # noqa: PLC0415  two seconds, in which the servers start

        set_up_client()
        addresses, key = prepared.addresses, prepared.keys.evidence_key.encode()
        images = Images(f"modelyard-jobs:{version}", f"modelyard-serving:{version}", f"modelyard-monitoring:{version}")
        configuration = replace(
            Configuration(images, addresses.mlflow_url), identity=_IDENTITY, http_host=preparation.LOOPBACK, http_port=0
        )
        self._on_lost = on_lost
        self._process = OperatorProcess(
            configuration,
            Connections(kube, kube, MlflowRegistry(addresses.mlflow_url, Keyring(lambda: {"local": key}))),
            [TrainingJobReconciler(images, configuration.run_url), ModelDeploymentReconciler(images, addresses.service_url)],
            on_lost=lambda: on_lost(f"the operator could not write to the store for {_TIMING.renew_deadline:.0f} s"),
            timing=_TIMING,
        )
        self.url = f"http://{preparation.LOOPBACK}:{self._process.health.port}"
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)

    def start(self) -> None:
        """Begin to work as soon as its mirrors are whole."""
        self._thread.start()

    @property
    def is_ready(self) -> bool:
        """Whether it works."""
        return self._process.elector.leading and self._thread.is_alive()

    def stop(self) -> None:
        """End what is being done, and give the Lease back."""
        self._process.stop()
        if self._thread.is_alive():
            self._thread.join(_STOP_WITHIN_SECONDS)

    def _run(self) -> None:
        try:
            self._process.run()
        except Exception as error:
            _LOG.exception("the operator ended")
            self._on_lost(f"the operator ended: {error}")


class PartsFailed(Exception):
    """A part could not be started; the message is for the person who typed `modelyard up`."""


class RunnerLike(Protocol):
    """What executes Jobs, Deployments, Services and CronJobs."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End all pods."""


class Parts:
    """Servers start side by side; operator and runner once the servers answer."""

    def __init__(self, home: Home, prepared: Prepared, report: Report, on_lost: Callable[[str], None]) -> None:
        """Opens the store. Raises KubeError, ProgramMissing, OSError."""
        from modelyard_local.store import LocalStore  # noqa: PLC0415  `modelyard doctor` says what is missing for it

        self._home = home
        self._prepared = prepared
        self._report = report
        self._on_lost = on_lost
        self._store = LocalStore(home.store)
        self._servers = [Supervision(server, report.refresh) for server in _servers(home, prepared)]
        self._settings = NamespaceSettings(self._store, settings_of(prepared.addresses, prepared.keys))
        now = datetime.now(UTC)
        self._threads = {
            "operator": PartState(name="operator", title="Operator", since=now, usually_seconds=USUALLY_SECONDS),
            "runner": PartState(name="runner", title="Runner", since=now),
        }
        self._operator: OperatorPart | None = None
        self._runner: RunnerLike | None = None

    def states(self) -> list[PartState]:
        """Of all parts, servers first."""
        return [*(each.state for each in self._servers), *self._threads.values()]

    def start(self, stop: threading.Event) -> None:
        """Returns when all are ready, or ``stop`` is set. Raises PartsFailed, KubeError."""
        for server in self._servers:
            server.start()
        self._operator = OperatorPart(self._store, self._prepared, own_version(), self._on_lost)
        self._wait_for_servers(stop)
        if stop.is_set():
            return
        self._settings.start()
        self._start_operator(self._operator, stop)
        self._runner = _runner(self._store, self._home)
        self._runner.start()
        self._is("runner", PartPhase.READY)

    def stop_seconds(self) -> float:
        """At most: pods that train get the time that their TrainingJob gives them to save what they have."""
        try:
            pods = self._store.list_page(POD).items
        except KubeError:
            return _SERVERS_STOP_SECONDS
        running = [pod for pod in pods if pod.get("status", {}).get("phase") == "Running"]
        return _SERVERS_STOP_SECONDS + max((float(pod["spec"].get("terminationGracePeriodSeconds", 30)) for pod in running), default=0)

    def stop(self) -> None:
        """The other way around; the servers side by side, and last."""
        if self._operator is not None:
            self._operator.stop()
            self._is("operator", PartPhase.STOPPED)
        self._settings.stop()
        if self._runner is not None:
            self._runner.stop()
            self._is("runner", PartPhase.STOPPED)
        stopping = [threading.Thread(target=server.stop) for server in self._servers]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join()
        self._store.close()

    def _wait_for_servers(self, stop: threading.Event) -> None:
        while not stop.wait(_LOOK_SECONDS):
            states = [server.state for server in self._servers]
            failed = [f"{state.title} {state.message}" for state in states if state.phase is PartPhase.FAILED]
            if failed:
                raise PartsFailed("\n".join(failed))
            if all(state.phase is PartPhase.READY for state in states):
                return

    def _start_operator(self, operator: OperatorPart, stop: threading.Event) -> None:
        self._is("operator", PartPhase.STARTING)
        operator.start()
        self._report.say(operator_url=operator.url)
        for _ in range(_LOOKS_FOR_OPERATOR):
            if operator.is_ready:
                return self._is("operator", PartPhase.READY)
            if stop.wait(_LOOK_SECONDS):
                return None
        raise PartsFailed(f"the operator was not ready in {_LOOKS_FOR_OPERATOR * _LOOK_SECONDS:.0f} s; see {self._home.logs}/platform.log")

    def _is(self, name: str, phase: PartPhase) -> None:
        self._threads[name] = self._threads[name].model_copy(update={"phase": phase, "since": datetime.now(UTC)})
        self._report.refresh()


def _servers(home: Home, prepared: Prepared) -> list[Server]:
    addresses = prepared.addresses
    numbers = [port_of(url) for url in (addresses.s3_url, addresses.mlflow_url, addresses.gateway_url)]
    inner = seaweedfs.inner_ports(home, others=frozenset(numbers))
    return [
        seaweedfs.server(home, prepared.keys, numbers[0], inner),
        mlflow.server(home, prepared.keys, numbers[1], addresses.s3_url),
        traefik.server(home, numbers[2]),
    ]


def _runner(kube: Kube, home: Home) -> RunnerLike:
    from modelyard_local.runner.runner import Runner  # noqa: PLC0415  a quarter of a second

    return Runner(kube, home)
