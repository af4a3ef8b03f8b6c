"""The operator inside the platform process: the very code that runs on a cluster, over the local store."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from modelyard_operator.kube.interface import Kube
from modelyard_operator.kube.lease import LeaseTiming

from modelyard_local import ports
from modelyard_local.home import Addresses

NAME, TITLE = "operator", "Operator"
USUALLY_SECONDS = 3.0
_LOG = logging.getLogger(__name__)
_STOP_WITHIN_SECONDS = 20.0
# Nobody else can run for the Lease: the home's lock lets one platform process live. The same identity at every start takes the Lease over
# at once; a laptop that slept, or a disk that was full for a while, is no reason to give it up.
_IDENTITY, _TIMING = "modelyard-local", LeaseTiming(duration=900, renew_deadline=600, retry_period=5)


class OperatorPart:
    """``on_lost`` is told why the operator can't go on."""

    def __init__(self, kube: Kube, addresses: Addresses, version: str, on_lost: Callable[[str], None]) -> None:
        """Takes two seconds: MLflow's client is imported here."""
        from modelyard_operator.configuration import Configuration  # noqa: PLC0415
        from modelyard_operator.deployment.reconciler import ModelDeploymentReconciler  # noqa: PLC0415
        from modelyard_operator.operator_process import Connections, OperatorProcess  # noqa: PLC0415
        from modelyard_operator.pod_template import Images  # noqa: PLC0415
        from modelyard_operator.registry.mlflow_registry import MlflowRegistry, set_up_client  # noqa: PLC0415
        from modelyard_operator.training.reconciler import TrainingJobReconciler  # noqa: PLC0415

        set_up_client()
        images = Images(f"modelyard-jobs:{version}", f"modelyard-serving:{version}", f"modelyard-monitoring:{version}")
        configuration = replace(Configuration(images, addresses.mlflow_url), identity=_IDENTITY, http_host=ports.LOOPBACK, http_port=0)
        self._on_lost = on_lost
        self._process = OperatorProcess(
            configuration,
            Connections(kube, kube, MlflowRegistry(addresses.mlflow_url)),
            [TrainingJobReconciler(images, configuration.run_url), ModelDeploymentReconciler(images, addresses.service_url)],
            on_lost=lambda: on_lost(f"the operator could not write to the store for {_TIMING.renew_deadline:.0f} s"),
            timing=_TIMING,
        )
        self.url = f"http://{ports.LOOPBACK}:{self._process.health.port}"
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
